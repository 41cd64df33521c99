/**
 * How long from submit to result: podwright, the raw sequence for the same pod, the watch that
 * waits for the API to know, and kubectl. Interleaved in an order drawn anew each round, so that
 * all of them meet the same machine; each run begins at a random moment within a second, because
 * the kubelet looks at containers once a second and runs that follow each other lock onto that
 * tick.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { KubeConnection } from "@podwright/k8s-io"
import { TaskRunner } from "@podwright/runner"
import { Effect, Random, type Scope } from "effect"
import { type BenchTask, benchRequest, hello, oneKibibyte } from "./BenchTask.ts"
import { kubeconfigPath, kubectlRun } from "./Kubectl.ts"
import { makeRawClient, type RawClient } from "./RawClient.ts"
import { rawSequence, rawWatch, type Times } from "./RawRun.ts"
import type { Comparison } from "./Report.ts"
import { markdownTable, milliseconds, type Summary, summarise } from "./Statistics.ts"

export interface LatencyFigures {
  readonly task: string
  readonly way: string
  /** Milliseconds from submit to each moment. */
  readonly moments: Readonly<Record<string, Summary>>
}

/**
 * The pods of one run are gone, but for a second or so the node still takes them down; that must
 * not fall into the next.
 */
const SETTLE_MS = 1_500

const podwright = Effect.fnUntraced(function* (task: BenchTask, run: string) {
  const runner = yield* TaskRunner
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-bench-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  const request = yield* benchRequest(task, run, join(folder, "out"))
  let stdout = ""
  const begin = performance.now()
  const result = yield* Effect.orDie(
    runner.run(request, (event) =>
      Effect.sync(() => {
        if (event._tag === "Log" && event.stream === "stdout") stdout += event.lines.map((line) => `${line}\n`).join("")
      })
    )
  )
  const times: Times = { ...result.timings, result: performance.now() - begin }
  const bytes = result.outputFiles["out.txt"]?.bytes ?? 0
  if (result.state !== "SUCCESS" || stdout !== task.stdout || bytes !== task.input.length) {
    return yield* Effect.die(new Error(`podwright gave a wrong result: ${JSON.stringify(result)}`))
  }
  return times
}, Effect.scoped)

/**
 * A process for each of four commands, as a script has; what it costs to start them is part of it.
 */
const kubectl = (run: string) =>
  Effect.promise(async () => ({ result: await kubectlRun(kubeconfigPath(), `latency-${run}`) }))

interface Way {
  readonly task: BenchTask
  readonly way: string
  readonly run: (client: RawClient, run: string) => Effect.Effect<Times, never, TaskRunner>
}

const waysOf = (task: BenchTask): ReadonlyArray<Way> => [
  { task, way: "podwright", run: (_client, run) => podwright(task, run) },
  { task, way: "raw sequence", run: (client, run) => rawSequence(client, task, run) },
  { task, way: "raw watch, same pod", run: (client, run) => rawWatch(client, task, run, "gate") }
]

const ways: ReadonlyArray<Way> = [
  ...waysOf(hello),
  { task: hello, way: "raw watch, bare container", run: (client, run) => rawWatch(client, hello, run, "bare") },
  { task: hello, way: "kubectl", run: (_client, run) => kubectl(run) },
  ...waysOf(oneKibibyte)
]

/**
 * Runs every way `runs` times, after one round that warms connections and caches and is not
 * counted.
 */
export const measureLatency = Effect.fn("Latency.measure")(function* (
  runs: number
): Effect.fn.Return<ReadonlyArray<LatencyFigures>, never, TaskRunner | KubeConnection | Scope.Scope> {
  const client = yield* Effect.orDie(makeRawClient)
  const samples = ways.map((): Array<Times> => [])
  for (let round = 0; round <= runs; round++) {
    for (const [index, way] of yield* Random.shuffle(ways.entries())) {
      yield* Effect.sleep(SETTLE_MS + 1_000 * (yield* Random.next))
      const times = yield* way.run(client, `${process.pid}-${round}-${index}`)
      if (round > 0) samples[index]?.push(times)
    }
    yield* Effect.sync(() => process.stderr.write(`round ${round} of ${runs}\n`))
  }
  return ways.map(({ task, way }, index) => {
    const taken = samples[index] ?? []
    const moments = Object.keys(taken[0] ?? {}).map((moment) => {
      return [moment, summarise(taken.map((times) => times[moment] ?? Number.NaN))] as const
    })
    return { task: task.name, way, moments: Object.fromEntries(moments) }
  })
})

/** What is compared, by way; the last of them is its reference's own name. */
const shown: ReadonlyArray<readonly [way: string, moment: string, name: string]> = [
  ["podwright", "collected", "podwright: all files and lines here"],
  ["podwright", "deleting", "podwright: delete accepted"],
  ["podwright", "result", "**podwright: result returned**"],
  ["raw sequence", "result", "raw POST + one exec: all bytes here"],
  ["raw watch, same pod", "visible", "raw POST + watch, same pod: main's end visible"],
  ["raw watch, bare container", "visible", "raw POST + watch, bare container: main's end visible"],
  ["kubectl", "result", "kubectl run, wait, logs, delete: done"]
]

/** One table per task; the ratio is to main's end in the same pod as the API shows it. */
export const latencyTables = (figures: ReadonlyArray<LatencyFigures>): string =>
  [hello, oneKibibyte]
    .map((task) => {
      const find = (way: string, moment: string) =>
        figures.find((one) => one.task === task.name && one.way === way)?.moments[moment]
      const visible = find("raw watch, same pod", "visible")?.median ?? Number.NaN
      const raw = find("raw sequence", "result")?.median ?? Number.NaN
      const rows = shown.flatMap(([way, moment, name]) => {
        const summary = find(way, moment)
        if (summary === undefined) return []
        const { max, median, min, p95 } = summary
        const ratio = (median / visible).toFixed(2)
        return [[name, ...[min, median, p95, max, median - raw].map(milliseconds), ratio]]
      })
      const head = ["ms from submit", "min", "median", "p95", "max", "over raw", "ratio to the API"]
      return `### ${task.name}\n\n${markdownTable(head, rows)}`
    })
    .join("\n\n")

/** Of the medians, result in hand. */
export const latencyComparisons = (figures: ReadonlyArray<LatencyFigures>): ReadonlyArray<Comparison> =>
  [hello, oneKibibyte].flatMap((task) => {
    const find = (way: string, moment: string) =>
      figures.find((one) => one.task === task.name && one.way === way)?.moments[moment]?.median ?? Number.NaN
    const result = find("podwright", "result")
    const what = `submit to result, ${task.name}`
    return [
      { what, reference: "raw POST + watch, same pod", speed: find("raw watch, same pod", "visible") / result },
      { what, reference: "raw POST + one exec", speed: find("raw sequence", "result") / result },
      ...(task === hello
        ? [{ what, reference: "kubectl run, wait, logs, delete", speed: find("kubectl", "result") / result }]
        : [])
    ]
  })
