/** Counts what became of numbered lines on their way: lost, doubled, torn or out of order. Pure. */

/** Length of a line with its newline, in bytes. */
export const LINE_BYTES = 100

/**
 * An awk program that prints so many numbered lines on stdout, and one on stderr for every tenth.
 */
const numberedLines = (count: number): string =>
  `BEGIN { p = sprintf("%${LINE_BYTES - 12}s", ""); gsub(" ", "x", p); for (i = 1; i <= ${count}; i++) { printf "o %08d %s\\n", i, p; if (i % 10 == 0) printf "e %08d %s\\n", i / 10, p > "/dev/stderr" } }`

/**
 * A shell command that prints so many numbered lines on stdout and a tenth of them on stderr, both
 * at full speed: made first and copied then, because awk prints slower than lines are followed, and
 * its own pace would be measured.
 */
export const printNumberedLines = (count: number): string =>
  `awk '${numberedLines(count)}' >/tmp/stdout 2>/tmp/stderr; cat /tmp/stderr >&2 & cat /tmp/stdout; wait`

const LINE = new RegExp(`^[oe] (\\d{8}) x{${LINE_BYTES - 12}}$`)

export interface AuditCounts {
  lines: number
  lost: number
  doubled: number
  torn: number
}

/** One stream's lines, told apart by their letter: `o` of stdout, `e` of stderr. */
export class LineAudit {
  readonly counts: AuditCounts = { lines: 0, lost: 0, doubled: 0, torn: 0 }
  /** Places where at least one line is missing. */
  holes = 0
  readonly #letter: "o" | "e"
  #last = 0

  constructor(letter: "o" | "e") {
    this.#letter = letter
  }

  take(line: string): void {
    this.counts.lines++
    const number = line.startsWith(this.#letter) ? Number(LINE.exec(line)?.[1] ?? Number.NaN) : Number.NaN
    if (Number.isNaN(number)) this.counts.torn++
    else if (number <= this.#last) this.counts.doubled++
    else this.#upTo(number)
  }

  /** No more lines come; the last would have been `count`. */
  finish(count: number): AuditCounts {
    this.#upTo(count + 1)
    return this.counts
  }

  #upTo(number: number): void {
    const missing = number - this.#last - 1
    this.counts.lost += missing
    if (missing > 0) this.holes++
    this.#last = number
  }
}
