/** Keeps the last lines of a command's log, for the diagnosis of one that failed. Bounded. */

/** A stack trace's end and the error after it. */
const LINES = 10
/** Characters of a line; whole lines are in the log. */
const LINE_CHARACTERS = 400

const bounded = (line: string): string => (line.length <= LINE_CHARACTERS ? line : `${line.slice(0, LINE_CHARACTERS)}…`)

/** The last ten lines of a text, each of at most 400 characters. */
export const lastLinesOf = (lines: ReadonlyArray<string>): ReadonlyArray<string> => lines.slice(-LINES).map(bounded)

export class LogTail {
  readonly #kept: Record<"stdout" | "stderr", ReadonlyArray<string>> = { stdout: [], stderr: [] }

  /** Further lines, as they were reported. */
  add(stream: "stdout" | "stderr", lines: ReadonlyArray<string>): void {
    this.#kept[stream] = lastLinesOf([...this.#kept[stream], ...lines.slice(-LINES)])
  }

  /** What was last on stderr, or on stdout where nothing was on stderr. */
  get lines(): ReadonlyArray<string> {
    return this.#kept.stderr.length > 0 ? this.#kept.stderr : this.#kept.stdout
  }
}
