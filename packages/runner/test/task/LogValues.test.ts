import { assert, describe, it } from "@effect/vitest"
import { LINE_LIMIT, LogSplitter, type ReportedLines } from "@podwright/file-sync"
import { Effect, Schema } from "effect"
import { LogValues, METRICS_LIMIT, OUTPUTS_LIMIT, readLineValues, VALUES_LINE_LIMIT } from "../../src/task/LogValues.ts"

const cursor = { _tag: "volume", stdout: 0, stderr: 0 } as const
const event = (
  line: string,
  ending: ReportedLines["ending"] = "newline",
  stream: ReportedLines["stream"] = "stdout"
): ReportedLines => ({
  stream,
  lines: [line],
  ending,
  cursor
})
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
    assert.deepStrictEqual<object | undefined>(values, { outputs: {}, metrics: [], logs: [], ...expected })
  })

  it("takes what is valid and tells what is not", () => {
    const counter = { type: "counter", name: "n", value: 1 }
    const { problems, values } = readLineValues(marked({ outputs: { a: 1 }, metrics: [{}, counter], otlp: 1 }))
    assert.deepStrictEqual(values, {
      outputs: { a: 1 },
      metrics: [{ ...counter, type: "counter", tags: {} }],
      logs: []
    })
    assert.strictEqual(problems.length, 2)
  })
})

