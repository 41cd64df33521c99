import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { Quantity, quantityNumber } from "../../src/values/Quantity.ts"

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

describe("quantityNumber", () => {
  for (const [text, number] of [
    ["2", 2],
    ["0.5", 1],
    ["1500m", 2],
    ["128Mi", 134_217_728],
    ["1.5Gi", 1_610_612_736],
    ["1Ti", 1024 ** 4],
    ["1k", 1000],
    ["1e3", 1000],
    ["2E-1", 1],
    ["1E", 1e18]
  ] as const) {
    it(`reads ${text}`, () => assert.strictEqual(quantityNumber(text), number))
  }
})
