/**
 * Whether 1 GiB arrives whole when its connection is cut again and again: a podwright run through
 * `tooling/fault-proxy`, which cuts each attempt at a random byte, on the way to the pod and on the
 * way back.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type FaultPlan, type FaultProxyError, startFaultProxy } from "@podwright/fault-proxy"
import type { KubeError } from "@podwright/k8s-io"
import { Effect, Random, type Scope } from "effect"
import { LARGE, mustEqual, podwrightRoundTrip, removePods, treeDigest, writeLoad } from "./Bulk.ts"
import { build } from "./ColdStart.ts"
import { kubeconfigPath } from "./Kubectl.ts"
import { markdownTable } from "./Statistics.ts"

interface CutFigure {
  readonly direction: "to the pod" | "from the pod"
  /** Bytes of an exec's WebSocket after which each attempt was cut, in order. */
  readonly cutAfter: ReadonlyArray<number>
  /** Attempts that moved the load or a part of it; the last one to its end. */
  readonly attempts: number
  readonly seconds: number
}

export interface CutFigures {
  readonly seed: number
  readonly sha256: string
  /** Execs asked for, with those that came before the container was there. */
  readonly execs: number
  readonly figures: ReadonlyArray<CutFigure>
}

const DIRECTIONS = ["up", "down"] as const

/**
 * Measures on the current kubeconfig; `cuts` in each direction. Dies when contents differ or a cut
 * did not happen.
 */
export const measureCuts = Effect.fn("BulkCuts.measure")(function* (
  cuts: number,
  seed: number
): Effect.fn.Return<CutFigures, FaultProxyError | KubeError, Scope.Scope> {
  const work = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-cuts-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  const source = join(work, "source")
  const target = join(work, "target")
  const sha256 = yield* Effect.promise(async () => {
    await writeLoad(source, LARGE)
    return treeDigest(source)
  })
  // Behind the first MiB, which records and heads of frames cannot fill: what is cut is the
  // transfer. To the pod two execs take half of it each.
  const planned = yield* Effect.forEach(DIRECTIONS, (direction) => {
    const offset = Random.nextIntBetween(1024 * 1024, direction === "up" ? LARGE.fileBytes / 2 : LARGE.fileBytes)
    return Effect.map(Effect.all(Array.from({ length: cuts }, () => offset)), (offsets) =>
      offsets.map((afterBytes) => ({ direction, afterBytes }))
    )
  }).pipe(Random.withSeed(seed))
  const due = planned.flat()
  let fired = 0
  // Read at every request: one cut is due until it has happened, whatever execs come too early
  // before it.
  const plan: FaultPlan = {
    get script() {
      const next = due[fired]
      return next === undefined
        ? []
        : [{ verb: "exec" as const, fault: { _tag: "Cut" as const, how: "reset" as const, ...next } }]
    }
  }
  let execs = 0
  const proxy = yield* startFaultProxy({
    kubeconfig: kubeconfigPath(),
    plan,
    onFault: ({ fault }) => {
      // The same cut may befall both execs of an upload.
      const next = due[fired]
      if (fault._tag === "Cut" && fault.direction === next?.direction && fault.afterBytes === next?.afterBytes) fired++
    },
    onRequest: ({ verb }) => {
      if (verb === "exec") execs++
    }
  })
  yield* Effect.promise(build)
  const { down, pod, up } = yield* Effect.promise(() => podwrightRoundTrip(work, source, target, proxy.kubeconfig))
  yield* removePods([pod])
  mustEqual(sha256, yield* Effect.promise(() => treeDigest(join(target, "load"))), "what came back through cuts")
  if (fired !== due.length) return yield* Effect.die(new Error(`${fired} of ${due.length} cuts happened`))
  const figure = (
    direction: CutFigure["direction"],
    wanted: (typeof DIRECTIONS)[number],
    seconds: number
  ): CutFigure => {
    const cutAfter = due.filter((cut) => cut.direction === wanted).map(({ afterBytes }) => afterBytes)
    return { direction, cutAfter, attempts: cutAfter.length + 1, seconds }
  }
  return {
    seed,
    sha256,
    execs,
    figures: [figure("to the pod", "up", up), figure("from the pod", "down", down)]
  }
})

const mebibytes = (bytes: number) => (bytes / 1024 ** 2).toFixed(0)

export const cutTables = ({ execs, figures, seed, sha256 }: CutFigures): string => {
  const table = markdownTable(
    ["1 GiB", "cut after, MiB", "attempts", "s"],
    figures.map(({ attempts, cutAfter, direction, seconds }) => [
      direction,
      cutAfter.map(mebibytes).join(" "),
      String(attempts),
      seconds.toFixed(1)
    ])
  )
  return `${table}\n\nSeed ${seed}, ${execs} execs asked for; SHA-256 there and back again: ${sha256}.`
}
