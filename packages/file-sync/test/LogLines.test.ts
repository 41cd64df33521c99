import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { LINE_LIMIT, LogSplitter } from "../src/LogLines.ts"

const split = (bytes: Buffer, cuts: ReadonlyArray<number>, offset = 0) => {
  const splitter = new LogSplitter(offset)
  const lines = []
  let from = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    lines.push(...splitter.push(bytes.subarray(from, cut)))
    from = Math.max(from, cut)
  }
  lines.push(...splitter.push(bytes.subarray(from)), ...splitter.finish())
  return lines
}

describe("LogSplitter", () => {
  it("keeps spaces, tabs and carriage returns, empty lines and a last line without newline", () => {
    const text = "  two  spaces\t\n\r\n\nprogress 1%\rprogress 2%\nno newline"
    assert.deepStrictEqual(
      split(Buffer.from(text), []).map((line) => line.text),
      ["  two  spaces\t", "\r", "", "progress 1%\rprogress 2%", "no newline"]
    )
  })

  it("says where each line ends, counted from where reading began", () => {
    assert.deepStrictEqual(
      split(Buffer.from("ä\nb"), [1], 100).map((line) => line.end),
      [103, 104]
    )
  })

  it("marks what is not UTF-8 and goes on", () => {
    assert.deepStrictEqual(
      split(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0x63, 0x0a]), []).map((line) => line.text),
      ["a\ufffdb", "c"]
    )
  })

  it("keeps a byte order mark", () => {
    assert.strictEqual(split(Buffer.from("\ufeffa\n"), [])[0]?.text, "\ufeffa")
  })

  it("gives lines up to the limit in one piece and longer ones in pieces, without cutting a character", () => {
    const exact = "x".repeat(LINE_LIMIT)
    assert.deepStrictEqual(
      split(Buffer.from(`${exact}\n`), []).map(({ text, continues }) => [text.length, continues]),
      [[LINE_LIMIT, false]]
    )
    const long = `${"x".repeat(LINE_LIMIT - 1)}€tail\n`
    for (const cuts of [[], [LINE_LIMIT - 1], [LINE_LIMIT], [LINE_LIMIT + 1]]) {
      const lines = split(Buffer.from(long), cuts)
      assert.deepStrictEqual(
        lines.map(({ text, continues }) => [text.length, continues]),
        [
          [LINE_LIMIT - 1, true],
          [5, false]
        ]
      )
      assert.strictEqual(lines.map((line) => line.text).join(""), long.slice(0, -1))
      assert.strictEqual(lines.at(-1)?.end, Buffer.byteLength(long))
    }
  })

  it.effect.prop(
    "cuts any text alike, whatever the chunks",
    [Schema.String, Schema.Array(Schema.Int)],
    ([text, cuts]) =>
      Effect.sync(() => {
        const bytes = Buffer.from(`${text}\nä€😀\n${text}`)
        const whole = bytes.toString("utf8").split("\n")
        if (whole.at(-1) === "") whole.pop()
        const inside = cuts.map((cut) => Math.abs(cut) % (bytes.length + 1))
        const lines = split(bytes, inside)
        assert.deepStrictEqual(
          lines.map((line) => line.text),
          whole
        )
        assert.strictEqual(lines.at(-1)?.end, bytes.length)
      })
  )
})
