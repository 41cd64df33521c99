/**
 * Makes the lines of several `pods/log` reads one log without repetition. Pure.
 *
 * `sinceTime` is cut to whole seconds on its way to the kubelet, so a new read repeats the last second. Timestamps are
 * neither unique nor surely monotonic, so a repeated line is told by timestamp and text together, counted.
 */

/** RFC 3339 with nanoseconds and one space, as the kubelet writes it before every line. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) /

export class KubeletLogCursor {
  #second: string | undefined
  #taken = new Map<string, number>()
  #repeated = new Map<string, number>()

  /** Where the next read begins: the whole second of the last line; undefined for the log's beginning. */
  get sinceTime(): string | undefined {
    return this.#second === undefined ? undefined : `${this.#second}Z`
  }

  /** A new read begins, from `sinceTime`. */
  reopen(): void {
    this.#repeated = new Map(this.#taken)
  }

  /** The text of a stamped line; undefined when an earlier read has delivered it. */
  take(line: string): string | undefined {
    const stamp = STAMP.exec(line)
    // Two streams' partial records can be glued behind one stamp; what has none is a line all the same.
    if (stamp === null) return line
    const repeats = this.#repeated.get(line) ?? 0
    if (repeats > 0) {
      this.#repeated.set(line, repeats - 1)
      return undefined
    }
    const second = stamp[1]
    if (second !== this.#second) {
      this.#second = second
      this.#taken = new Map()
    }
    this.#taken.set(line, (this.#taken.get(line) ?? 0) + 1)
    return line.slice(stamp[0].length)
  }
}
