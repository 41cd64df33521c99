import { assert, describe, it } from "@effect/vitest"
import { canonicalJson } from "../../src/values/CanonicalJson.ts"

describe("canonicalJson", () => {
  it("does not depend on the order of keys, at any depth", () => {
    assert.strictEqual(
      canonicalJson({ b: [{ y: 1, x: null }], a: "é" }),
      canonicalJson({ a: "é", b: [{ x: null, y: 1 }] })
    )
  })
  it("keeps the order of lists", () => {
    assert.notStrictEqual(canonicalJson([1, 2]), canonicalJson([2, 1]))
  })
  it("is JSON, with __proto__ as a key like any other", () => {
    const text = '{"__proto__":{"a":1},"b":[true,"x"]}'
    assert.strictEqual(canonicalJson(JSON.parse(text)), text)
  })
})
