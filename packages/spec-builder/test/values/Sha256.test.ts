import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { sha256Hex } from "../../src/values/Sha256.ts"

describe("Sha256", () => {
  // FIPS 180-4 examples, as published by NIST.
  const vectors: ReadonlyArray<readonly [string, string]> = [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ],
    [
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"]
  ]
  for (const [text, digest] of vectors) {
    it(`hashes ${text.length} characters as NIST does`, () => {
      assert.strictEqual(sha256Hex(text), digest)
    })
  }

  it("agrees with another implementation at every length around a block", () => {
    for (let length = 0; length <= 200; length++) {
      const text = "é".repeat(length)
      assert.strictEqual(sha256Hex(text), createHash("sha256").update(text).digest("hex"))
    }
  })
})
