import { assert, describe, it } from "@effect/vitest"
import { parseJson } from "@podwright/spec-builder"
import { Result } from "effect"
import { addMetric, metricKey, metricOf, readMetric } from "../../src/task/Metric.ts"

const read = (type: string, value: string, tags = "null") =>
  Result.getOrThrow(readMetric(parseJson(`{"type":"${type}","name":"n","value":${value},"tags":${tags}}`)))

describe("a metric", () => {
  const values: ReadonlyArray<readonly [string, string, string]> = [
    ["counter", "1", "1"],
    ["counter", "1.0", "1.0"],
    ["counter", '"+3"', "3"],
    ["counter", '" 3 "', "3"],
    ["counter", '"2.0"', "2.0"],
    ["gauge", "9007199254740993", "9007199254740993"],
    ["gauge", '"-123456789012345678901234567890"', "-123456789012345678901234567890"],
    ["timer", '"PT2S"', "2"],
    ["timer", '"1.5s"', "1.5"],
    ["timer", "1e21", "1e+21"]
  ]
  it.each(values)("%s of %s is written as %s", (type, written, value) => {
    assert.strictEqual(
      JSON.stringify(metricOf(read(type, written))),
      `{"type":"${type}","name":"n","value":${value},"tags":{}}`
    )
  })

  const sums: ReadonlyArray<readonly [string, string, string, string]> = [
    ["counter", "9007199254740993", "9007199254740993", "18014398509481986"],
    ["counter", "9007199254740993", "0.5", "9007199254740992.0"],
    ["timer", "0.5", "1.5", "2.0"],
    ["timer", '"PT0.5S"', "2", "2.5"],
    ["gauge", "9007199254740995", "9007199254740993", "9007199254740993"],
    ["counter", "1e308", "1.7e308", "1.7e+308"]
  ]
  it.each(sums)("%s of %s and %s is %s", (type, one, other, sum) => {
    const { value } = metricOf(addMetric(read(type, one), read(type, other)))
    const text = JSON.stringify(metricOf(addMetric(read(type, one), read(type, other))))
    assert.include(text, `"value":${sum},`)
    assert.strictEqual(typeof value, sum.length >= 16 && !/[.e]/.test(sum) ? "bigint" : "number")
  })

  it("has the numbers of its tags as texts, and is known by all of them", () => {
    const one = read("counter", "1", '{"a":9007199254740993,"b":2.0,"c":true}')
    assert.deepStrictEqual(one.tags, { a: "9007199254740993", b: "2.0", c: "true" })
    assert.strictEqual(metricKey(one), metricKey({ ...one, tags: { c: "true", b: "2.0", a: "9007199254740993" } }))
    assert.notStrictEqual(metricKey(one), metricKey({ ...one, tags: { ...one.tags, a: "9007199254740992" } }))
  })
})
