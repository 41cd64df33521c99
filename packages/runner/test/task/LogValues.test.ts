import { assert, describe, it } from "@effect/vitest"
import { LINE_LIMIT, LogSplitter, type ReportedLines } from "@podwright/file-sync"
import { Effect, Schema } from "effect"
import { LogValues, METRICS_LIMIT, OUTPUTS_LIMIT, VALUES_LINE_LIMIT } from "../../src/task/LogValues.ts"
import { Metric } from "../../src/task/Metric.ts"

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

  it("keeps the digits of numbers, the last value's", () => {
    const values = new LogValues()
    values.take(event('::{"outputs":{"id":9007199254740993,"f":2,"g":2.0}}::'))
    values.take(event('::{"outputs":{"big":123456789012345678901234567890,"f":2.0,"g":2}}::'))
    const text = '{"id":9007199254740993,"f":2.0,"g":2,"big":123456789012345678901234567890}'
    assert.strictEqual(JSON.stringify(values.outputs), text)
    assert.deepStrictEqual(values.outputs["id"], 9007199254740993n)
  })

  it("adds whole numbers up without losing one", () => {
    const values = new LogValues()
    const take = (value: string) =>
      values.take(event(`::{"metrics":[{"type":"counter","name":"n","value":${value}}]}::`))
    take("9007199254740993")
    const [first] = take('"9007199254740994"').values?.metrics ?? []
    assert.strictEqual(JSON.stringify(first), '{"type":"counter","name":"n","value":9007199254740994,"tags":{}}')
    assert.strictEqual(
      JSON.stringify(values.metrics),
      '[{"type":"counter","name":"n","value":18014398509481987,"tags":{}}]'
    )
    assert.isTrue(Schema.is(Schema.Array(Metric))(values.metrics))
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
