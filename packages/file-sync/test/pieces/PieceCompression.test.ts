/**
 * Pieces packed and unpacked, whole and damaged. Numbers such as F24 are rows of the catalogue in
 * packages/file-sync/README.md.
 */
import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { PIECE_BYTES } from "../../src/pieces/Piece.ts"
import { compressPiece, expandPiece } from "../../src/pieces/PieceCompression.ts"

describe("compressPiece", () => {
  it.effect("gives a piece with its length before it", () =>
    Effect.gen(function* () {
      const piece = Buffer.alloc(PIECE_BYTES, "ab")
      const message = Buffer.from(yield* compressPiece(piece))
      const [length = ""] = message.toString("latin1", 0, 20).split("\n")
      const zipped = message.subarray(length.length + 1)
      assert.strictEqual(zipped.length, Number(length))
      assert.isTrue(piece.equals(yield* expandPiece(zipped)))
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
