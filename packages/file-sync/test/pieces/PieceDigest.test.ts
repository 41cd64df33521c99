import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { PieceDigest } from "../../src/pieces/PieceDigest.ts"

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex")

describe("PieceDigest", () => {
  it.effect.prop(
    "is that of its pieces' digests, however the bytes come",
    [Schema.Array(Schema.Uint8Array)],
    ([chunks]) =>
      Effect.sync(() => {
        const digest = new PieceDigest(5)
        for (const chunk of chunks) digest.update(chunk)
        const bytes = Buffer.concat(chunks)
        let lines = ""
        for (let at = 0; at < bytes.length; at += 5) lines += `${sha256(bytes.subarray(at, at + 5))}\n`
        assert.strictEqual(digest.digest(), sha256(lines))
      })
  )
})
