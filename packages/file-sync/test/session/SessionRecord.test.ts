import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { parseRecord, type SessionOutput, SessionParser } from "../../src/session/SessionRecord.ts"
import { RECORD_MARK } from "../../src/session/SessionScript.ts"

const nonce = "0123456789abcdef"
const sha = "a".repeat(64)
const record = (line: string) => `${RECORD_MARK}${nonce} ${line}\n`

/** Joins neighbouring log and archive pieces, so that outputs compare whatever the chunks were. */
const joined = (outputs: ReadonlyArray<SessionOutput>) => {
  const result: Array<readonly [string, string]> = []
  for (const output of outputs) {
    const text =
      output._tag === "Record"
        ? JSON.stringify(output.record)
        : output._tag === "Garbage"
          ? output.text
          : Buffer.from(output.bytes).toString("latin1")
    const last = result.at(-1)
    if (last !== undefined && last[0] === output._tag && output._tag !== "Record") {
      result[result.length - 1] = [last[0], last[1] + text]
    } else result.push([output._tag, text])
  }
  return result
}

const parse = (bytes: Buffer, cuts: ReadonlyArray<number>) => {
  const parser = new SessionParser(nonce)
  const outputs: Array<SessionOutput> = []
  let from = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    outputs.push(...parser.push(bytes.subarray(from, cut)))
    from = Math.max(from, cut)
  }
  outputs.push(...parser.push(bytes.subarray(from)))
  return joined(outputs)
}

describe("parseRecord", () => {
  const cases: ReadonlyArray<readonly [string, unknown]> = [
    ["send", { _tag: "Send" }],
    ["present", { _tag: "Present" }],
    ["ready", { _tag: "Ready" }],
    ["log", { _tag: "LogStart" }],
    ["end", { _tag: "End" }],
    [`received 10240 ${sha} -`, { _tag: "Received", bytes: 10240, sha256: sha }],
    ["exit 3 8 4", { _tag: "Exit", code: 3, stdoutBytes: 8, stderrBytes: 4 }],
    ["exit none 0 0", { _tag: "Exit", code: undefined, stdoutBytes: 0, stderrBytes: 0 }],
    ["exit  3 8 4", { _tag: "Exit", code: 3, stdoutBytes: 8, stderrBytes: 4 }],
    ["missing 2", { _tag: "Missing", index: 2 }],
    ["archive", { _tag: "ArchiveStart", of: undefined }],
    ["archive 3", { _tag: "ArchiveStart", of: 3 }],
    ["archive x", undefined],
    ["piece 10240", { _tag: "Piece", bytes: 10240 }],
    [`digest ${sha}`, { _tag: "Digest", sha256: sha }],
    ["fail input No space left on device", { _tag: "Failed", stage: "input", detail: "No space left on device" }],
    ["exit x 1 2", undefined],
    ["exit 1 2", undefined],
    ["piece", undefined],
    ["received 12 abc", undefined],
    ["digest", undefined],
    ["fail", undefined],
    ["hello", undefined],
    ["", undefined]
  ]
  for (const [line, expected] of cases) {
    it(JSON.stringify(line), () => assert.deepStrictEqual(parseRecord(line), expected as never))
  }
})

describe("SessionParser", () => {
  // A log that looks like records of another session, ends in the beginning of a mark, and an
  // archive full of marks.
  const log = `line\n${RECORD_MARK}feedfeedfeedfeed exit 0 0 0\n${RECORD_MARK}${nonce.slice(0, 5)}`
  const archive = record("exit 0 0 0") + "\u0000\u00ff".repeat(10)
  const bytes = Buffer.from(
    record("send") +
      record("ready") +
      record("log") +
      log +
      record(`exit 0 ${log.length} 0`) +
      record("archive") +
      record("piece 5") +
      archive.slice(0, 5) +
      record(`piece ${archive.length - 5}`) +
      archive.slice(5) +
      record(`digest ${sha}`) +
      record("end"),
    "latin1"
  )
  const whole = parse(bytes, [])

  it("tells records, log and archive apart", () => {
    assert.deepStrictEqual(
      whole.map(([tag]) => tag),
      ["Record", "Record", "Record", "Log"].concat(
        ["Record", "Record", "Record", "Archive"],
        ["Record", "Archive", "Record", "Record"]
      )
    )
    assert.strictEqual(whole[3]?.[1], log)
    assert.strictEqual(`${whole[7]?.[1]}${whole[9]?.[1]}`, archive)
  })

  it("gives the same for one byte at a time", () => {
    assert.deepStrictEqual(parse(bytes, Array.from(bytes.keys())), whole)
  })

  it.effect.prop("gives the same for chunks of any size", [Schema.Array(Schema.Int)], ([cuts]) =>
    Effect.sync(() => {
      const inside = cuts.map((cut) => Math.abs(cut) % bytes.length)
      assert.deepStrictEqual(parse(bytes, inside), whole)
    })
  )

  it("holds nothing of a log back that cannot begin a record", () => {
    const parser = new SessionParser(nonce)
    parser.push(Buffer.from(record("log")))
    assert.deepStrictEqual(joined(parser.push(Buffer.from("no newline yet"))), [["Log", "no newline yet"]])
  })

  it("reports bytes that belong to nothing", () => {
    assert.deepStrictEqual(parse(Buffer.from("sh: not found\n"), []), [["Garbage", "sh: not found\n"]])
    assert.deepStrictEqual(parse(Buffer.from(record("nonsense")), []), [["Garbage", "nonsense"]])
  })

  it("does not collect a record without an end for ever", () => {
    const outputs = joined(new SessionParser(nonce).push(Buffer.from(`${RECORD_MARK}${nonce} ${"x".repeat(30_000)}`)))
    assert.strictEqual(outputs[0]?.[0], "Garbage")
  })
})
