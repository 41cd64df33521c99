/**
 * Sends an archive in pieces, in turn through one channel or several. Where memory allows it, a
 * piece is sent while the next is gathered. Knows neither pods nor execs.
 */
import { type Cause, Effect, Option, Queue, Semaphore, Stream } from "effect"
import { PIECE_BYTES } from "../pieces/Piece.ts"

/** Sends one piece, whose memory is reused once it is sent. */
export type SendPiece<E> = (piece: Uint8Array) => Effect.Effect<void, E>

/** A buffer, and how many of its bytes are a piece. */
interface Gathered {
  readonly buffer: Buffer<ArrayBuffer>
  readonly bytes: number
}

type Channels<E> = readonly [SendPiece<E>, ...ReadonlyArray<SendPiece<E>>]

/**
 * How many archives of this process may hold several pieces at a time, which is 24 MiB for two
 * channels. When more are sent at once, each of the others may be slower.
 */
const SPACIOUS = 4
const spacious = Semaphore.makeUnsafe(SPACIOUS)

/**
 * Holds as many pieces at a time as there are `buffers`. Returns when all is sent; fails with the
 * first failure, of the archive or of a channel.
 */
export const sendGathered = Effect.fnUntraced(function* <E>(
  archive: Stream.Stream<Uint8Array, E>,
  channels: Channels<E>,
  buffers: number,
  pieceBytes = PIECE_BYTES
): Effect.fn.Return<void, E> {
  const free = yield* Queue.unbounded<Buffer<ArrayBuffer>>()
  const pieces = yield* Effect.forEach(channels, () => Queue.unbounded<Gathered, Cause.Done>())
  for (let count = 0; count < buffers; count++) yield* Queue.offer(free, Buffer.allocUnsafeSlow(pieceBytes))
  let buffer: Buffer<ArrayBuffer> | undefined
  let bytes = 0
  let turn = 0

  const passOn = Effect.suspend(() => {
    const queue = pieces[turn++ % pieces.length]
    if (buffer === undefined || queue === undefined) return Effect.void
    const gathered = { buffer, bytes }
    buffer = undefined
    bytes = 0
    return Queue.offer(queue, gathered)
  })
  const gather = Effect.fnUntraced(function* (chunk: Uint8Array) {
    for (let rest = chunk; rest.length > 0; ) {
      buffer ??= yield* Queue.take(free)
      const part = rest.subarray(0, pieceBytes - bytes)
      buffer.set(part, bytes)
      bytes += part.length
      rest = rest.subarray(part.length)
      if (bytes === pieceBytes) yield* passOn
    }
  })
  const gatherAll = Stream.runForEach(archive, gather).pipe(
    Effect.andThen(passOn),
    Effect.andThen(Effect.forEach(pieces, (queue) => Queue.end(queue)))
  )
  const sendAll = pieces.map((queue, index) =>
    Stream.runForEach(Stream.fromQueue(queue), ({ bytes, buffer }) =>
      Effect.andThen((channels[index] ?? channels[0])(buffer.subarray(0, bytes)), Queue.offer(free, buffer))
    )
  )
  yield* Effect.all([gatherAll, ...sendAll], { concurrency: "unbounded", discard: true })
  // Freed now: memory outside of the heap would stay until V8 happens to collect it, perhaps as
  // long as the task runs.
  for (const buffer of yield* Queue.takeAll(free)) buffer.buffer.transfer(0)
})

/** Holds nothing, and so uses one channel at a time: the parts of a piece are sent as they come. */
export const sendPassing = <E>(
  archive: Stream.Stream<Uint8Array, E>,
  channels: Channels<E>,
  pieceBytes = PIECE_BYTES
): Effect.Effect<void, E> => {
  let sent = 0
  return Stream.runForEach(
    archive,
    Effect.fnUntraced(function* (chunk) {
      for (let rest = chunk; rest.length > 0; ) {
        const part = rest.subarray(0, pieceBytes - (sent % pieceBytes))
        const send = channels[Math.floor(sent / pieceBytes) % channels.length] ?? channels[0]
        yield* send(part)
        sent += part.length
        rest = rest.subarray(part.length)
      }
    })
  )
}

/** Sends through all channels at once while few archives are being sent; else by `otherwise`. */
export const sendSpaciously = <E>(
  archive: Stream.Stream<Uint8Array, E>,
  channels: Channels<E>,
  otherwise: Effect.Effect<void, E>
): Effect.Effect<void, E> =>
  spacious
    .withPermitsIfAvailable(1)(sendGathered(archive, channels, channels.length + 1))
    .pipe(Effect.flatMap(Option.match({ onNone: () => otherwise, onSome: () => Effect.void })))
