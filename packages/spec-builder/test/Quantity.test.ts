import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Quantity } from "../src/index.ts"

const decode = Schema.decodeUnknownResult(Quantity)

describe("Quantity", () => {
  const good: ReadonlyArray<readonly [string | number, string]> = [
    ["500m", "500m"],
    ["128Mi", "128Mi"],
    ["1.5Gi", "1.5Gi"],
    [".5", ".5"],
    ["1e3", "1e3"],
    ["1E", "1E"],
    [2, "2"],
    [0.5, "0.5"]
  ]
  for (const [input, text] of good) {
    it(`takes ${JSON.stringify(input)}`, () => {
      assert.deepStrictEqual(decode(input), Result.succeed(text))
    })
  }
  for (const input of ["", "128MB", "1 Gi", "-1", "lots", "1.2.3", "Mi", Number.NaN, true]) {
    it(`refuses ${JSON.stringify(input)}`, () => {
      assert.isTrue(Result.isFailure(decode(input)))
    })
  }
})
