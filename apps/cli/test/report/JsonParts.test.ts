import { assert, describe, it } from "@effect/vitest"
import { jsonText, parseJson } from "@podwright/spec-builder"
import { jsonParts } from "../../src/report/JsonParts.ts"

const values: ReadonlyArray<readonly [string, unknown]> = [
  ["null", null],
  ["a text with newlines", "a\nb\u2028"],
  ["nothing in it", { list: [], object: {}, deep: [{}] }],
  ["what is not there", { a: undefined, b: { c: undefined, d: [1] }, e: [[undefined, 2], null] }],
  ["names", { 'a"\n': { "": ["x"] }, __proto: { __proto__: {} } }],
  ["numbers", parseJson('{"o":{"id":9007199254740993,"f":2.0,"deep":[{"f":[2.0,"a"]}]},"n":[-1.5e-7]}')],
  ["a copy with a bigint", { a: { b: [9007199254740993n] } }]
]

describe("jsonParts", () => {
  for (const [name, value] of values)
    for (const space of [0, 2])
      it(`writes ${name} as JSON.stringify does, with ${space} spaces`, () => {
        assert.strictEqual([...jsonParts(value, space)].join(""), jsonText(value, space))
      })

  it("keeps parts short, however long the whole is", () => {
    const files = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`f${index}`, { path: "p", bytes: 1 }]))
    const parts = [...jsonParts({ result: { outputFiles: files } }, 2)]
    assert.isAbove(parts.length, 10)
    assert.isBelow(Math.max(...parts.map(({ length }) => length)), 20_000)
    assert.strictEqual(parts.join(""), JSON.stringify({ result: { outputFiles: files } }, null, 2))
  })
})
