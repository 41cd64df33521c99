import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, Stream } from "effect"
import { sendPieces } from "../src/PieceSender.ts"

/** Chunks of the given lengths, all in one memory that is written over for each, as those of an archive are. */
const chunksOf = (lengths: ReadonlyArray<number>): Stream.Stream<Uint8Array> => {
  let at = 0
  const memory = new Uint8Array(Math.max(1, ...lengths))
  return Stream.fromIterable(lengths).pipe(
    Stream.rechunk(1),
    Stream.map((length) => {
      for (let index = 0; index < length; index++) memory[index] = at++ % 251
      return memory.subarray(0, length)
    })
  )
}

const bytesOf = (lengths: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from({ length: lengths.reduce((sum, length) => sum + length, 0) }, (_, at) => at % 251)

describe("sendPieces", () => {
  const lengths = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })))
  const small = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 16 }))
  const channels = Schema.Literals([1, 2])
  it.effect.prop(
    "sends whole pieces in turn, whatever chunks they come in and however slow a channel is",
    { lengths, pieceBytes: small, channels, slow: Schema.Boolean },
    ({ channels, lengths, pieceBytes, slow }) =>
      Effect.gen(function* () {
        const taken: ReadonlyArray<Array<ReadonlyArray<number>>> = Array.from({ length: channels }, () => [])
        const [first, ...others] = taken.map(
          (pieces, channel) => (piece: Uint8Array) =>
            // Read late, so that memory which is used again too early shows.
            Effect.andThen(
              slow && channel === 0 ? Effect.yieldNow.pipe(Effect.repeat({ times: 5 })) : Effect.yieldNow,
              () => Effect.sync(() => pieces.push([...piece]))
            )
        )
        if (first === undefined) return assert.fail("no channel")
        yield* sendPieces(chunksOf(lengths), [first, ...others], pieceBytes)
        const expected = bytesOf(lengths)
        const count = Math.ceil(expected.length / pieceBytes)
        const pieces = Array.from({ length: count }, (_, turn) => taken[turn % channels]?.[Math.floor(turn / channels)])
        assert.deepStrictEqual(
          pieces,
          Array.from({ length: count }, (_, turn) => expected.slice(turn * pieceBytes, (turn + 1) * pieceBytes))
        )
        assert.strictEqual(taken.flat().length, count)
      })
  )

  it.effect("fails when one channel does, although the other takes nothing any more", () =>
    Effect.gen(function* () {
      const sending = sendPieces(
        chunksOf(Array.from({ length: 100 }, () => 10)),
        [() => Effect.never, () => Effect.fail("cut")],
        10
      )
      assert.deepStrictEqual(yield* Effect.exit(sending), Exit.fail("cut"))
    })
  )
})