describe("LogValues", () => {
  it("lets other lines pass as they are", () => {
    const values = new LogValues()
    const many = { ...event(""), lines: ["a", "", "::"] }
    assert.deepStrictEqual(values.take(many), { lines: [many], values: undefined, warnings: [] })
  })

  it("keeps the last value of a name, of both streams", () => {
    const values = new LogValues()
    values.take(event(marked({ outputs: { a: { x: 1 }, b: 1 } })))
    values.take(event(marked({ outputs: { a: { y: 2 }, __proto__: 1 } }), "end", "stderr"))
    assert.deepStrictEqual(values.outputs, { a: { y: 2 }, b: 1 })
  })

  it("adds counters and timers up by name and tags, and keeps a gauge's last value", () => {
    const values = new LogValues()
    const take = (type: string, value: number, tags: object = {}) =>
      values.take(event(metric({ type, name: "n", value, tags })))
    for (const type of ["counter", "timer", "gauge"]) for (const value of [1, 3]) take(type, value, { a: "1", b: "2" })
    take("counter", 5, { b: "2", a: "1" })
    take("counter", 7)
    take("counter", Number.MAX_VALUE)
    take("counter", Number.MAX_VALUE)
    assert.deepStrictEqual(
      values.metrics.map(({ tags, type, value }) => [type, value, Object.keys(tags).length]),
      [
        ["counter", 9, 2],
        ["timer", 4, 2],
        ["gauge", 3, 2],
        ["counter", Number.MAX_VALUE, 0]
      ]
    )
  })

  it("tells of a line that is wrong, shortened, and logs it", () => {
    const values = new LogValues()
    const wrong = event(`::{"outputs":${"x".repeat(10_000)}}::`)
    const taken = values.take(wrong)
    assert.deepStrictEqual(taken.lines, [wrong])
    assert.strictEqual(taken.warnings.length, 1)
    assert.match(taken.warnings[0] ?? "", /^values in the log: not JSON .*: ::\{"outputs":x{100,200}…$/s)
  })

  it("tells of a key that nobody knows once", () => {
    const values = new LogValues()
    const lines = Array.from({ length: 3 }, () => values.take(event(marked({ otlp: {} }))))
    assert.deepStrictEqual(
      lines.map(({ lines: told, warnings }) => [told.length, warnings.length]),
      [
        [1, 1],
        [1, 0],
        [1, 0]
      ]
    )
  })

  it("reads a line that comes in pieces, and holds no more than its limit of one that has no end", () => {
    const values = new LogValues()
    const value = "x".repeat(2.5 * LINE_LIMIT)
    const splitter = new LogSplitter()
    const told = [...splitter.push(Buffer.from(`${marked({ outputs: { value } })}\nafter\n`))].flatMap(
      ({ ending, lines }) => values.take({ ...event(""), lines, ending }).lines
    )
    assert.strictEqual(values.outputs["value"], value)
    assert.deepStrictEqual(
      told.map(({ lines }) => lines),
      [["after"]]
    )

    const piece = (text: string) => event(text.padEnd(LINE_LIMIT, "x"), "continues", "stderr")
    const pieces = [piece("::{"), ...Array.from({ length: 4 }, () => piece("")), event("}::", "newline", "stderr")]
    const taken = pieces.map((one) => values.take(one))
    assert.deepStrictEqual(
      taken.flatMap(({ lines }) => lines),
      pieces
    )
    assert.deepStrictEqual(taken.flatMap(({ warnings }) => warnings).length, 1)
    assert.strictEqual(
      taken.findIndex(({ lines }) => lines.length > 0),
      VALUES_LINE_LIMIT / LINE_LIMIT
    )
  })

  it("gives back what it holds where the rest does not come", () => {
    const values = new LogValues()
    const first = event("::{".padEnd(LINE_LIMIT, "x"), "continues")
    assert.deepStrictEqual(values.take(first).lines, [])
    assert.deepStrictEqual(values.release(), [first])
    assert.deepStrictEqual(values.release(), [])
  })

  it("keeps as much as its limits, and says so once", () => {
    const values = new LogValues()
    const large = "x".repeat(1024 * 1024)
    const warnings = Array.from({ length: 20 }, (_, index) =>
      values.take(event(marked({ outputs: { [index % 2 === 0 ? "same" : index]: large } })))
    ).flatMap((taken) => taken.warnings)
    assert.deepStrictEqual(warnings, [])
    for (let index = 0; index < 20; index++) values.take(event(marked({ outputs: { [`more${index}`]: large } })))
    assert.isAtMost(JSON.stringify(values.outputs).length, OUTPUTS_LIMIT + 1000)
    const told: Array<string> = []
    for (let index = 0; index < METRICS_LIMIT + 5; index++)
      told.push(...values.take(event(metric({ type: "counter", name: `n${index}`, value: 1 }))).warnings)
    assert.strictEqual(values.metrics.length, METRICS_LIMIT)
    assert.strictEqual(told.length, 1)
    values.take(event(metric({ type: "counter", name: "n0", value: 1 })))
    assert.strictEqual(values.metrics[0]?.value, 2)
  })

  it.effect.prop(
    "takes every line of values out of a log and no other, wherever its bytes are cut",
    [Schema.Array(Schema.Union([Schema.Int, Schema.String])), Schema.Array(Schema.Int)],
    ([written, cuts]) =>
      Effect.sync(() => {
        const plain = (text: string) => text.replace(/\n/g, " ")
        const lines = written.map((one) => (typeof one === "number" ? marked({ outputs: { n: one } }) : plain(one)))
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""))
        const splitter = new LogSplitter()
        const values = new LogValues()
        const told: Array<string> = []
        const given: Array<unknown> = []
        const inside = cuts.map((cut) => Math.abs(cut) % (bytes.length + 1)).sort((a, b) => a - b)
        let from = 0
        for (const to of [...inside, bytes.length]) {
          for (const { ending, lines: some } of splitter.push(bytes.subarray(from, to))) {
            const taken = values.take({ ...event(""), lines: some, ending })
            for (const line of taken.lines) told.push(...line.lines)
            if (taken.values !== undefined) given.push(taken.values.outputs["n"])
          }
          from = to
        }
        assert.deepStrictEqual(
          given,
          // JSON knows no negative zero.
          written.filter((one) => typeof one === "number").map((one) => one + 0)
        )
        assert.deepStrictEqual(
          told.join("\n"),
          lines
            .filter((_, index) => typeof written[index] === "string")
            .map((line) => Buffer.from(line).toString())
            .join("\n")
        )
      })
  )
})
