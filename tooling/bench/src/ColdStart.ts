/**
 * How long the CLI takes to start, as built for users, each command a new process beside
 * `node -e 0`; and what it loads. A run is timed to its first request and to the POST of its pod,
 * as a proxy before the API server sees them come, and to its end.
 */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { startFaultProxy } from "@podwright/fault-proxy"
import { Effect, Random } from "effect"
import { countModules, heavyModules, loadedModules } from "./LoadedModules.ts"
import { measureProcess } from "./MeasuredProcess.ts"
import type { Comparison } from "./Report.ts"
import { markdownTable, milliseconds, type Summary, summarise } from "./Statistics.ts"

export interface ColdStartFigure {
  readonly what: string
  /** Milliseconds from the process' start. */
  readonly time: Summary
  /** Of the whole command; none is told of Node alone. */
  readonly loaded: { readonly modules: number; readonly heavy: ReadonlyArray<string> } | undefined
}

const REPOSITORY = join(import.meta.dirname, "../../..")
const CLI = join(REPOSITORY, "apps/cli/dist/bin/podwright.js")

/** With an expression, as files for people have. */
const TASK = 'image: busybox\ncommands: ["echo {{ taskrun.id }}"]\n'

/** What is timed: the end of a process unless another moment is named. */
const BARE = "node -e 0"
const FIRST = "run, to its first request"
const CREATED = "run, to the POST of its pod"
const RUN = "run, to its end"
const HELP = "--help"
const RENDER = "render"

/**
 * The pod of a run is gone, but for a second or so the node still takes it down; that must not fall
 * into the next start.
 */
const SETTLE_MS = 1_500

/** Builds what users get. */
export const build = async (): Promise<void> => {
  // Without what profiles the processes that are measured.
  const { NODE_OPTIONS: _, ...env } = process.env
  await promisify(execFile)(join(REPOSITORY, "node_modules/.bin/turbo"), ["run", "build"], { cwd: REPOSITORY, env })
}

/**
 * Measures on the current kubeconfig, after one round that fills the page cache and is not counted.
 */
export const measureColdStart = Effect.fn("ColdStart.measure")(function* (runs: number) {
  yield* Effect.promise(build)
  const folder = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-bench-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true }))
  )
  const task = join(folder, "task.yaml")
  yield* Effect.promise(() => writeFile(task, TASK))
  const seen: Array<{ readonly at: number; readonly create: boolean }> = []
  const proxy = yield* Effect.orDie(
    startFaultProxy({
      plan: {},
      onRequest: ({ method, verb }) => {
        seen.push({ at: performance.now(), create: method === "POST" && verb === "create" })
      }
    })
  )
  const run = ["run", task, "--kubeconfig", proxy.kubeconfig, "--output-dir", join(folder, "out")]
  const commands: Readonly<Record<string, ReadonlyArray<string>>> = {
    [BARE]: ["-e", "0"],
    [HELP]: [CLI, "--help"],
    [RENDER]: [CLI, "render", task],
    [RUN]: [CLI, ...run]
  }
  const samples: Record<string, Array<number>> = {}
  for (let round = 0; round <= runs; round++) {
    for (const [what, args] of yield* Random.shuffle(Object.entries(commands))) {
      yield* Effect.sleep((what === RUN ? SETTLE_MS : 0) + 1_000 * (yield* Random.next))
      seen.length = 0
      const begin = performance.now()
      const { seconds } = yield* Effect.promise(() => measureProcess(process.execPath, args))
      const taken = { [what]: seconds * 1000 }
      if (what === RUN) {
        taken[FIRST] = (seen[0]?.at ?? Number.NaN) - begin
        taken[CREATED] = (seen.find(({ create }) => create)?.at ?? Number.NaN) - begin
      }
      if (round > 0) for (const [name, ms] of Object.entries(taken)) samples[name] = [...(samples[name] ?? []), ms]
    }
    yield* Effect.sync(() => process.stderr.write(`round ${round} of ${runs}\n`))
  }
  const loadedBy = async (what: string) => {
    if (what === BARE) return undefined
    const loaded = await loadedModules(commands[what] ?? commands[RUN] ?? [])
    return { modules: countModules(loaded), heavy: heavyModules(loaded) }
  }
  return yield* Effect.forEach([BARE, HELP, RENDER, FIRST, CREATED, RUN], (what) =>
    Effect.map(
      Effect.promise(() => loadedBy(what)),
      (loaded): ColdStartFigure => ({ what, time: summarise(samples[what] ?? []), loaded })
    )
  )
})

const bareMedian = (figures: ReadonlyArray<ColdStartFigure>): number =>
  figures.find(({ what }) => what === BARE)?.time.median ?? Number.NaN

/** The ratio is to `node -e 0`. */
export const coldStartTables = (figures: ReadonlyArray<ColdStartFigure>): string => {
  const bare = bareMedian(figures)
  const rows = figures.map(({ loaded, time: { max, median, min, p95 }, what }) => [
    what === BARE ? what : `**podwright ${what}**`,
    ...[min, median, p95, max, median - bare].map(milliseconds),
    (median / bare).toFixed(1),
    loaded === undefined ? "" : String(loaded.modules),
    loaded?.heavy.join(", ") ?? ""
  ])
  const head = ["ms", "min", "median", "p95", "max", "over node", "ratio", "modules", "heavy ones"]
  return `${markdownTable(head, rows)}\n\nModules are those of the whole command, Node's own not counted. A run's requests pass a proxy on this machine.`
}

export const coldStartComparisons = (figures: ReadonlyArray<ColdStartFigure>): ReadonlyArray<Comparison> => {
  const bare = bareMedian(figures)
  return figures
    .filter(({ what }) => what === HELP || what === RENDER || what === FIRST)
    .map(({ time, what }) => ({ what: `podwright ${what}`, reference: BARE, speed: bare / time.median }))
}
