/**
 * Pure work by `vitest bench`, without a cluster: what spec-builder merges and builds, what the log
 * splitter cuts, what is packed and unpacked; each beside a reference of its own. The files in
 * `micro/` say what is compared.
 */
import { join } from "node:path"
import { inspect } from "node:util"
import { Effect } from "effect"
import type { Comparison } from "./Report.ts"
import { markdownTable, type Summary, summarise } from "./Statistics.ts"
import type { Work } from "./Turns.ts"

export interface MicroFigure {
  readonly what: string
  readonly unit: Work["unit"]
  /** Units per second: first of what is measured, last of its reference. */
  readonly ways: ReadonlyArray<{ readonly name: string; readonly perSecond: Summary }>
}

const ROOT = join(import.meta.dirname, "..")

/** A test that takes longer hangs: a round takes less than a second, and there may be a hundred. */
const TEST_TIMEOUT_MS = 300_000

/**
 * Measures in one process after the other, by Node's own loading of the sources: vitest's would
 * make every import a getter.
 */
export const measureMicro = Effect.fn("Micro.measure")(function* (rounds: number) {
  // Heavy, and no other figure needs it.
  const { startVitest } = yield* Effect.promise(() => import("vitest/node"))
  const vitest = yield* Effect.promise(() =>
    startVitest([], {
      root: ROOT,
      config: false,
      watch: false,
      run: true,
      pool: "forks",
      fileParallelism: false,
      // vitest keeps NODE_OPTIONS from its workers, and a profiler with them.
      execArgv: ["--conditions=@podwright/source", ...(process.env["NODE_OPTIONS"] ?? "").split(" ").filter(Boolean)],
      experimental: { viteModuleRunner: false },
      include: [],
      benchmark: { enabled: true, include: ["micro/*.bench.ts"] },
      provide: { rounds },
      reporters: [{ onTestCaseResult: (test) => void process.stderr.write(`${test.name}: ${test.result().state}\n`) }],
      testTimeout: TEST_TIMEOUT_MS
    })
  )
  const modules = vitest.state.getTestModules()
  // A file that cannot be loaded has no tests to tell of.
  const untold = [...modules.flatMap((module) => module.errors()), ...vitest.state.getUnhandledErrors()]
  if (untold.length > 0) return yield* Effect.die(new Error(untold.map((error) => inspect(error)).join("\n")))
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const figures = tests.map((test): MicroFigure => {
    const { errors, state } = test.result()
    const { work } = test.meta()
    if (state !== "passed" || work === undefined)
      throw new Error(`${test.name}: ${errors?.map((error) => error.message).join("; ") ?? state}`)
    // The first round warms code and caches.
    const counted = test.benchmarks().slice(1)
    const ways = work.ways.map((name) => {
      const samples = counted.flatMap(({ tasks }) => tasks.filter((one) => one.name === name))
      return { name, perSecond: summarise(samples.map(({ latency }) => (work.perCall * 1000) / latency.mean)) }
    })
    return { what: test.name, unit: work.unit, ways }
  })
  yield* Effect.promise(() => vitest.close())
  return figures
})

const rate = (value: number): string => value.toFixed(value < 1000 ? 1 : 0)

/** Per second; the ratio is to each group's last row. */
export const microTables = (figures: ReadonlyArray<MicroFigure>): string => {
  const rows = figures.flatMap(({ unit, ways, what }) => {
    const reference = ways.at(-1)?.perSecond.median ?? Number.NaN
    return ways.map(({ name, perSecond: { max, median, min } }, index) => [
      index === 0 ? what : "",
      index === 0 ? `**${name}**` : name,
      `${unit}/s`,
      ...[min, median, max].map(rate),
      (median / reference).toFixed(2)
    ])
  })
  return markdownTable(["what", "way", "unit", "min", "median", "max", "ratio"], rows)
}

export const microComparisons = (figures: ReadonlyArray<MicroFigure>): ReadonlyArray<Comparison> =>
  figures.map(({ what, ways }) => {
    const reference = ways.at(-1)
    const speed = (ways[0]?.perSecond.median ?? Number.NaN) / (reference?.perSecond.median ?? Number.NaN)
    return { what, reference: reference?.name ?? "", speed }
  })
