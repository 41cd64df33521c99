/**
 * Joins the lines of several `pods/log` reads into one log: each line once, and a gap reported
 * where lines may be missing. Pure.
 *
 * The kubelet knows no offsets. `sinceTime` is cut to whole seconds on its way to it, so a new read
 * repeats lines; times are neither unique nor surely in order (stdout and stderr are stamped
 * apart). A new read is therefore skipped up to the last line taken, which is identified by its
 * time, its place among the lines of that time and its text. If that line is no longer served, its
 * file has been rotated away. Memory is that of one line, however many lines a second has.
 */
import { createHash } from "node:crypto"
import type { KubeletCursor, LogGap } from "./LogEvent.ts"
import { VALUES_MARK } from "./LogLines.ts"

/**
 * RFC 3339 with nanoseconds and one space, as the kubelet writes it before every line; UTC or with
 * the node's offset.
 */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) /

/**
 * Two streams' stamps may be in the file in the wrong order by as long as a thread of the runtime
 * is held up between reading the clock and writing. Reads begin this much earlier, so that a line
 * of the second before is not left out.
 */
const DISORDER_MS = 100

/**
 * The kubelet checks this often whether to rotate (`containerLogMonitorInterval`), so a file that
 * rotates away spans as long.
 */
const ROTATION_MS = 10_000

/** A file that rotates is at least this long, in bytes (`containerLogMaxSize`). */
const ROTATION_BYTES = 10 * 1024 * 1024

/** A stamp in UTC with nine decimals, so that texts compare as times do. */
const comparable = (seconds: string, fraction: string, zone: string): string => {
  const utc = zone === "Z" ? seconds : new Date(Date.parse(`${seconds}${zone}`)).toISOString().slice(0, 19)
  return `${utc}.${fraction.padEnd(9, "0")}Z`
}

/**
 * Where a stamp's decimals begin, and where one in UTC with nine of them ends: as kubelets write
 * them (`RFC3339NanoFixed`).
 */
const DECIMALS = 20
const STAMP_END = 30

/**
 * Whether a line begins with a stamp in UTC of the second that `second` (up to the point) names:
 * most lines do, and by the million.
 */
const isOfSecond = (line: string, second: string): boolean => {
  if (second === "" || !line.startsWith(second) || line[STAMP_END - 1] !== "Z" || line[STAMP_END] !== " ") return false
  for (let at = DECIMALS; at < STAMP_END - 1; at++) {
    const digit = line.charCodeAt(at)
    if (digit < 0x30 || digit > 0x39) return false
  }
  return true
}

/**
 * As much of a comparable stamp as is the same within `ROTATION_MS`: all but the last digit of the
 * seconds.
 */
const TENS_OF_SECONDS = 18

const milliseconds = (time: string): number => Date.parse(`${time.slice(0, 23)}Z`)

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16)

/**
 * Lines that follow each other without a gap between them; one that carries values (`VALUES_MARK`)
 * is alone.
 */
export interface KubeletRun {
  /** Lines may be missing before the first one. */
  readonly gap: LogGap | undefined
  readonly lines: Array<string>
  /** After the last of them. */
  readonly cursor: KubeletCursor
}

export class KubeletLines {
  #last: { readonly time: string; readonly text: string | undefined; readonly sha256: string | undefined } | undefined
  #newest = ""
  #nth = 0
  #bytes = 0
  /** While a new read is being skipped: how many lines of the last line's time it has given. */
  #skipped: number | undefined
  #reading = ""
  /** The second of the last stamp that was read, up to its point. */
  #second = ""

  /** Continues after a cursor, or begins. */
  constructor(cursor?: KubeletCursor) {
    if (cursor === undefined) return
    this.#last = { time: cursor.time, text: undefined, sha256: cursor.sha256 }
    this.#newest = cursor.newest
    this.#nth = cursor.nth
    this.#bytes = cursor.bytes
  }

