import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { KubeletLines } from "../../src/log/KubeletLines.ts"
import { LogCursor } from "../../src/log/LogEvent.ts"

const time = (second: number, nanos: number) =>
  `2026-01-01T00:00:${String(second).padStart(2, "0")}.${String(nanos).padStart(9, "0")}Z`
const line = (second: number, nanos: number, text: string) => `${time(second, nanos)} ${text}`

/** What the kubelet serves from a time on: `sinceTime` counts in whole seconds. */
const serve = (log: ReadonlyArray<string>, since: string | undefined) =>
  log.filter((one) => since === undefined || one.slice(0, 19) >= since.slice(0, 19))

const texts = (lines: KubeletLines, served: ReadonlyArray<string>, quietMs = 0) =>
  lines.take(served, quietMs).flatMap((run) => run.lines)

/** As a later process has it: the cursor written and read as JSON. */
const stored = (lines: KubeletLines): KubeletLines => {
  const codec = Schema.fromJsonString(LogCursor)
  const { cursor } = lines
  if (cursor === undefined) return new KubeletLines()
  const read = Schema.decodeSync(codec)(Schema.encodeSync(codec)(cursor))
  return new KubeletLines(read._tag === "kubelet" ? read : undefined)
}

describe("KubeletLines", () => {
  it("takes the stamp off and keeps the text as it is", () => {
    const lines = new KubeletLines()
    lines.reopen()
    assert.deepStrictEqual(texts(lines, [line(1, 5, "  two  spaces\t"), line(1, 6, ""), "without a stamp"]), [
      "  two  spaces\t",
      "",
      "without a stamp"
    ])
    assert.strictEqual(lines.sinceTime, "2026-01-01T00:00:00Z")
  })

  it("reads stamps with the node's own offset", () => {
    const lines = new KubeletLines()
    lines.reopen()
    assert.deepStrictEqual(texts(lines, ["2026-01-01T02:00:01.5+02:00 a"]), ["a"])
    assert.strictEqual(lines.cursor?.time, time(1, 500_000_000))
  })

  it("gives a line that carries values alone, so that a reader can go on before or behind it", () => {
    const log = [line(1, 1, "a"), line(1, 2, "::{1}::"), line(1, 3, "::{2}::"), line(1, 4, "b"), line(1, 5, "c")]
    const lines = new KubeletLines()
    lines.reopen()
    const runs = lines.take(log, 0)
    assert.deepStrictEqual(
      runs.map((run) => run.lines),
      [["a"], ["::{1}::"], ["::{2}::"], ["b", "c"]]
    )
    runs.forEach(({ cursor }, index) => {
      const later = new KubeletLines(cursor)
      later.reopen()
      assert.deepStrictEqual(
        texts(later, log),
        runs.slice(index + 1).flatMap((run) => run.lines)
      )
    })
  })

  it("tells a gap before the line behind it only, where a line that carries values follows", () => {
    const lines = new KubeletLines()
    lines.reopen()
    lines.take([line(1, 1, "a")], 0)
    lines.reopen()
    const runs = lines.take([line(2, 1, "b"), line(2, 2, "::{}::"), line(2, 3, "c")], 0)
    assert.deepStrictEqual(
      runs.map(({ gap, lines: told }) => [gap?.cause, told]),
      [
        ["rotated", ["b"]],
        [undefined, ["::{}::"]],
        [undefined, ["c"]]
      ]
    )
  })

  it("tells of a gap where the last line is not served any more", () => {
    const lines = new KubeletLines()
    lines.reopen()
    lines.take([line(1, 1, "a"), line(1, 2, "b")], 0)
    lines.reopen()
    const [run] = lines.take([line(1, 9, "e"), line(2, 1, "f")], 0)
    assert.deepStrictEqual(run?.lines, ["e", "f"])
    assert.deepStrictEqual(run?.gap, { after: time(1, 2), before: time(1, 9), cause: "rotated" })
  })

  it("tells of a gap where a new line has the last one's time, but not its text", () => {
    const lines = new KubeletLines()
    lines.reopen()
    lines.take([line(1, 1, "a")], 0)
    lines.reopen()
    assert.deepStrictEqual(texts(lines, [line(1, 1, "other")]), [])
    assert.strictEqual(lines.take([line(1, 2, "c")], 0)[0]?.gap?.cause, "rotated")
  })

  it("tells of a file that was overtaken: times jump by a rotation's interval, the stream did not pause", () => {
    const long = "x".repeat(11 * 1024 * 1024)
    const cases = [
      { text: long, second: 15, quietMs: 10, gap: "overtaken" },
      { text: long, second: 15, quietMs: 14_000, gap: undefined },
      { text: long, second: 5, quietMs: 10, gap: undefined },
      { text: "short", second: 15, quietMs: 10, gap: undefined }
    ]
    for (const { gap, quietMs, second, text } of cases) {
      const lines = new KubeletLines()
      lines.reopen()
      lines.take([line(1, 1, text)], 0)
      assert.strictEqual(lines.take([line(second, 1, "b")], quietMs)[0]?.gap?.cause, gap)
    }
  })

  it("gives lines of one batch on either side of a gap their own cursors", () => {
    const lines = new KubeletLines()
    lines.reopen()
    const runs = lines.take([line(1, 1, "x".repeat(11 * 1024 * 1024)), line(15, 1, "b")], 0)
    assert.deepStrictEqual(
      runs.map(({ cursor, gap }) => [gap?.cause, cursor.time]),
      [
        [undefined, time(1, 1)],
        ["overtaken", time(15, 1)]
      ]
    )
  })

  it("waits for the last line when lines are in the file in another order than their times", () => {
    const log = [
      line(1, 5, "a"),
      line(2, 0, "late second"),
      line(1, 999_999_999, "early, written late"),
      line(2, 9, "z")
    ]
    for (let cut = 1; cut <= log.length; cut++) {
      const first = new KubeletLines()
      first.reopen()
      const before = texts(first, log.slice(0, cut))
      const second = stored(first)
      second.reopen()
      const runs = second.take(serve(log, second.sinceTime), 0)
      assert.deepStrictEqual(
        [...before, ...runs.flatMap(({ lines }) => lines)],
        log.map((one) => one.slice(31))
      )
      assert.isTrue(runs.every(({ gap }) => gap === undefined))
    }
  })

  it.effect.prop(
    "gives every line once and in order, wherever reads are cut and another process goes on",
    [
      Schema.Array(Schema.Struct({ step: Schema.Int, text: Schema.Literals(["a", "b"]) })),
      Schema.Array(Schema.Struct({ at: Schema.Int, other: Schema.Boolean }))
    ],
    ([steps, cuts]) =>
      Effect.sync(() => {
        let nanos = 0
        const log = steps.map(({ step, text }) => {
          // Some lines share a time, some a second.
          nanos += (Math.abs(step) % 4) * 400_000_000
          return line(Math.min(59, Math.floor(nanos / 1e9)), nanos % 1e9, text)
        })
        let lines = new KubeletLines()
        const taken: Array<string> = []
        for (const { at, other } of [...cuts, { at: undefined, other: false }]) {
          if (other) lines = stored(lines)
          lines.reopen()
          const served = serve(log, lines.sinceTime)
          const upTo = at === undefined ? served.length : Math.abs(at) % (served.length + 1)
          // One by one and all at once are the same.
          for (const one of served.slice(0, upTo >> 1)) taken.push(...texts(lines, [one]))
          const runs = lines.take(served.slice(upTo >> 1, upTo), 0)
          assert.isTrue(runs.every(({ gap }) => gap === undefined))
          taken.push(...runs.flatMap((run) => run.lines))
        }
        assert.deepStrictEqual(
          taken,
          log.map((one) => one.slice(31))
        )
      })
  )
})
