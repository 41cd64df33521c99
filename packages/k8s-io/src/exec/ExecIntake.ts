/**
 * Takes what an exec's WebSocket receives straight off its socket, into memory that is used again,
 * and leaves to `ws` the handshake and the frames that are about the connection. What `ws` itself
 * makes of 1 GiB is a buffer for every 16 KiB of TLS and another for every message: garbage outside
 * the heap, for which V8 goes over all of the heap every 30 to 60 MB (measured: 2 s of the 5.3 s of
 * CPU that 1 GiB takes to come). Where a proxy is in between, the socket is not ours and `ws` does
 * it all.
 */
import type { Socket } from "node:net"
import { type FrameTaker, ServerFrames } from "./ServerFrames.ts"

/** Of a channel that says little: a handshake's headers and some records. */
const SMALL_ROOM = 4 * 1024

/** Of one that fills what it is given: several TLS records of 16 KiB. */
const ROOM = 64 * 1024

/** The part of a room that is not worth a read of its own. */
const REST = 1 / 16

/** Rooms that are kept for use: as much as is unread at most before the socket is paused. */
const SPARE_ROOMS = 16

const HEADERS_END = Buffer.from("\r\n\r\n")

/** What the owner of an intake hears from it, and is asked. */
export interface ExecIntakeEvents {
  /**
   * See `FrameTaker.part`; tells whether the bytes are kept. Then their memory is used again after
   * the second `take` from now.
   */
  readonly part: (...part: Parameters<FrameTaker["part"]>) => boolean
  /** The server sent what no server may send. */
  readonly broken: () => void
  /** Whether `ws` has taken the response to its handshake for a good one. */
  readonly isUpgraded: () => boolean
}

/** The receiving side of one exec's socket. */
export class ExecIntake {
  #events: ExecIntakeEvents | undefined
  #socket: Socket | undefined
  readonly #frames = new ServerFrames()
  #stage: "headers" | "frames" | "other" = "headers"
  /** Bytes of `HEADERS_END` that have come. */
  #ending = 0
  #room: Buffer = Buffer.alloc(0)
  #filled = 0
  /**
   * Whether the last read was one that a small room would not hold, or would have been with more
   * space.
   */
  #isFast = false
  /** Whether the reader may have to do with bytes of the current room. */
  #isLent = false
  /** Buffers filled since the last `take`; buffers still lent to the reader; free buffers. */
  #full: Array<Buffer> = []
  #lent: Array<Buffer> = []
  readonly #spare: Array<Buffer> = []

  /** For the options of the socket, which then gives what it reads to this and to nobody else. */
  readonly onread = {
    buffer: (): Uint8Array => this.#space(),
    callback: this.#callback()
  }

  /** To be called before the socket is connected. */
  listen(events: ExecIntakeEvents): void {
    this.#events = events
  }

  /** The reader has done with what it took before, and takes all that there is now. */
  take(): void {
    for (const room of this.#lent) if (this.#spare.length < SPARE_ROOMS && room.length === ROOM) this.#spare.push(room)
    this.#lent = this.#full
    this.#full = []
  }

  #space(): Uint8Array {
    const size = this.#isFast ? ROOM : SMALL_ROOM
    if (this.#room.length - this.#filled <= this.#room.length * REST) {
      if (this.#isLent || this.#room.length < size) {
        if (this.#isLent) this.#full.push(this.#room)
        this.#room = (size === ROOM ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafeSlow(size)
      }
      this.#filled = 0
      this.#isLent = false
    }
    return this.#room.subarray(this.#filled)
  }

  #callback() {
    const receive = (socket: Socket, count: number) => {
      this.#socket = socket
      const bytes = this.#room.subarray(this.#filled, this.#filled + count)
      this.#filled += count
      this.#isFast = count >= SMALL_ROOM || this.#filled === this.#room.length
      this.#receive(bytes)
    }
    // Called as a method of the socket.
    return function (this: Socket, count: number): boolean {
      receive(this, count)
      return true
    }
  }

  #receive(bytes: Buffer): void {
    if (this.#stage === "frames") {
      if (this.#frames.push(bytes, this.#taker)) return
      this.#stage = "other"
      this.#events?.broken()
      return
    }
    const end = this.#stage === "headers" ? this.#headersEnd(bytes) : bytes.length
    this.#leave(bytes.subarray(0, end))
    if (this.#stage === "other" || this.#ending < HEADERS_END.length) return
    this.#stage = this.#events?.isUpgraded() === true ? "frames" : "other"
    if (end < bytes.length) this.#receive(bytes.subarray(end))
  }

  readonly #taker: FrameTaker = {
    part: (bytes, isFirst, isLast) => {
      if (this.#events?.part(bytes, isFirst, isLast) === true) this.#isLent = true
    },
    control: (bytes) => this.#leave(bytes)
  }

  /** Gives bytes to `ws`, which may keep them. */
  #leave(bytes: Uint8Array): void {
    this.#socket?.emit("data", Buffer.from(bytes))
  }

  /** The place after the response's headers, or the end. */
  #headersEnd(bytes: Uint8Array): number {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]
      this.#ending = byte === HEADERS_END[this.#ending] ? this.#ending + 1 : byte === HEADERS_END[0] ? 1 : 0
      if (this.#ending === HEADERS_END.length) return at + 1
    }
    return bytes.length
  }
}
