/** Figures from samples, and tables of them. Pure. */

export interface Summary {
  readonly runs: number
  readonly min: number
  readonly median: number
  readonly p95: number
  readonly max: number
}

/** The sample below which the share `q` of all samples lies (nearest rank); NaN of none. */
const quantile = (sorted: ReadonlyArray<number>, q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN

export const summarise = (samples: ReadonlyArray<number>): Summary => {
  const sorted = [...samples].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return {
    runs: sorted.length,
    min: quantile(sorted, 0),
    // The mean of the middle two where there are two: a median of few runs must not lean to one
    // side.
    median: (quantile(sorted, 0.5) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2,
    p95: quantile(sorted, 0.95),
    max: quantile(sorted, 1)
  }
}

/** A Markdown table; every row as long as the head. */
export const markdownTable = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, column) => (column === 0 ? "---" : "---:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n")

export const milliseconds = (value: number): string => value.toFixed(0)
