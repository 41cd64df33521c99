import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { expandPiece, PieceCompressor } from "../src/PieceCompression.ts"
import { PIECE_BYTES } from "../src/SessionScript.ts"

describe("PieceCompressor", () => {
  it.effect("gives each piece with its length before it", () =>
    Effect.gen(function* () {
      const compressor = new PieceCompressor()
      assert.isTrue(compressor.isEmpty)
      const bytes = Buffer.alloc(PIECE_BYTES + 10, "ab")
      assert.strictEqual(compressor.gather(bytes), PIECE_BYTES)
      assert.isTrue(compressor.isFull)
      for (const size of [PIECE_BYTES, 10]) {
        const message = Buffer.from(yield* compressor.compress)
        const [length = ""] = message.toString("latin1", 0, 20).split("\n")
        const zipped = message.subarray(length.length + 1)
        assert.strictEqual(zipped.length, Number(length))
        assert.isTrue(bytes.subarray(0, size).equals(yield* expandPiece(zipped)))
        compressor.gather(bytes.subarray(PIECE_BYTES))
      }
    })
  )
})

describe("expandPiece", () => {
  it.effect("refuses what expands beyond a piece: F24", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(expandPiece(gzipSync(Buffer.alloc(PIECE_BYTES + 1))))
      assert.strictEqual(error.reason._tag, "OutputRefused")
    })
  )

  it.effect("takes what is no gzip for damage", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(expandPiece(Buffer.from("no gzip")))
      assert.isTrue(error.reason._tag === "Corrupt" && error.retryable)
    })
  )
})
