import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { LINE_LIMIT, type LogBatch, LogSplitter } from "../../src/log/LogLines.ts"

const split = (bytes: Buffer, cuts: ReadonlyArray<number>, offset = 0): ReadonlyArray<LogBatch> => {
  const splitter = new LogSplitter(offset)
  const batches: Array<LogBatch> = []
  let from = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    batches.push(...splitter.push(bytes.subarray(from, cut)))
    from = Math.max(from, cut)
  }
  batches.push(...splitter.push(bytes.subarray(from)))
  const last = splitter.finish()
  return last === undefined ? batches : [...batches, last]
}

const texts = (batches: ReadonlyArray<LogBatch>) => batches.flatMap(({ lines }) => lines)

/** The lines joined again as their batches say. */
const joined = (batches: ReadonlyArray<LogBatch>) =>
  batches.map(({ ending, lines }) => `${lines.join("\n")}${ending === "newline" ? "\n" : ""}`).join("")

describe("LogSplitter", () => {
  it("keeps spaces, tabs and carriage returns, empty lines and a last line without newline", () => {
    const text = "  two  spaces\t\n\r\n\nprogress 1%\rprogress 2%\nno newline"
    const batches = split(Buffer.from(text), [])
    assert.deepStrictEqual(texts(batches), ["  two  spaces\t", "\r", "", "progress 1%\rprogress 2%", "no newline"])
    assert.deepStrictEqual(
      batches.map(({ ending }) => ending),
      ["newline", "end"]
    )
  })

  it("says where each batch ends, counted from where reading began", () => {
    assert.deepStrictEqual(split(Buffer.from("ä\nb"), [1], 100), [
      { lines: ["ä"], end: 103, ending: "newline" },
      { lines: ["b"], end: 104, ending: "end" }
    ])
  })

  it("marks what is not UTF-8 and goes on", () => {
    assert.deepStrictEqual(texts(split(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82, 0x0a]), [])), [
      "a\ufffdb",
      "\ufffd"
    ])
  })

  it("keeps a byte order mark", () => {
    assert.deepStrictEqual(texts(split(Buffer.from("\ufeffa\n"), [])), ["\ufeffa"])
  })

  it("gives lines up to the limit in one piece and longer ones in pieces, without cutting a character", () => {
    const exact = "x".repeat(LINE_LIMIT)
    assert.deepStrictEqual(
      split(Buffer.from(`${exact}\n`), []).map(({ ending, lines }) => [lines.map(({ length }) => length), ending]),
      [[[LINE_LIMIT], "newline"]]
    )
    const long = `${"x".repeat(LINE_LIMIT - 1)}€tail\n`
    for (const cuts of [[], [LINE_LIMIT - 1], [LINE_LIMIT], [LINE_LIMIT + 1]]) {
      const batches = split(Buffer.from(long), cuts)
      assert.deepStrictEqual(
        batches.map(({ ending, lines }) => [lines.map(({ length }) => length), ending]),
        [
          [[LINE_LIMIT - 1], "continues"],
          [[5], "newline"]
        ]
      )
      assert.strictEqual(joined(batches), long)
      assert.strictEqual(batches.at(-1)?.end, Buffer.byteLength(long))
    }
  })

  it("holds no more than one piece of a line of 100 MB, in chunks of any size", () => {
    const splitter = new LogSplitter()
    const chunk = Buffer.alloc(100_000, "x")
    let pieces = 0
    for (let sent = 0; sent < 100_000_000; sent += chunk.length) {
      for (const { ending, lines } of splitter.push(chunk)) {
        pieces++
        assert.strictEqual(ending, "continues")
        assert.strictEqual(lines[0]?.length, LINE_LIMIT)
      }
      assert.isAtMost(splitter.rest.length, LINE_LIMIT)
    }
    assert.strictEqual(pieces, Math.floor((100_000_000 - 1) / LINE_LIMIT))
    assert.strictEqual(splitter.end, pieces * LINE_LIMIT)
  })

  it("gives a line that carries values alone, with the offset before and behind it", () => {
    const text = '\xffa\n::{"outputs":{}}::\n::{\nb\n ::{no\n::{last'
    const bytes = Buffer.from(text, "latin1")
    for (let cut = 0; cut <= bytes.length; cut++) {
      const batches = split(bytes, [cut])
      assert.deepStrictEqual(
        batches.filter(({ lines }) => lines.some((line) => line.startsWith("::{"))),
        [
          { lines: ['::{"outputs":{}}::'], end: 22, ending: "newline" },
          { lines: ["::{"], end: 26, ending: "newline" },
          { lines: ["::{last"], end: bytes.length, ending: "end" }
        ]
      )
      assert.isTrue(batches.some(({ end }) => end === 3))
    }
  })

  it("gives the last piece of a line in pieces alone", () => {
    for (const tail of ["", "tail"]) {
      const long = `before\n${"x".repeat(LINE_LIMIT)}${tail}\nafter\n`
      for (const cuts of [[], [LINE_LIMIT + 7]]) {
        const batches = split(Buffer.from(long), cuts).filter(
          ({ ending, lines }) => ending === "newline" && lines[0] !== "before"
        )
        if (tail === "")
          assert.deepStrictEqual(
            texts(batches).map((line) => line.slice(0, 8)),
            ["xxxxxxxx", "after"]
          )
        else
          assert.deepStrictEqual(
            batches.map(({ lines }) => lines),
            [["tail"], ["after"]]
          )
      }
    }
  })

  it.effect.prop(
    "cuts any text alike, whatever the chunks, and loses no byte of it",
    [Schema.String, Schema.Array(Schema.Int)],
    ([text, cuts]) =>
      Effect.sync(() => {
        const bytes = Buffer.from(`${text}\nä€😀\n${text}`)
        const whole = bytes.toString("utf8").split("\n")
        if (whole.at(-1) === "") whole.pop()
        const inside = cuts.map((cut) => Math.abs(cut) % (bytes.length + 1))
        const batches = split(bytes, inside)
        assert.deepStrictEqual(texts(batches), whole)
        assert.strictEqual(joined(batches), bytes.toString("utf8"))
        assert.strictEqual(batches.at(-1)?.end, bytes.length)
      })
  )

  it.effect.prop(
    "gives the same lines for bytes that are not UTF-8, whatever the chunks and wherever a second reader goes on",
    [Schema.Array(Schema.Literals([0x0a, 0x61, 0x80, 0xbf, 0xc3, 0xe2, 0xf0, 0xff])), Schema.Array(Schema.Int)],
    ([values, cuts]) =>
      Effect.sync(() => {
        const bytes = Buffer.from(values)
        const whole = split(bytes, [])
        const inside = cuts.map((cut) => Math.abs(cut) % (bytes.length + 1))
        assert.deepStrictEqual(texts(split(bytes, inside)), texts(whole))
        for (const cut of inside) {
          const first = new LogSplitter()
          const before = first.push(bytes.subarray(0, cut))
          const after = split(bytes.subarray(first.end), [], first.end)
          assert.deepStrictEqual([...texts(before), ...texts(after)], texts(whole))
        }
      })
  )
})