  /** The last line taken; undefined before the first. */
  get cursor(): KubeletCursor | undefined {
    if (this.#last === undefined) return undefined
    const { sha256, text, time } = this.#last
    return {
      _tag: "kubelet",
      time,
      newest: this.#newest,
      nth: this.#nth,
      sha256: sha256 ?? digest(text ?? ""),
      bytes: this.#bytes
    }
  }

  /** Where the next read begins; undefined for the log's beginning. */
  get sinceTime(): string | undefined {
    if (this.#last === undefined) return undefined
    return `${new Date(milliseconds(this.#last.time) - DISORDER_MS).toISOString().slice(0, 19)}Z`
  }

  /** A new read begins, from `sinceTime`. */
  reopen(): void {
    this.#reading = ""
    this.#skipped = this.#last === undefined ? undefined : 0
  }

  /**
   * Takes lines as served and gives those that are new, in order. `quietMs`: for how long nothing
   * had arrived before the first of them did.
   */
  take(served: ReadonlyArray<string>, quietMs: number): ReadonlyArray<KubeletRun> {
    const runs: Array<KubeletRun> = []
    let gap: LogGap | undefined
    let lines: Array<string> = []
    const close = () => {
      const { cursor } = this
      if (lines.length === 0 || cursor === undefined) return
      runs.push({ gap, lines, cursor })
      gap = undefined
      lines = []
    }
    served.forEach((line, index) => {
      const { text, time } = this.#read(line)
      if (this.#isRepeated(time, text)) return
      const before = this.#gapBefore(time, index === 0 ? quietMs : 0)
      if (before !== undefined) {
        close()
        gap = before
      }
      const alone = text.startsWith(VALUES_MARK)
      if (alone) close()
      this.#accept(time, text)
      lines.push(text)
      if (alone) close()
    })
    close()
    return runs
  }

  #read(line: string): { readonly text: string; readonly time: string } {
    if (isOfSecond(line, this.#second)) {
      this.#reading = line.slice(0, STAMP_END)
      return { text: line.slice(STAMP_END + 1), time: this.#reading }
    }
    const stamp = STAMP.exec(line)
    // The middle of a line that is longer than one piece is of its beginning's time.
    this.#reading =
      stamp === null ? this.#reading || this.#newest : comparable(stamp[1] ?? "", stamp[2] ?? "", stamp[3] ?? "")
    this.#second = this.#reading.slice(0, DECIMALS)
    return { text: stamp === null ? line : line.slice(stamp[0].length), time: this.#reading }
  }

  #isRepeated(time: string, text: string): boolean {
    const last = this.#last
    if (last === undefined || this.#skipped === undefined) return false
    if (time === last.time) {
      this.#skipped++
      const same = last.text === undefined ? digest(text) === last.sha256 : text === last.text
      if (this.#skipped === this.#nth && same) this.#skipped = undefined
      return true
    }
    return time <= this.#newest
  }

  #accept(time: string, text: string): void {
    this.#nth = time === this.#last?.time ? this.#nth + 1 : 1
    this.#last = { time, text, sha256: undefined }
    if (time > this.#newest) this.#newest = time
    this.#bytes += Buffer.byteLength(text) + 1
  }

  /** What may be missing before a line that is new. */
  #gapBefore(time: string, quietMs: number): LogGap | undefined {
    const after = this.#last?.time
    if (after === undefined) return undefined
    // A new read has passed the last line's place without meeting it.
    if (this.#skipped !== undefined) {
      this.#skipped = undefined
      return { after, before: time, cause: "rotated" }
    }
    // A whole file may have rotated away while the one before it was being read.
    if (this.#bytes < ROTATION_BYTES || time.slice(0, TENS_OF_SECONDS) === after.slice(0, TENS_OF_SECONDS))
      return undefined
    const jump = milliseconds(time) - milliseconds(after)
    if (jump < ROTATION_MS || quietMs >= jump / 2) return undefined
    return { after, before: time, cause: "overtaken" }
  }
}
