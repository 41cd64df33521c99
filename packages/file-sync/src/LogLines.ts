/**
 * Cuts a stream of log bytes into lines. No I/O. Works on bytes, so a character that arrives in two chunks stays
 * whole, and what is not UTF-8 is marked rather than lost. Spaces, tabs and carriage returns are kept as they came.
 */

export interface LogLine {
  /** The line without its newline; bytes that are not UTF-8 appear as U+FFFD. */
  readonly text: string
  /** Offset in the stream just behind this line: what a later reader continues from. */
  readonly end: number
  /** A piece of a line longer than the limit; the next line of the stream continues it. */
  readonly continues: boolean
}

/**
 * The longest line kept in one piece, 1 MiB: a line of that length is still a log line, a longer one is data, and
 * memory must not grow with it.
 */
export const LINE_LIMIT = 1024 * 1024

const NEWLINE = 0x0a

/** How many of the last bytes may be the beginning of a UTF-8 character that goes on: at most 3. */
const unfinishedCharacter = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

/** One stream's splitter. `push` returns the lines completed by a chunk, `finish` the last one without a newline. */
export class LogSplitter {
  #parts: Array<Uint8Array> = []
  #held = 0
  #end: number

  /** `offset` is where in the stream the first byte pushed stands. */
  constructor(offset = 0) {
    this.#end = offset
  }

  push(chunk: Uint8Array): ReadonlyArray<LogLine> {
    const lines: Array<LogLine> = []
    let from = 0
    while (true) {
      const newline = chunk.indexOf(NEWLINE, from)
      if (newline < 0) break
      this.#hold(lines, chunk.subarray(from, newline))
      lines.push(this.#take(1, false))
      from = newline + 1
    }
    this.#hold(lines, chunk.subarray(from), true)
    return lines
  }

  finish(): ReadonlyArray<LogLine> {
    return this.#held === 0 ? [] : [this.#take(0, false)]
  }

  /** Keeps bytes of a line that is not complete, and emits pieces of at most LINE_LIMIT. */
  #hold(lines: Array<LogLine>, bytes: Uint8Array, copy = false): void {
    let rest = bytes
    while (this.#held + rest.length > LINE_LIMIT) {
      const piece = Buffer.concat([...this.#parts, rest.subarray(0, LINE_LIMIT - this.#held)])
      const whole = piece.length - unfinishedCharacter(piece)
      rest = Buffer.concat([piece.subarray(whole), rest.subarray(LINE_LIMIT - this.#held)])
      this.#parts = [piece.subarray(0, whole)]
      this.#held = whole
      lines.push(this.#take(0, true))
    }
    if (rest.length === 0) return
    // Chunks belong to the socket's buffer; what outlives the call must not keep 64 KiB alive for a few bytes.
    this.#parts.push(copy ? rest.slice() : rest)
    this.#held += rest.length
  }

  #take(terminator: number, continues: boolean): LogLine {
    const only = this.#parts.length === 1 ? this.#parts[0] : undefined
    const bytes =
      only === undefined ? Buffer.concat(this.#parts) : Buffer.from(only.buffer, only.byteOffset, only.length)
    this.#end += this.#held + terminator
    this.#parts = []
    this.#held = 0
    return { text: bytes.toString("utf8"), end: this.#end, continues }
  }
}
