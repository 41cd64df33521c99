/**
 * `pnpm bench [--only …] [--runs N] [--out DIR]`: measures on the current kubeconfig; JSON and
 * Markdown go to DIR. With `--chart` nothing is measured: what lies in DIR becomes
 * `docs/benchmarks.md` and its chart.
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { NodeFileSystem, NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { kubeLayer } from "@podwright/k8s-io"
import { TaskRunner } from "@podwright/runner"
import { TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Effect, Layer, Option, type Scope } from "effect"
import { Command, Flag } from "effect/cli"
import { benchmarksPage, type KeptResult, newestResults } from "./BenchmarksPage.ts"
import { bulkComparisons, bulkTables, measureBulk } from "./Bulk.ts"
import { cutTables, measureCuts } from "./BulkCuts.ts"
import { coldStartComparisons, coldStartTables, measureColdStart } from "./ColdStart.ts"
import { profiled } from "./CpuProfile.ts"
import { idleTables, measureIdle } from "./Idle.ts"
import { latencyComparisons, latencyTables, measureLatency } from "./Latency.ts"
import { localPodComparisons, localPodTables, measureLocalPods } from "./LocalPods.ts"
import { logComparisons, logTables, measureLogs } from "./Logs.ts"
import { describeMachine, machine, machineState } from "./Machine.ts"
import { measureMicro, microComparisons, microTables } from "./Micro.ts"
import type { Report } from "./Report.ts"
import { measureScale, scaleComparisons, scaleTables } from "./Scale.ts"

/** In the order of the page. */
const KINDS = ["latency", "logs", "bulk", "scale", "idle", "cold-start", "micro", "local-cluster"] as const

const DOCS = join(import.meta.dirname, "../../../docs")

const flags = {
  only: Flag.Literals("only", KINDS).pipe(Flag.withDescription("One kind of figure"), Flag.withDefault("latency")),
  runs: Flag.Int("runs").pipe(
    Flag.withDescription(
      "Runs of each way; default: 30, 1 of bulk and logs, 3 of scale and idle, 20 of cold-start and micro"
    ),
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
  profile: Flag.Boolean("profile").pipe(
    Flag.withDescription(
      "Also leave a CPU profile of every Node process, and say which functions take most time of their own"
    ),
    Flag.withDefault(false)
  ),
  chart: Flag.Boolean("chart").pipe(
    Flag.withDescription("Measure nothing: make docs/benchmarks.md and its chart from the results there are"),
    Flag.withDefault(false)
  ),
  out: Flag.String("out").pipe(
    Flag.withMetavar("DIR"),
    Flag.withDescription("Where results go; default: tooling/bench/results"),
    Flag.withDefault(join(import.meta.dirname, "../results"))
  )
}

const services = TaskRunner.layer.pipe(
  Layer.provideMerge(kubeLayer({ labelSelector: TASK_RUN_LABEL })),
  Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici])
)

interface Wanted {
  readonly atOnce: number
  readonly cuts: number
  readonly seed: number
}

const report = <Figures extends object, E, R>(
  measured: Effect.Effect<Figures, E, R>,
  tables: (figures: Figures) => string,
  comparisons: (figures: Figures) => Report["comparisons"]
): Effect.Effect<Report, E, R> =>
  Effect.map(measured, (figures) => ({ figures, tables: tables(figures), comparisons: comparisons(figures) }))

/** Each kind of figure; `runs` of each way. */
const kinds = {
  latency: (runs: number) => Effect.provide(report(measureLatency(runs), latencyTables, latencyComparisons), services),
  "local-cluster": (runs: number) => report(measureLocalPods(runs), localPodTables, localPodComparisons),
  scale: (rounds: number, { atOnce }: Wanted) => report(measureScale(rounds, atOnce), scaleTables, scaleComparisons),
  bulk: (runs: number, { cuts, seed }: Wanted) =>
    cuts === 0
      ? report(measureBulk(runs), bulkTables, bulkComparisons)
      : report(measureCuts(cuts, seed), cutTables, () => []),
  logs: (runs: number) =>
    Effect.provide(report(measureLogs(runs), logTables, logComparisons), kubeLayer({ labelSelector: TASK_RUN_LABEL })),
  idle: (runs: number) =>
    Effect.provide(
      report(measureIdle(runs), idleTables, () => []),
      services
    ),
  "cold-start": (runs: number) => report(measureColdStart(runs), coldStartTables, coldStartComparisons),
  micro: (rounds: number) => report(measureMicro(rounds), microTables, microComparisons)
}
/** A run of bulk or logs takes minutes. */
const defaultRuns = {
  latency: 30,
  "local-cluster": 30,
  bulk: 1,
  logs: 1,
  scale: 3,
  idle: 3,
  "cold-start": 20,
  micro: 20
}

