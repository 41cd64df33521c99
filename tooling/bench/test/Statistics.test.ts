import { assert, describe, it } from "@effect/vitest"
import { markdownTable, summarise } from "../src/Statistics.ts"

describe("summarise", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<number>, readonly [number, number, number, number]]> = [
    ["one sample", [5], [5, 5, 5, 5]],
    ["an odd number, unsorted", [9, 1, 5], [1, 5, 9, 9]],
    ["an even number", [1, 2, 10, 20], [1, 6, 20, 20]],
    ["twenty", Array.from({ length: 20 }, (_, i) => i + 1), [1, 10.5, 19, 20]]
  ]
  for (const [what, samples, [min, median, p95, max]] of cases) {
    it(what, () => assert.deepStrictEqual(summarise(samples), { runs: samples.length, min, median, p95, max }))
  }

  it("is no number without samples", () => assert.isNaN(summarise([]).median))
})

describe("markdownTable", () => {
  it("has a head and a line per row", () => {
    assert.strictEqual(markdownTable(["a", "b"], [["x", "1"]]), "| a | b |\n| --- | ---: |\n| x | 1 |")
  })
})
