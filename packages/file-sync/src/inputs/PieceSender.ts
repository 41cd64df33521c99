/**
 * Sends an archive in pieces, in turn through one channel or several. Where memory allows it, one is on its way while the next is
 * gathered. Knows neither pods nor execs.
 */
import { type Cause, Effect, Option, Queue, Semaphore, Stream } from "effect"
import { PIECE_BYTES } from "../pieces/Piece.ts"

/** Sends one piece, whose memory is used again once that is done. */
export type SendPiece<E> = (piece: Uint8Array) => Effect.Effect<void, E>

/** A room and how much of it is a piece. */
interface Gathered {
  readonly room: Buffer<ArrayBuffer>
  readonly bytes: number
}

type Channels<E> = readonly [SendPiece<E>, ...ReadonlyArray<SendPiece<E>>]

/**
 * Archives of this process that may hold several pieces at a time, which for two channels are 24 MiB. Where more are sent at once,
 * the others need not be fast each.
 */
const SPACIOUS = 4
const spacious = Semaphore.makeUnsafe(SPACIOUS)

/** Holds so many pieces at a time. Returns when all is sent; fails with the first failure, be it the archive's or a channel's. */
export const sendGathered = Effect.fnUntraced(function* <E>(
  archive: Stream.Stream<Uint8Array, E>,
  channels: Channels<E>,
  rooms: number,
  pieceBytes = PIECE_BYTES
): Effect.fn.Return<void, E> {
  const free = yield* Queue.unbounded<Buffer<ArrayBuffer>>()
  const pieces = yield* Effect.forEach(channels, () => Queue.unbounded<Gathered, Cause.Done>())
  for (let count = 0; count < rooms; count++) yield* Queue.offer(free, Buffer.allocUnsafeSlow(pieceBytes))
  let room: Buffer<ArrayBuffer> | undefined
  let bytes = 0
  let turn = 0

  const handOn = Effect.suspend(() => {
    const queue = pieces[turn++ % pieces.length]
    if (room === undefined || queue === undefined) return Effect.void
    const gathered = { room, bytes }
    room = undefined
    bytes = 0
    return Queue.offer(queue, gathered)
  })
  const gather = Effect.fnUntraced(function* (chunk: Uint8Array) {
    for (let rest = chunk; rest.length > 0; ) {
      room ??= yield* Queue.take(free)
      const part = rest.subarray(0, pieceBytes - bytes)
      room.set(part, bytes)
      bytes += part.length
      rest = rest.subarray(part.length)
      if (bytes === pieceBytes) yield* handOn
    }
  })
  const gatherAll = Stream.runForEach(archive, gather).pipe(
    Effect.andThen(handOn),
    Effect.andThen(Effect.forEach(pieces, (queue) => Queue.end(queue)))
  )
  const sendAll = pieces.map((queue, index) =>
    Stream.runForEach(Stream.fromQueue(queue), ({ bytes, room }) =>
      Effect.andThen((channels[index] ?? channels[0])(room.subarray(0, bytes)), Queue.offer(free, room))
    )
  )
  yield* Effect.all([gatherAll, ...sendAll], { concurrency: "unbounded", discard: true })
  // All is sent: memory outside of the heap would stay for as long as nothing makes V8 look for it, as long as a task runs.
  for (const room of yield* Queue.takeAll(free)) room.buffer.transfer(0)
})

/** Holds nothing, and so uses one channel at a time: each takes the parts of its pieces as they come. */
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

/** Sends so that all channels are in use at once, while few archives are sent; else by `otherwise`. */
export const sendSpaciously = <E>(
  archive: Stream.Stream<Uint8Array, E>,
  channels: Channels<E>,
  otherwise: Effect.Effect<void, E>
): Effect.Effect<void, E> =>
  spacious
    .withPermitsIfAvailable(1)(sendGathered(archive, channels, channels.length + 1))
    .pipe(Effect.flatMap(Option.match({ onNone: () => otherwise, onSome: () => Effect.void })))
