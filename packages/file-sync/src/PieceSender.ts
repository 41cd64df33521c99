/**
 * Sends an archive in pieces, in turn through one channel or several, so that one is on its way while the next is gathered. Holds
 * a piece for each channel and one more. Knows neither pods nor execs.
 */
import { type Cause, Effect, Queue, Stream } from "effect"
import { PIECE_BYTES } from "./SessionScript.ts"

/** Sends one piece, whose memory is used again once that is done. */
export type SendPiece<E> = (piece: Uint8Array) => Effect.Effect<void, E>

/** A room and how much of it is a piece. */
interface Gathered {
  readonly room: Buffer
  readonly bytes: number
}

/** Returns when all is sent; fails with the first failure, be it the archive's or a channel's. */
export const sendPieces = Effect.fnUntraced(function* <E>(
  archive: Stream.Stream<Uint8Array, E>,
  channels: readonly [SendPiece<E>, ...ReadonlyArray<SendPiece<E>>],
  pieceBytes = PIECE_BYTES
): Effect.fn.Return<void, E> {
  const free = yield* Queue.unbounded<Buffer>()
  const pieces = yield* Effect.forEach(channels, () => Queue.unbounded<Gathered, Cause.Done>())
  for (let rooms = 0; rooms <= pieces.length; rooms++) yield* Queue.offer(free, Buffer.allocUnsafeSlow(pieceBytes))
  let room: Buffer | undefined
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
})
