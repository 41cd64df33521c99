/**
 * A container's log as a container runtime keeps it (the CRI format): a file with a line for each
 * record, `TIME stdout|stderr F|P TEXT`. Writes and reads one file; readers follow it by being
 * told, not by polling, and keep no more than a piece of it in memory.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs"
import { Effect, type Scope, Stream } from "effect"
import { logTime, NANOSECONDS } from "../contract/ApiTime.ts"
import type { LogRecord } from "../contract/Runtime.ts"

/**
 * containerd cuts lines here (its max_container_log_line_size), and marks all pieces but the last
 * as partial.
 */
export const PIECE_LIMIT = 16 * 1024
/** As much as a reader takes from the file at once. */
const READ_SIZE = 64 * 1024
const NEWLINE = 0x0a

type StreamName = LogRecord["stream"]

/** Cuts one stream of bytes into pieces of lines. No I/O. */
export class LineCutter {
  #held: Buffer = Buffer.alloc(0)

  /** The pieces that a chunk completes. */
  push(chunk: Uint8Array): ReadonlyArray<{ readonly bytes: Uint8Array; readonly partial: boolean }> {
    const pieces: Array<{ readonly bytes: Uint8Array; readonly partial: boolean }> = []
    let rest = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk])
    while (rest.length > 0) {
      const newline = rest.subarray(0, PIECE_LIMIT + 1).indexOf(NEWLINE)
      if (newline < 0 && rest.length <= PIECE_LIMIT) break
      const length = newline < 0 ? PIECE_LIMIT : newline
      pieces.push({ bytes: rest.subarray(0, length), partial: newline < 0 })
      rest = rest.subarray(newline < 0 ? length : length + 1)
    }
    this.#held = rest
    return pieces
  }

  /** What is left of a last line without a newline, which containerd marks as partial. */
  finish(): Uint8Array {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    return rest
  }
}

/** A record as a line of the file. */
export const formatRecord = ({ bytes, partial, stream, time }: LogRecord): Uint8Array =>
  Buffer.concat([Buffer.from(`${logTime(time)} ${stream} ${partial ? "P" : "F"} `), bytes, Buffer.from("\n")])

/** Length of `2026-01-02T03:04:05.123456789Z`. */
const STAMP_LENGTH = 30

/** Reads a line of the file, without its newline. */
export const parseRecord = (line: Uint8Array): LogRecord => {
  const head = Buffer.from(line.subarray(0, STAMP_LENGTH + 10)).toString("latin1")
  const stream: StreamName = head.startsWith("stdout", STAMP_LENGTH + 1) ? "stdout" : "stderr"
  const seconds = BigInt(Date.parse(`${head.slice(0, 19)}Z`) / 1000)
  return {
    time: seconds * NANOSECONDS + BigInt(head.slice(20, 29)),
    stream,
    partial: head[STAMP_LENGTH + 8] === "P",
    bytes: line.subarray(STAMP_LENGTH + 10)
  }
}

/** Nanoseconds since the epoch, as fine as the clock is. */
const now = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n

export class ContainerLog {
  readonly path: string
  readonly #file: number
  readonly #cutters = { stdout: new LineCutter(), stderr: new LineCutter() }
  readonly #open = new Set<StreamName>(["stdout", "stderr"])
  readonly #waiting = new Set<() => void>()
  #size = 0

  /** Begins a new file. */
  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, "a")
  }

  /** Takes what a stream wrote. */
  append(stream: StreamName, chunk: Uint8Array): void {
    const time = now()
    this.#write(this.#cutters[stream].push(chunk).map((piece) => formatRecord({ ...piece, stream, time })))
  }

  /** A stream has ended; when both have, nothing more is to come. */
  finish(stream: StreamName): void {
    if (!this.#open.delete(stream)) return
    const bytes = this.#cutters[stream].finish()
    this.#write(bytes.length === 0 ? [] : [formatRecord({ bytes, stream, partial: true, time: now() })])
    if (this.#open.size > 0) return
    closeSync(this.#file)
    this.#wake()
  }

  /** The records from the beginning; with `follow` until both streams have ended. */
  read(follow: boolean): Stream.Stream<LogRecord> {
    const opened = Effect.gen({ self: this }, function* (): Effect.fn.Return<
      Stream.Stream<LogRecord>,
      never,
      Scope.Scope
    > {
      const file = yield* Effect.acquireRelease(
        Effect.sync(() => openSync(this.path, "r")),
        (descriptor) => Effect.sync(() => closeSync(descriptor))
      )
      let position = 0
      let rest: Buffer = Buffer.alloc(0)
      let ended = false
      const next: Effect.Effect<ReadonlyArray<LogRecord>> = Effect.gen({ self: this }, function* () {
        while (position === this.#size) {
          if (!follow || this.#open.size === 0) {
            ended = true
            return []
          }
          yield* this.#changed(position)
        }
        const chunk = Buffer.allocUnsafe(Math.min(READ_SIZE, this.#size - position))
        position += readSync(file, chunk, 0, chunk.length, position)
        rest = Buffer.concat([rest, chunk])
        const records: Array<LogRecord> = []
        let from = 0
        for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE, from)) {
          records.push(parseRecord(rest.subarray(from, end)))
          from = end + 1
        }
        rest = rest.subarray(from)
        return records
      })
      return Stream.fromEffectRepeat(next).pipe(
        Stream.takeUntil(() => ended),
        Stream.flattenIterable
      )
    })
    return Stream.unwrap(opened)
  }

  /**
   * The end of the text, at most so many bytes and lines, for the message of a container that left
   * none.
   */
  tail(bytes: number, lines: number): string {
    const records: Array<string> = []
    const file = openSync(this.path, "r")
    // Each line has a head of some 40 bytes; lines of a few bytes make this short, never wrong.
    const chunk = Buffer.alloc(Math.min(this.#size, 4 * bytes + PIECE_LIMIT))
    readSync(file, chunk, 0, chunk.length, this.#size - chunk.length)
    closeSync(file)
    const whole = chunk.length === this.#size ? 0 : chunk.indexOf(NEWLINE) + 1
    for (const line of chunk.subarray(whole).toString("latin1").split("\n")) {
      if (line === "") continue
      const record = parseRecord(Buffer.from(line, "latin1"))
      records.push(Buffer.from(record.bytes).toString("utf8") + (record.partial ? "" : "\n"))
    }
    const text = Buffer.from(
      records
        .join("")
        .match(/[^\n]*\n|[^\n]+$/g)
        ?.slice(-lines)
        .join("") ?? ""
    )
    let from = Math.max(0, text.length - bytes)
    // Not in the middle of a character.
    while (((text[from] ?? 0) & 0b1100_0000) === 0b1000_0000) from += 1
    return text.toString("utf8", from)
  }

  #write(lines: ReadonlyArray<Uint8Array>): void {
    if (lines.length === 0) return
    const bytes = Buffer.concat(lines)
    writeSync(this.#file, bytes)
    this.#size += bytes.length
    this.#wake()
  }

  #wake(): void {
    for (const wake of Array.from(this.#waiting)) wake()
  }

  #changed(position: number): Effect.Effect<void> {
    return Effect.callback<void>((resume) => {
      if (this.#size !== position || this.#open.size === 0) return resume(Effect.void)
      const wake = () => {
        this.#waiting.delete(wake)
        resume(Effect.void)
      }
      this.#waiting.add(wake)
      return Effect.sync(() => this.#waiting.delete(wake))
    })
  }
}
