/** `docs/benchmarks.md`: what was measured last, of each kind, with its chart. Pure. */
import { type ChartGroup, chartSvg } from "./Chart.ts"
import type { MachineState } from "./Machine.ts"
import type { Report } from "./Report.ts"

/** What a bench leaves: `KIND.json`, and `KIND.md` as `text`. */
export interface KeptResult extends Pick<Report, "comparisons"> {
  readonly only: string
  readonly runs: number
  readonly before: MachineState
  readonly text: string
}

const INTRODUCTION = `<!-- Written by \`pnpm bench --chart\`; what is changed by hand is lost. -->

# Benchmarks

![How many times as fast as its reference](benchmarks.svg)

Each bar is a ratio to a reference that was measured in the same run: to the right of the line at 1 podwright is faster, to the
left it is slower. Times alone say little, because machines differ and loads change. Some references cannot be reached and say how
far from the floor a figure is: the raw sequence is what the same pod costs with nothing around it, a copy by JSON the least that
values must be touched, \`node -e 0\` the start of Node alone.

How it is measured:

- The ways of a comparison take turns, in an order drawn anew each round. Where a round is short (not of logs, bulk and scale) a
  first one warms caches and is not counted.
- Of latency and cold start each run begins at a random moment within a second: the kubelet looks at containers once a second,
  and runs that follow each other lock onto that tick.
- Ratios are of medians. The machine, its load before and after, and the date stand above each table.
- What comes out is checked: contents by SHA-256, logs line by line. A wrong result ends the bench.

To repeat it, with \`KUBECONFIG\` at a cluster whose node is a machine that does nothing else (\`tooling/real-cluster/up\` starts one):

\`\`\`sh
for kind in KINDS; do npx --yes pnpm@12 bench --only $kind; done
npx --yes pnpm@12 bench --chart   # this page and its chart; what was not measured again stays
\`\`\`

\`tooling/bench/README.md\` says what each kind does, and what each way is.
`

export interface BenchmarksPage {
  readonly markdown: string
  readonly svg: string
}

/**
 * One result of each of the kinds in their order, the later of two; those of no kind there is any
 * more are left out.
 */
export const newestResults = (
  kinds: ReadonlyArray<string>,
  ...sets: ReadonlyArray<ReadonlyArray<KeptResult>>
): ReadonlyArray<KeptResult> =>
  kinds.flatMap((kind) => {
    const [newest] = sets
      .flat()
      .filter(({ only }) => only === kind)
      .sort((one, other) => other.before.at.localeCompare(one.before.at))
    return newest === undefined ? [] : [newest]
  })

/**
 * Of the results in the order in which they are to stand; of those without comparisons there are
 * only tables.
 */
export const benchmarksPage = (results: ReadonlyArray<KeptResult>, kinds: ReadonlyArray<string>): BenchmarksPage => {
  const groups = results
    .filter(({ comparisons }) => comparisons.length > 0)
    .map(
      ({ before, comparisons, only, runs }): ChartGroup => ({
        title: `${only}: ${runs} ${runs === 1 ? "run" : "runs"} of each way, ${before.at.slice(0, 10)}, load ${before.load[0]?.toFixed(1)}`,
        bars: comparisons
      })
    )
  const introduction = INTRODUCTION.replace("KINDS", kinds.join(" "))
  return { markdown: [introduction, ...results.map(({ text }) => text)].join("\n"), svg: chartSvg(groups) }
}
