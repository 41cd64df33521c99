/**
 * Tells the frames of a WebSocket apart as a server sends them (RFC 6455 5.2): what they carry goes
 * one way, and frames about the connection itself another. Pure, keeps no bytes but those of a
 * header, and gives out parts of what it is given.
 */

/** Where the parts of frames go. */
export interface FrameTaker {
  /** A part of a message, which may be in many, and in several frames. */
  readonly part: (bytes: Uint8Array, isFirst: boolean, isLast: boolean) => void
  /** A part of a ping, a pong or a close, with its header. */
  readonly control: (bytes: Uint8Array) => void
}

const LONGEST_HEADER = 10
const LARGEST_CONTROL = 125
const CONTINUATION = 0
const BINARY = 2
const CLOSE = 8
const PONG = 10
const IS_LAST = 0x80
const EXTENSIONS = 0x70
const IS_MASKED = 0x80
const LENGTH = 0x7f

/** Reads the frames of one connection, from its first byte after the handshake on. */
export class ServerFrames {
  readonly #header = Buffer.alloc(LONGEST_HEADER)
  #headerBytes = 0
  /** Bytes of the frame's payload that are still to come. */
  #left = 0
  #isControl = false
  #isLastFrame = false
  /** A message has begun and is not at its end; of which a byte has come already. */
  #hasMessage = false
  #hasBytes = false

  /** Takes what has come; false when no server may send that. */
  push(chunk: Uint8Array, taker: FrameTaker): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) {
        this.#header[this.#headerBytes++] = chunk[at++] ?? 0
        if (this.#headerBytes < this.#headerLength()) continue
        if (!this.#begin(taker)) return false
        this.#headerBytes = 0
        if (this.#left > 0 || this.#isControl) continue
        this.#part(new Uint8Array(0), taker)
        continue
      }
      const part = chunk.subarray(at, at + this.#left)
      at += part.length
      this.#left -= part.length
      if (this.#isControl) taker.control(part)
      else this.#part(part, taker)
    }
    return true
  }

  #headerLength(): number {
    if (this.#headerBytes < 2) return 2
    const length = (this.#header[1] ?? 0) & LENGTH
    return length === 127 ? 10 : length === 126 ? 4 : 2
  }

  #begin(taker: FrameTaker): boolean {
    const header = this.#header
    const [first = 0, second = 0] = header
    if ((first & EXTENSIONS) !== 0 || (second & IS_MASKED) !== 0) return false
    const opcode = first & 0x0f
    const length = second & LENGTH
    this.#left =
      length === 127
        ? header.readUInt32BE(2) * 2 ** 32 + header.readUInt32BE(6)
        : length === 126
          ? header.readUInt16BE(2)
          : length
    const isLast = (first & IS_LAST) !== 0
    this.#isControl = opcode >= CLOSE
    if (this.#isControl) {
      if (opcode > PONG || !isLast || this.#left > LARGEST_CONTROL) return false
      taker.control(Uint8Array.from(header.subarray(0, this.#headerBytes)))
      return true
    }
    if (opcode > BINARY || (opcode === CONTINUATION) !== this.#hasMessage) return false
    this.#isLastFrame = isLast
    if (!this.#hasMessage) this.#hasBytes = false
    this.#hasMessage = true
    return true
  }

  #part(bytes: Uint8Array, taker: FrameTaker): void {
    const isLast = this.#isLastFrame && this.#left === 0
    if (isLast) this.#hasMessage = false
    if (bytes.length === 0 && !isLast) return
    taker.part(bytes, !this.#hasBytes, isLast)
    this.#hasBytes = true
  }
}
