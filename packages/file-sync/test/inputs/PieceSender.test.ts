import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Schema, Stream } from "effect"
import { type SendPiece, sendGathered, sendPassing, sendSpaciously } from "../../src/inputs/PieceSender.ts"

/**
 * Chunks of the given lengths, all in one memory that is written over for each, as those of an
 * archive are.
 */
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

const lengths = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })))
const small = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 16 }))
const channels = Schema.Literals([1, 2])

describe("sendGathered", () => {
  it.effect.prop(
    "sends whole pieces in turn, whatever chunks they come in and however slow a channel is",
    { lengths, pieceBytes: small, channels, rooms: Schema.Literals([1, 2, 3]), slow: Schema.Boolean },
    ({ channels, lengths, pieceBytes, rooms, slow }) =>
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
        yield* sendGathered(chunksOf(lengths), [first, ...others], rooms, pieceBytes)
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

  it.effect("gives its memory back when all is sent, without waiting for a garbage collection", () =>
    Effect.gen(function* () {
      const memories = new Set<ArrayBufferLike>()
      const take = (piece: Uint8Array) => Effect.sync(() => memories.add(piece.buffer))
      yield* sendGathered(chunksOf([10, 10, 10, 10, 5]), [take, take], 3, 10)
      assert.isAbove(memories.size, 1)
      for (const memory of memories) assert.strictEqual(memory.byteLength, 0)
    })
  )

  it.effect("fails when one channel does, although the other takes nothing any more", () =>
    Effect.gen(function* () {
      const channels = [() => Effect.never, () => Effect.fail("cut")] as const
      const sending = sendGathered(chunksOf(Array.from({ length: 100 }, () => 10)), channels, 3, 10)
      assert.deepStrictEqual(yield* Effect.exit(sending), Exit.fail("cut"))
    })
  )
})

describe("sendPassing", () => {
  it.effect.prop(
    "gives each channel the bytes of its pieces, whatever chunks they come in",
    { lengths, pieceBytes: small, channels },
    ({ channels, lengths, pieceBytes }) =>
      Effect.gen(function* () {
        const taken: ReadonlyArray<Array<number>> = Array.from({ length: channels }, () => [])
        const [first, ...others] = taken.map(
          (bytes): SendPiece<never> =>
            (part) =>
              Effect.sync(() => bytes.push(...part))
        )
        if (first === undefined) return assert.fail("no channel")
        yield* sendPassing(chunksOf(lengths), [first, ...others], pieceBytes)
        const expected: ReadonlyArray<Array<number>> = Array.from({ length: channels }, () => [])
        for (const [at, byte] of bytesOf(lengths).entries())
          expected[Math.floor(at / pieceBytes) % channels]?.push(byte)
        assert.deepStrictEqual(taken, expected)
      })
  )
})

describe("sendSpaciously", () => {
  it.effect("lets no more than four archives hold pieces at a time, and sends the others otherwise", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const ways: Array<string> = []
      const send = sendSpaciously(
        chunksOf([10]),
        [
          () =>
            Effect.andThen(
              Deferred.await(gate),
              Effect.sync(() => ways.push("gathered"))
            )
        ],
        Effect.sync(() => ways.push("otherwise"))
      )
      const sending = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 7 }, () => send),
          { concurrency: "unbounded" }
        )
      )
      while (ways.length < 3) yield* Effect.yieldNow
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(sending)
      assert.deepStrictEqual(ways, [
        ...Array.from({ length: 3 }, () => "otherwise"),
        ...Array.from({ length: 4 }, () => "gathered")
      ])
      yield* send
      assert.strictEqual(ways.at(-1), "gathered")
    })
  )
})
