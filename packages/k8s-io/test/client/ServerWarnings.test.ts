import { assert, describe, it } from "@effect/vitest"
import { warningsOf } from "../../src/client/ServerWarnings.ts"

describe("warningsOf", () => {
  it.each([
    ["no header", undefined, []],
    ["one", '299 - "unknown field \\"spec.a\\""', ['unknown field "spec.a"']],
    ["several, with commas and a backslash", '299 - "a, b", 299 apiserver "c\\\\d"', ["a, b", "c\\d"]],
    ["something else", "nonsense", []]
  ] as const)("%s", (_name, header, expected) => {
    assert.deepStrictEqual(warningsOf(header), expected)
  })
})
