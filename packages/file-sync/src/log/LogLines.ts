/**
 * Cuts a stream of log bytes into lines. No I/O. Works on bytes, so a character that arrives in two
 * chunks stays whole, and what is not UTF-8 is marked rather than lost. Spaces, tabs and carriage
 * returns are kept as they came.
 */

/**
 * How the last line of a batch ends: by a newline; `continues` in the stream's next batch, because
 * it is longer than `LINE_LIMIT`; or with the `end` of the stream, without a newline.
 */
export type LineEnding = "newline" | "continues" | "end"

/**
 * The beginning of a line that carries values for the driver (`::{json}::`, the whole line). Such a
 * line is a batch of its own, so that there is a cursor right before and right after it: a reader
 * that removes it from the log can still say how far it has read.
 */
export const VALUES_MARK = "::{"

/**
 * Lines that follow each other in one stream; never empty. One object for many lines, because lines
 * come by the million.
 */
export interface LogBatch {
  /**
   * Without their newlines; bytes that are not UTF-8 appear as U+FFFD. All but the last end by a
   * newline.
   */
  readonly lines: ReadonlyArray<string>
  /**
   * Offset in the stream right after the last of them, in bytes: a later reader continues from it.
   */
  readonly end: number
  readonly ending: LineEnding
}

/**
 * The longest line kept in one piece, 1 MiB: a line of that length is still a log line, a longer
 * one is data, and memory must not grow with it.
 */
export const LINE_LIMIT = 1024 * 1024

/**
 * Bytes of the first buffer for the beginning of a line. It is created when there is one: a
 * thousand runs that wait for their pods have no line yet. The smallest that Node does not cut from
 * a pool that other buffers keep alive.
 */
const FIRST_LINE = 4 * 1024

/** A buffer of up to this many bytes is kept for the next line; a larger one is freed. */
const SMALL_LINE = 64 * 1024

const NOTHING = Buffer.alloc(0)

const NEWLINE = 0x0a

/** How many of the last bytes may be the beginning of an unfinished UTF-8 character: at most 3. */
const unfinishedCharacter = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0b1100_0000) === 0b1000_0000) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

/** One stream's splitter. Holds at most one line's beginning, of at most `LINE_LIMIT` bytes. */
export class LogSplitter {
  #held = NOTHING
  #length = 0
  /**
   * Whether a piece of the current line has been returned; its last piece is a batch of its own,
   * too.
   */
  #continued = false
  #end: number

  /** `offset` is the place in the stream of the first byte pushed. */
  constructor(offset = 0) {
    this.#end = offset
  }

  /** Offset after the last line returned. */
  get end(): number {
    return this.#end
  }

  /** The beginning of a line that is not complete yet. */
  get rest(): string {
    return this.#held.toString("utf8", 0, this.#length)
  }

  /** The lines that a chunk completes, in order. Nothing of the chunk is kept. */
  push(chunk: Uint8Array): ReadonlyArray<LogBatch> {
    const batches: Array<LogBatch> = []
    // Within a part no line is longer than the limit, but for the one that is held already.
    for (let from = 0; from < chunk.length; from += LINE_LIMIT)
      this.#part(batches, chunk.subarray(from, from + LINE_LIMIT))
    return batches
  }

  /** The last line, if it has no newline. */
  finish(): LogBatch | undefined {
    if (this.#length === 0) return undefined
    const lines = [this.#take(this.#length)]
    return { lines, end: this.#end, ending: "end" }
  }

  #part(batches: Array<LogBatch>, part: Uint8Array): void {
    const last = part.lastIndexOf(NEWLINE)
    let from = 0
    if (last >= 0) {
      let lines: Array<string> = []
      const close = () => {
        if (lines.length > 0) batches.push({ lines, end: this.#end, ending: "newline" })
        lines = []
      }
      const add = (line: string, bytes: number, alone: boolean) => {
        if (alone) close()
        lines.push(line)
        this.#end += bytes
        if (alone) close()
      }
      if (this.#length > 0 || this.#continued) {
        from = part.indexOf(NEWLINE) + 1
        this.#hold(batches, part.subarray(0, from - 1))
        const line = this.#take(this.#length)
        add(line, 1, this.#continued || line.startsWith(VALUES_MARK))
        this.#continued = false
      }
      if (from <= last) {
        // A newline is never part of a character, so splitting the text gives what splitting the
        // bytes would.
        const text = Buffer.from(part.buffer, part.byteOffset + from, last - from).toString("utf8")
        if (!text.startsWith(VALUES_MARK) && !text.includes(`\n${VALUES_MARK}`)) {
          for (const line of text.split("\n")) lines.push(line)
          this.#end += last + 1 - from
        } else {
          // Where each line ends is known by its bytes alone: what is not UTF-8 has another length
          // as text.
          for (const line of text.split("\n")) {
            const next = part.indexOf(NEWLINE, from) + 1
            add(line, next - from, line.startsWith(VALUES_MARK))
            from = next
          }
        }
      }
      close()
    }
    this.#hold(batches, part.subarray(last + 1))
  }

  /** Keeps a copy of an incomplete line's bytes, and returns pieces of at most `LINE_LIMIT`. */
  #hold(batches: Array<LogBatch>, bytes: Uint8Array): void {
    let rest = bytes
    while (this.#length + rest.length > LINE_LIMIT) {
      const room = LINE_LIMIT - this.#length
      this.#append(rest.subarray(0, room))
      rest = rest.subarray(room)
      const whole = this.#length - unfinishedCharacter(this.#held.subarray(0, this.#length))
      batches.push({ lines: [this.#take(whole)], end: this.#end, ending: "continues" })
      this.#continued = true
    }
    this.#append(rest)
  }

  #append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.length
    if (needed > this.#held.length) {
      const larger = Buffer.allocUnsafe(Math.min(LINE_LIMIT, Math.max(needed, 2 * this.#held.length, FIRST_LINE)))
      this.#held.copy(larger, 0, 0, this.#length)
      this.#held = larger
    }
    this.#held.set(bytes, this.#length)
    this.#length = needed
  }

  /** The text of the first held bytes; the rest (the beginning of a character) stays held. */
  #take(bytes: number): string {
    const text = this.#held.toString("utf8", 0, bytes)
    const left = this.#held.subarray(bytes, this.#length)
    if (this.#held.length > SMALL_LINE && left.length === 0) this.#held = NOTHING
    this.#held.set(left)
    this.#length = left.length
    this.#end += bytes
    return text
  }
}
