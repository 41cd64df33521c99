import { assert, describe, it } from "@effect/vitest"
import { readLineValues } from "../../src/task/LineValues.ts"
import { metricOf } from "../../src/task/Metric.ts"

const marked = (value: unknown) => `::${JSON.stringify(value)}::`
const metric = (value: unknown) => marked({ metrics: [value] })

describe("readLineValues", () => {
  const stays: ReadonlyArray<readonly [string, string, ReadonlyArray<RegExp>]> = [
    ["a line of another kind", "hello", []],
    ["the beginning alone", '::{"outputs":{}}', []],
    ["the end alone", '{"outputs":{}}::', []],
    ["something before", ' ::{"outputs":{"a":1}}::', []],
    ["something behind", '::{"outputs":{"a":1}}:: ', []],
    ["no object", "::[1]::", []],
    ["beginning and end that overlap", "::{}:", []],
    ["no JSON", '::{"outputs":{a:1}}::', [/^not JSON \(.+\)$/]],
    ["braces and no more", "::{::}::", [/^not JSON/]],
    ["keys nobody knows", marked({ otlp: {} }), [/^unknown key 'otlp'; known: outputs, metrics, logs$/]],
    ["outputs that are no object", marked({ outputs: [1] }), [/^outputs: expected an object/]],
    ["metrics that are no list", marked({ metrics: {} }), [/^metrics: expected a list$/]],
    [
      "a metric without a name",
      metric({ type: "counter", value: 1 }),
      [/^metrics\[0\]: Missing key\n {2}at \["name"\]$/]
    ],
    [
      "a metric of no known type",
      metric({ type: "x", name: "n", value: 1 }),
      [/^metrics\[0\]: type: expected counter/]
    ],
    [
      "a counter that is no number",
      metric({ type: "counter", name: "n", value: "1s" }),
      [/^metrics\[0\]: value: expected a number, not '1s'$/]
    ],
    ["an empty text for a number", metric({ type: "counter", name: "n", value: "" }), [/value: expected a number/]],
    ["a timer below zero", metric({ type: "timer", name: "n", value: -1 }), [/value: expected seconds/]],
    ["a number beyond a double", '::{"metrics":[{"type":"counter","name":"n","value":1e999}]}::', [/^metrics\[0\]/]],
    ["an output beyond a double", '::{"outputs":{"a":[1e999]}}::', [/^outputs.a: a number beyond/]],
    [
      "an output of a million brackets",
      `::{"outputs":{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}}::`,
      [/^outputs.a: .*nested more than 100 deep/]
    ],
    ["an unknown level", marked({ logs: [{ level: "loud", message: "m" }] }), [/^logs\[0\]: level: expected TRACE/]]
  ]
  it.each(stays)("leaves in the log: %s", (_, line, words) => {
    const { problems, values } = readLineValues(line)
    assert.isUndefined(values)
    assert.strictEqual(problems.length, words.length, problems.map(({ message }) => message).join("\n"))
    for (const [index, word] of words.entries()) assert.match(problems[index]?.message ?? "", word)
  })

  const taken: ReadonlyArray<readonly [string, string, object]> = [
    [
      "outputs of every kind",
      marked({ outputs: { s: "a", n: 2, b: true, f: 3.65, l: [1], o: { x: null }, z: null } }),
      { outputs: { s: "a", n: 2, b: true, f: 3.65, l: [1], o: { x: null }, z: null } }
    ],
    [
      "a value of 10,000 characters",
      marked({ outputs: { long: "x".repeat(10_000) } }),
      { outputs: { long: "x".repeat(10_000) } }
    ],
    ["colons and braces inside", marked({ outputs: { a: "}:: ::{" } }), { outputs: { a: "}:: ::{" } }],
    [
      "spaces inside texts",
      '::{"outputs": {"a": "two  spaces\\tand tab"}}::',
      { outputs: { a: "two  spaces\tand tab" } }
    ],
    ["a terminal's carriage return", `${marked({ outputs: { a: 1 } })}\r`, { outputs: { a: 1 } }],
    ["nothing", "::{}::", {}],
    ["empty keys", marked({ outputs: null, metrics: null, logs: [] }), {}],
    [
      "a counter with tags",
      metric({ type: "counter", name: "n", value: 1.2, tags: { a: "x", n: 1, b: true } }),
      { metrics: [{ type: "counter", name: "n", value: 1.2, tags: { a: "x", n: "1", b: "true" } }] }
    ],
    [
      "a number in quotes",
      metric({ type: "gauge", name: "n", value: "-3", tags: null }),
      { metrics: [{ type: "gauge", name: "n", value: -3, tags: {} }] }
    ],
    [
      "a timer in seconds",
      metric({ type: "timer", name: "n", value: 0.5 }),
      { metrics: [{ type: "timer", name: "n", value: 0.5, tags: {} }] }
    ],
    [
      "a timer of nothing",
      metric({ type: "timer", name: "n", value: 0 }),
      { metrics: [{ type: "timer", name: "n", value: 0, tags: {} }] }
    ],
    [
      "a timer as a duration",
      metric({ type: "timer", name: "n", value: "PT1M0.5S" }),
      { metrics: [{ type: "timer", name: "n", value: 60.5, tags: {} }] }
    ],
    [
      "messages",
      marked({
        logs: [
          { level: "WARN", message: "m" },
          { level: "info", message: "" }
        ]
      }),
      {
        logs: [
          { level: "WARN", message: "m" },
          { level: "INFO", message: "" }
        ]
      }
    ]
  ]
  it.each(taken)("takes %s", (_, line, expected) => {
    const { problems, values } = readLineValues(line)
    assert.deepStrictEqual(problems, [])
    const told = values && { ...values, metrics: values.metrics.map(metricOf) }
    assert.deepStrictEqual<object | undefined>(told, { outputs: {}, metrics: [], logs: [], ...expected })
  })

  it("keeps the digits of outputs, as far down as they go", () => {
    const outputs =
      '{"id":9007199254740993,"big":123456789012345678901234567890,"f":2.0,"l":[{"f":2.0,"n":2}],"e":1e21}'
    const { problems, values } = readLineValues(`::{"outputs":${outputs}}::`)
    assert.deepStrictEqual(problems, [])
    assert.strictEqual(JSON.stringify(values?.outputs), outputs.replace("1e21", "1e+21"))
  })

  it("takes the outputs beside one that is too deep for numbers to be looked at", () => {
    const deep = `${"[".repeat(1e6)}9007199254740993${"]".repeat(1e6)}`
    const { problems, values } = readLineValues(`::{"outputs":{"a":${deep}}}::`)
    assert.isUndefined(values)
    assert.match(problems[0]?.message ?? "", /nested/)
  })

  it("takes what is valid and tells what is not", () => {
    const counter = { type: "counter", name: "n", value: 1 }
    const { problems, values } = readLineValues(marked({ outputs: { a: 1 }, metrics: [{}, counter], otlp: 1 }))
    assert.deepStrictEqual(values?.outputs, { a: 1 })
    assert.deepStrictEqual(values?.metrics.map(metricOf), [{ ...counter, type: "counter", tags: {} }])
    assert.strictEqual(problems.length, 2)
  })
})
