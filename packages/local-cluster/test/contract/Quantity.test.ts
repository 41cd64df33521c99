import { assert, describe, it } from "@effect/vitest"
import { isQuantity, quantityValue } from "../../src/contract/Quantity.ts"

describe("isQuantity", () => {
  for (const text of ["1", "0.5", "12Mi", "1e3", "1E", "100m", "-1", "2Gi", "5k"])
    it(`reads ${text}`, () => assert.strictEqual(isQuantity(text), true))
  for (const text of ["", "Mi", "1Qi", "1 Mi", "1mi", "1.2.3", "1KI"])
    it(`refuses ${JSON.stringify(text)}`, () => assert.strictEqual(isQuantity(text), false))
})

describe("quantityValue", () => {
  const table: ReadonlyArray<readonly [string, number]> = [
    ["1", 1],
    ["500m", 0.5],
    ["1Ki", 1024],
    ["2M", 2e6],
    ["1e3", 1000],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["1E", 1e18]
  ]
  for (const [text, value] of table) it(text, () => assert.strictEqual(quantityValue(text), value))
})