/** One kind's newest result, with cuts a kind of its own; undefined when it was not measured. */
const keptResult = async (folder: string, name: string): Promise<KeptResult | undefined> => {
  const path = join(folder, name)
  if (!existsSync(`${path}.json`)) return undefined
  const { before, comparisons, runs } = JSON.parse(await readFile(`${path}.json`, "utf8")) as Partial<KeptResult>
  if (before === undefined || comparisons === undefined || runs === undefined)
    throw new Error(`${path}.json is of an older bench: measure ${name} again, or take the file away`)
  return { only: name, runs, before, comparisons, text: await readFile(`${path}.md`, "utf8") }
}

/** What the page is made of, kept beside it: a kind that was not measured again stays as it was. */
const PAGE_RESULTS = join(DOCS, "benchmarks.json")

const writePage = async (folder: string): Promise<void> => {
  const names = [...KINDS, "bulk-cuts"]
  const measured = await Promise.all(names.map((name) => keptResult(folder, name)))
  const earlier: ReadonlyArray<KeptResult> = existsSync(PAGE_RESULTS)
    ? JSON.parse(await readFile(PAGE_RESULTS, "utf8"))
    : []
  const results = newestResults(
    names,
    earlier,
    measured.filter((one) => one !== undefined)
  )
  if (results.length === 0) throw new Error(`there is no result in ${folder}: measure first`)
  const { markdown, svg } = benchmarksPage(results, KINDS)
  const [page, chart] = [join(DOCS, "benchmarks.md"), join(DOCS, "benchmarks.svg")]
  await writeFile(page, markdown)
  await writeFile(chart, svg)
  await writeFile(PAGE_RESULTS, JSON.stringify(results, null, 2))
  // As `pnpm lint` wants tables to look.
  await promisify(execFile)(join(DOCS, "../node_modules/.bin/biome"), ["format", "--write", page, chart, PAGE_RESULTS])
}

const bench = Command.make(
  "bench",
  flags,
  Effect.fn("bench")(function* ({ atOnce, chart, cuts, only, out, profile, runs: wanted, seed }) {
    if (chart) return yield* Effect.promise(() => writePage(resolve(out)))
    const runs = Option.getOrElse(wanted, () => defaultRuns[only])
    const before = machineState()
    // What is measured under a profiler is slower, so it takes no other result's place.
    const path = join(resolve(out), `${only}${cuts === 0 ? "" : "-cuts"}${profile ? "-profiled" : ""}`)
    const measure = Effect.scoped<Report, unknown, Scope.Scope>(kinds[only](runs, { atOnce, cuts, seed }))
    const [{ tables, ...measured }, profiles] = profile
      ? yield* profiled(measure, `${path}.profiles`)
      : ([yield* measure, ""] as const)
    const after = machineState()
    const text = `## ${only}, ${runs} ${runs === 1 ? "run" : "runs"} of each way\n\n${[describeMachine(before, after), tables, profiles].filter((part) => part !== "").join("\n\n")}\n`
    yield* Effect.promise(async () => {
      await mkdir(resolve(out), { recursive: true })
      await writeFile(
        `${path}.json`,
        `${JSON.stringify({ only, runs, machine, before, after, ...measured }, null, 2)}\n`
      )
      await writeFile(`${path}.md`, text)
    })
    yield* Effect.sync(() => process.stdout.write(text))
  })
).pipe(Command.withDescription("How far podwright is from the floor, side by side, in one run"))

Command.run(bench, { version: "0.0.0" }).pipe(Effect.provide(NodeServices.layer), NodeRuntime.runMain)
