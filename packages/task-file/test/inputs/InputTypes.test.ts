import { assert, describe, it } from "@effect/vitest"
import { type Json, jsonText } from "@podwright/spec-builder"
import { Result } from "effect"
import type { InputLimits, InputType } from "../../src/inputs/InputDeclaration.ts"
import { INPUT_TYPES } from "../../src/inputs/InputTypes.ts"

/** A text, what it is read as, and the type of a list's items; undefined where it is refused. */
const cases: ReadonlyArray<readonly [type: InputType, text: string, value: Json | undefined, item?: InputType]> = [
  ["STRING", "a b", "a b"],
  ["STRING", "", ""],
  ["SELECT", "a", "a"],
  ["ENUM", "a", "a"],
  ["SECRET", "p w", "p w"],
  ["INT", "-12", -12],
  ["INT", "+7", 7],
  ["INT", "9007199254740993", 9007199254740993n],
  ["INT", "-123456789012345678901234567890", -123456789012345678901234567890n],
  ["INT", "1.5", undefined],
  ["INT", "9007199254740993x", undefined],
  ["FLOAT", "1.5", 1.5],
  ["FLOAT", " ", undefined],
  ["FLOAT", "abc", undefined],
  ["BOOLEAN", "true", true],
  ["BOOL", "false", false],
  ["BOOL", "yes", undefined],
  ["DATETIME", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"],
  ["DATETIME", "2026-01-31T12:00:00.123+02:00", "2026-01-31T12:00:00.123+02:00"],
  ["DATETIME", "2026-01-31T12:00:00", undefined],
  ["DATETIME", "2026-02-30T12:00:00Z", undefined],
  ["DATETIME", "2026-01-31T25:00:00Z", undefined],
  ["DATE", "2024-02-29", "2024-02-29"],
  ["DATE", "2026-02-29", undefined],
  ["DATE", "26-02-01", undefined],
  ["TIME", "23:59", "23:59"],
  ["TIME", "23:59:59.5", "23:59:59.5"],
  ["TIME", "24:00", undefined],
  ["DURATION", "PT1H", "PT1H"],
  ["DURATION", "90s", "90s"],
  ["DURATION", "90", undefined],
  ["URI", "s3://bucket/key", "s3://bucket/key"],
  ["URI", "no uri", undefined],
  ["FILE", "/a b/c", "file:///a%20b/c"],
  ["FILE", "https://x/y", "https://x/y"],
  ["FILE", "", undefined],
  ["FILE", " ", undefined],
  ["JSON", '{"a":[1]}', { a: [1] }],
  ["JSON", '{"id":9007199254740993}', { id: 9007199254740993n }],
  ["JSON", "{", undefined],
  ["YAML", "a: [1, b]\n", { a: [1, "b"] }],
  ["YAML", "a: 9007199254740993", { a: 9007199254740993n }],
  ["YAML", "a: [", undefined],
  ["YAML", "a: .nan", undefined],
  ["ARRAY", '["a",1]', ["a", "1"]],
  ["ARRAY", '["1",2]', [1, 2], "INT"],
  ["ARRAY", '["x"]', undefined, "INT"],
  ["ARRAY", '[{"a":1}]', [{ a: 1 }], "JSON"],
  ["ARRAY", '[9007199254740993,"9007199254740993"]', [9007199254740993n, 9007199254740993n], "INT"],
  ["ARRAY", "a", undefined],
  ["ARRAY", "{}", undefined],
  ["MULTISELECT", '["a","b"]', ["a", "b"]],
  ["EMAIL", "a.b@c.example", "a.b@c.example"],
  ["EMAIL", "a@b", undefined],
  ["EMAIL", "a b@c.d", undefined]
]

describe("INPUT_TYPES", () => {
  for (const [type, text, expected, itemType] of cases)
    it(`${type}${itemType === undefined ? "" : ` of ${itemType}`} ${JSON.stringify(text)}`, () => {
      const limits: InputLimits = itemType === undefined ? {} : { itemType }
      const read = INPUT_TYPES[type](text, { limits })
      assert.deepStrictEqual(Result.getOrUndefined(read), expected)
      if (Result.isFailure(read)) assert.match(read.failure, /expected/)
    })

  it("keep the decimals of a list", () => {
    const read = (text: string, itemType: InputType) =>
      Result.getOrThrow(INPUT_TYPES.ARRAY(text, { limits: { itemType } }))
    assert.strictEqual(jsonText(read('[2.0,2,"2","2.5"]', "FLOAT")), "[2.0,2.0,2.0,2.5]")
    assert.strictEqual(jsonText(read("[2.0,2]", "JSON")), "[2.0,2]")
    assert.strictEqual(jsonText(read("[2.0,2]", "STRING")), '["2.0","2"]')
  })
})
