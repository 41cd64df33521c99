/** `pnpm bench [--only …] [--runs N] [--out DIR]`: measures on the current kubeconfig; JSON and Markdown go to DIR. */
import { mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { NodeFileSystem, NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { kubeLayer } from "@podwright/k8s-io"
import { TaskRunner } from "@podwright/runner"
import { Effect, Layer, Option, type Scope } from "effect"
import { Command, Flag } from "effect/cli"
import { bulkTables, measureBulk } from "./Bulk.ts"
import { cutTables, measureCuts } from "./BulkCuts.ts"
import { latencyTables, measureLatency } from "./Latency.ts"
import { localPodTables, measureLocalPods } from "./LocalPods.ts"
import { logTables, measureLogs } from "./Logs.ts"
import { describeMachine, machine, machineState } from "./Machine.ts"
import { measureScale, scaleTables } from "./Scale.ts"

const flags = {
  only: Flag.Literals("only", ["latency", "local-cluster", "bulk", "logs", "scale"]).pipe(
    Flag.withDescription("One kind of figure"),
    Flag.withDefault("latency")
  ),
  runs: Flag.Int("runs").pipe(
    Flag.withDescription("Runs of each way; default: 30, 1 of bulk, 3 of scale"),
    Flag.optional
  ),
  atOnce: Flag.Int("at-once").pipe(
    Flag.withDescription("The most runs at once, of scale; default: 1000"),
    Flag.withDefault(1000)
  ),
  cuts: Flag.Int("cuts").pipe(
    Flag.withDescription("Of bulk: instead, 1 GiB each way with its connection cut so often, at random bytes"),
    Flag.withDefault(0)
  ),
  seed: Flag.Int("seed").pipe(Flag.withDescription("Of the cuts"), Flag.withDefault(1)),
  out: Flag.String("out").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where results go; default: tooling/bench/results"),
    Flag.withDefault(join(import.meta.dirname, "../results"))
  )
}

const services = TaskRunner.layer.pipe(
  Layer.provideMerge(kubeLayer()),
  Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici])
)

/** Each kind of figure, as JSON and as Markdown. */
const kinds = {
  latency: (runs: number) =>
    measureLatency(runs).pipe(
      Effect.map((figures) => ({ figures, tables: latencyTables(figures) })),
      Effect.provide(services)
    ),
  "local-cluster": (runs: number) =>
    Effect.map(measureLocalPods(runs), (figures) => ({ figures, tables: localPodTables(figures) })),
  scale: (rounds: number, { atOnce }: { readonly atOnce: number }) =>
    Effect.map(measureScale(rounds, atOnce), (figures) => ({ figures, tables: scaleTables(figures) })),
  bulk: (runs: number, { cuts, seed }: { readonly cuts: number; readonly seed: number }) =>
    cuts === 0
      ? Effect.map(measureBulk(runs), (figures) => ({ figures, tables: bulkTables(figures) }))
      : Effect.map(measureCuts(cuts, seed), (figures) => ({ figures, tables: cutTables(figures) })),
  logs: () =>
    measureLogs().pipe(
      Effect.map((figures) => ({ figures, tables: logTables(figures) })),
      Effect.provide(kubeLayer())
    )
}
/** A run of bulk or logs takes minutes. */
const defaultRuns = { latency: 30, "local-cluster": 30, bulk: 1, logs: 1, scale: 3 }

const bench = Command.make(
  "bench",
  flags,
  Effect.fn("bench")(function* ({ atOnce, cuts, only, out, runs: wanted, seed }) {
    const runs = Option.getOrElse(wanted, () => defaultRuns[only])
    const before = machineState()
    const { figures, tables } = yield* Effect.scoped<
      { readonly figures: object; readonly tables: string },
      unknown,
      Scope.Scope
    >(kinds[only](runs, { atOnce, cuts, seed }))
    const after = machineState()
    const text = `## ${only}, ${runs} runs of each way\n\n${describeMachine(before, after)}\n\n${tables}\n`
    const folder = resolve(out)
    yield* Effect.promise(async () => {
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, `${only}.json`), `${JSON.stringify({ machine, before, after, figures }, null, 2)}\n`)
      await writeFile(join(folder, `${only}.md`), text)
    })
    yield* Effect.sync(() => process.stdout.write(text))
  })
).pipe(Command.withDescription("How far podwright is from the floor, side by side, in one run"))

Command.run(bench, { version: "0.0.0" }).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
