import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type LogQuery, LogText, logQuery } from "../../src/api/LogQuery.ts"

const NOW = Date.parse("2026-01-02T03:04:05.678Z")
const read = (query: string) => logQuery(new URLSearchParams(query), "p", NOW)
const everything: LogQuery = {
  follow: false,
  timestamps: false,
  since: undefined,
  tailLines: undefined,
  limitBytes: undefined
}
const record = (
  text: string,
  partial = false,
  time = 1_700_000_000_123_456_789n,
  stream: "stdout" | "stderr" = "stdout"
) => ({
  time,
  stream,
  partial,
  bytes: new TextEncoder().encode(text)
})
const text = (query: Partial<LogQuery>, ...records: ReadonlyArray<ReturnType<typeof record>>) => {
  const log = new LogText({ ...everything, ...query })
  return Buffer.concat(records.map((one) => log.take(one))).toString()
}

describe("logQuery", () => {
  it("reads every parameter, and cuts sinceTime to the second", () => {
    assert.deepStrictEqual(
      Result.getOrThrow(read("follow=true&timestamps=1&sinceTime=2026-01-02T03:04:00.9Z&tailLines=0&limitBytes=10")),
      {
        follow: true,
        timestamps: true,
        since: BigInt(Date.parse("2026-01-02T03:04:00Z")) * 1_000_000n,
        tailLines: 0,
        limitBytes: 10
      }
    )
  })

  it("counts sinceSeconds back from now", () =>
    assert.strictEqual(
      Result.getOrThrow(read("sinceSeconds=5")).since,
      BigInt(Date.parse("2026-01-02T03:04:00Z")) * 1_000_000n
    ))

  it("has defaults", () => assert.deepStrictEqual(Result.getOrThrow(read("follow=false")), everything))

  const table: ReadonlyArray<readonly [string, number]> = [
    ["tailLines=-1", 422],
    ["limitBytes=0", 422],
    ["sinceSeconds=0", 422],
    ["sinceTime=soon", 400],
    ["sinceTime=2026-01-02T03:04:00Z&sinceSeconds=1", 400]
  ]
  for (const [query, code] of table) {
    it(`refuses ${query}`, () => {
      const result = read(query)
      assert.strictEqual(Result.isFailure(result) && result.failure.code, code)
    })
  }
})

describe("LogText", () => {
  it("ends whole lines, and glues pieces", () =>
    assert.strictEqual(text({}, record("a"), record("b", true), record("c"), record("d", true)), "a\nbc\nd"))

  it("stamps what begins a line", () => {
    const at = "2023-11-14T22:13:20.123456789Z"
    assert.strictEqual(
      text({ timestamps: true }, record("a"), record("b", true), record("c", false, undefined, "stderr"), record("d")),
      `${at} a\n${at} bc\n${at} d\n`
    )
  })

  it("leaves out what is older", () =>
    assert.strictEqual(text({ since: 2n }, record("old", false, 1n), record("new", false, 2n)), "new\n"))

  it("ends at a byte", () => {
    const log = new LogText({ ...everything, limitBytes: 4 })
    assert.strictEqual(Buffer.from(log.take(record("abc"))).toString(), "abc\n")
    assert.isTrue(log.full)
    assert.strictEqual(text({ limitBytes: 5 }, record("abc"), record("def")), "abc\nd")
  })
})
