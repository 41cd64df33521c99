/**
 * Carries bytes one way, as fast as the slower side takes them, until a trip: at a byte, at the end
 * of the message after it, or after a time. The bytes before it have been handed on then, none
 * after it are, and the trip's action says what becomes of the connection.
 */
import type { Readable, Writable } from "node:stream"
import type { MessageEnds } from "./MessageEnds.ts"

/** A place in the bytes, and what happens there, once. */
export interface Trip {
  /** With neither, at the first byte. */
  readonly afterBytes: number | undefined
  readonly afterMillis: number | undefined
  /** Go on to where a message ends; without it any byte will do. */
  readonly ends: MessageEnds | undefined
  readonly act: () => void
}

export class Forwarding {
  private readonly source: Readable
  private readonly sink: Writable
  private readonly trip: Trip | undefined
  private readonly told: ((bytes: Uint8Array) => void) | undefined
  private passed = 0
  /** Trips at the first possible place at or after this byte. */
  private threshold: number
  private atEnd = true
  private tripped = false
  private held = false
  private choked = false
  private timer: NodeJS.Timeout | undefined

  /** `told` hears of all bytes that are handed on. */
  constructor(source: Readable, sink: Writable, trip?: Trip, told?: (bytes: Uint8Array) => void) {
    this.source = source
    this.sink = sink
    this.trip = trip
    this.told = told
    this.threshold = trip?.afterBytes ?? (trip?.afterMillis === undefined ? 0 : Number.POSITIVE_INFINITY)
    source.on("data", this.onData)
    sink.on("drain", this.onDrain)
    sink.on("close", this.stop)
    source.on("close", this.stop)
    if (trip?.afterMillis !== undefined) this.timer = setTimeout(this.onTime, trip.afterMillis)
    else if (this.threshold === 0) queueMicrotask(() => this.fire())
  }

  /** Holds back what comes from now on. */
  readonly hold = (): void => {
    this.held = true
    this.source.pause()
  }

  /** Goes on after `hold`; a trip does not happen twice. */
  readonly release = (): void => {
    this.held = false
    if (!this.choked) this.source.resume()
  }

  /**
   * Takes the place of a sink that is gone: reads on and forgets, so that the source does not
   * notice.
   */
  readonly discard = (): void => {
    this.stop()
    this.source.on("data", () => undefined)
    this.source.resume()
  }

  readonly stop = (): void => {
    clearTimeout(this.timer)
    this.source.off("data", this.onData)
    this.sink.off("drain", this.onDrain)
  }

  private readonly fire = (): void => {
    if (this.tripped) return
    this.tripped = true
    clearTimeout(this.timer)
    this.trip?.act()
  }

  private readonly onTime = (): void => {
    this.threshold = this.passed
    if (this.atEnd || this.trip?.ends === undefined) this.fire()
  }

  private readonly onDrain = (): void => {
    this.choked = false
    if (!this.held) this.source.resume()
  }

  private write(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.passed += chunk.length
    this.told?.(chunk)
    if (this.sink.write(chunk)) return
    this.choked = true
    this.source.pause()
  }

  private readonly onData = (chunk: Buffer): void => {
    const { ends } = this.trip ?? {}
    const found = this.tripped || ends === undefined ? undefined : ends(chunk)
    const place = this.tripped ? undefined : this.placeIn(chunk, found)
    if (found !== undefined) this.atEnd = found.at(-1) === chunk.length
    if (place === undefined) {
      this.write(chunk)
      return
    }
    this.write(chunk.subarray(0, place))
    this.fire()
    // A stall goes on here some day, so the rest waits its turn.
    if (place < chunk.length && !this.source.destroyed) this.source.unshift(chunk.subarray(place))
  }

  /** Where in a chunk the trip is. */
  private placeIn(chunk: Uint8Array, ends: ReadonlyArray<number> | undefined): number | undefined {
    if (this.trip === undefined) return undefined
    const wanted = this.threshold - this.passed
    if (ends !== undefined) return ends.find((end) => end >= wanted)
    return wanted <= chunk.length ? Math.max(0, wanted) : undefined
  }
}
