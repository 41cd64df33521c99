/**
 * `node tooling/fault-proxy/src/main.ts`: a fault proxy until Ctrl-C. Prints every fault, and at
 * the end the number of each.
 */
import { randomInt } from "node:crypto"
import { readFile } from "node:fs/promises"
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { faultName } from "./Fault.ts"
import { FaultPlan } from "./FaultPlan.ts"
import { startFaultProxy } from "./FaultProxy.ts"
import { FaultProxyError } from "./FaultProxyError.ts"
import { MODERATE } from "./SeededChance.ts"

const flags = {
  kubeconfig: Flag.String("kubeconfig").pipe(
    Flag.withDescription("Kubeconfig of the cluster; default: the one that kubectl would use"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription("Seed of the random faults; default: a new one each time, which is printed"),
    Flag.optional
  ),
  plan: Flag.String("plan").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("File with JSON { script, chance }, as in src/FaultPlan.ts; default: moderate chance"),
    Flag.optional
  ),
  cutEvery: Flag.Int("cut-every").pipe(
    Flag.withMetavar("MS"),
    Flag.withDescription("Cut execs and logs after this many milliseconds on average, and inject no other fault"),
    Flag.optional
  ),
  write: Flag.String("write-kubeconfig").pipe(
    Flag.withMetavar("PATH"),
    Flag.withDescription("Where to write the proxy's own kubeconfig; default: a temporary folder"),
    Flag.optional
  )
}

const readPlan = Effect.fnUntraced(function* (path: string) {
  const failed = (cause: unknown) =>
    new FaultProxyError({ operation: `read the plan ${path}`, detail: String(cause), cause })
  const text = yield* Effect.tryPromise({ try: () => readFile(path, "utf8"), catch: failed })
  return yield* Schema.decodeEffect(Schema.fromJsonString(FaultPlan))(text).pipe(Effect.mapError(failed))
})

const say = (line: string) => process.stderr.write(`${line}\n`)

const faultProxy = Command.make(
  "fault-proxy",
  flags,
  Effect.fn("fault-proxy")(function* ({ cutEvery, kubeconfig, plan, seed, write }) {
    const chosen = Option.getOrElse(seed, () => randomInt(2 ** 32))
    const cut = Option.map(cutEvery, (mean): FaultPlan => ({ chance: { cutEvery: { exec: mean, log: mean } } }))
    const wanted = Option.isSome(plan)
      ? yield* readPlan(plan.value)
      : Option.getOrElse(cut, (): FaultPlan => ({ chance: MODERATE }))
    const counts = new Map<string, number>()
    const proxy = yield* startFaultProxy({
      ...(Option.isNone(kubeconfig) ? {} : { kubeconfig: kubeconfig.value }),
      ...(Option.isNone(write) ? {} : { writeKubeconfig: write.value }),
      plan: wanted,
      seed: chosen,
      onFault: ({ call, fault }) => {
        const name = `${call.verb}: ${faultName(fault)}`
        counts.set(name, (counts.get(name) ?? 0) + 1)
        say(`${new Date().toISOString()} ${name}  ${call.path}`)
      }
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const [name, count] of [...counts].sort()) say(`${String(count).padStart(6)} ${name}`)
      })
    )
    say(`seed ${chosen}; press Ctrl-C to stop`)
    process.stdout.write(`${proxy.kubeconfig}\n`)
    return yield* Effect.never
  }, Effect.scoped)
).pipe(Command.withDescription("Stands between a run and a cluster and injects faults into the requests"))

Command.run(faultProxy, { version: "0.0.0" }).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
