import { assert, describe, it } from "@effect/vitest"
import type { Json } from "../../src/values/Json.ts"
import {
  exactValue,
  isDecimal,
  jsonEntries,
  jsonText,
  keepDecimals,
  numberText,
  parseJson,
  wholeNumber
} from "../../src/values/JsonNumbers.ts"

/** As written; what it is for programs; what it is written as again, where that differs. */
const NUMBERS: ReadonlyArray<readonly [string, Json, string?]> = [
  ["0", 0],
  ["-0", -0, "0"],
  ["-0.0", -0],
  ["1", 1],
  ["9007199254740991", 9007199254740991],
  ["9007199254740992", 9007199254740992n],
  ["9007199254740993", 9007199254740993n],
  ["-9007199254740993", -9007199254740993n],
  ["123456789012345678901234567890", 123456789012345678901234567890n],
  ["2.0", 2],
  ["2.00", 2, "2.0"],
  ["1.10", 1.1, "1.1"],
  ["2.23606797749978969641", 2.23606797749979, "2.23606797749979"],
  ["1e3", 1000, "1000.0"],
  ["1e21", 1e21, "1e+21"],
  ["1E-7", 1e-7, "1e-7"],
  ["9007199254740993.0", 9007199254740992, "9007199254740992.0"]
]

describe("numbers of JSON", () => {
  for (const [written, value, again = written] of NUMBERS) {
    it(`${written} in an object, in a list and within both`, () => {
      const text = `{"a":${written},"b":[${written}],"c":[{"d":[[${written}],"x"]}]}`
      const parsed = parseJson(text)
      assert.deepStrictEqual(parsed, { a: value, b: [value], c: [{ d: [[value], "x"] }] })
      const expected = text.replaceAll(written, again)
      assert.strictEqual(JSON.stringify(parsed), expected)
      assert.strictEqual(JSON.stringify({ around: [parsed] }), `{"around":[${expected}]}`)
      assert.strictEqual(jsonText(parsed), expected)
      const exact = exactValue(parsed)
      const kind = /^-?\d+$/.test(written) ? "bigint" : "number"
      const [inObject, inList] = Object.values(exact ?? {})
      assert.deepStrictEqual([typeof inObject, typeof inList[0]], [kind, kind])
    })
  }

  it("are what programs see of it, and nothing else", () => {
    const parsed = parseJson('{"big":9007199254740993,"f":2.0}')
    assert.deepStrictEqual(Object.keys(parsed ?? {}), ["big", "f"])
    assert.deepStrictEqual({ ...Object(parsed) }, { big: 9007199254740993n, f: 2 })
    assert.deepStrictEqual(structuredClone(parsed), { big: 9007199254740993n, f: 2 })
    // A copy has forgotten the kind, and no digit.
    assert.strictEqual(jsonText(structuredClone(parsed)), '{"big":9007199254740993,"f":2}')
  })

  it("stay as they are with a space", () => {
    assert.strictEqual(jsonText(parseJson('{"a":[2.0]}'), 2), '{\n  "a": [\n    2.0\n  ]\n}')
  })

  it("leave texts alone that look like them", () => {
    const text = '{"1e3":"9007199254740993","t":"2.0","n":null,"b":true,"__proto__":2.0,"toJSON":9007199254740993}'
    assert.strictEqual(jsonText(parseJson(text)), text)
  })

  it("are refused where the text is no JSON", () => {
    for (const text of ["", "{", "01", "1.", "{rows:3}", "9007199254740993x"])
      assert.throws(() => parseJson(text), SyntaxError, undefined, text)
  })

  it("go with an entry into another object", () => {
    const one = { f: 2, i: 2, big: 9007199254740993n, half: 1.5, far: 1e21, deep: parseJson('{"f":2.0}') }
    const copy = keepDecimals({ ...one }, ["f", "half", "far", "big", "missing"])
    assert.strictEqual(
      JSON.stringify(copy),
      '{"f":2.0,"i":2,"big":9007199254740993,"half":1.5,"far":1e+21,"deep":{"f":2.0}}'
    )
    assert.deepStrictEqual(jsonEntries(copy), [
      ["f", "2.0"],
      ["i", "2"],
      ["big", "9007199254740993"],
      ["half", "1.5"],
      ["far", "1e+21"],
      ["deep", '{"f":2.0}']
    ])
    assert.deepStrictEqual(
      Object.keys(copy).filter((name) => isDecimal(copy, name)),
      ["f", "half", "far"]
    )
  })

  it("are whole as digits say, whatever their size", () => {
    assert.deepStrictEqual(["-7", "9007199254740991", "9007199254740993"].map(wholeNumber), [
      -7,
      9007199254740991,
      9007199254740993n
    ])
    assert.deepStrictEqual([2, 2.5, 2n, -0].map(numberText), ["2.0", "2.5", "2", "-0.0"])
  })
})
