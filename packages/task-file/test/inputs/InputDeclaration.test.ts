import { assert, describe, it } from "@effect/vitest"
import { declareInput } from "../../src/inputs/InputDeclaration.ts"

describe("declareInput", () => {
  it("knows the older names of keys", () => {
    const input = declareInput({ name: "a", type: "ENUM", options: ["x", 1, true] }, ["inputs", 0])
    assert.strictEqual(input.id, "a")
    assert.deepStrictEqual(input.limits.values, ["x", "1", "true"])
    assert.isTrue(input.required)
  })

  it("prefers the newer ones", () => {
    const input = declareInput(
      { id: "b", name: "a", type: "SELECT", values: ["v"], options: ["o"], required: false },
      []
    )
    assert.deepStrictEqual([input.id, input.limits.values, input.required], ["b", ["v"], false])
  })
})
