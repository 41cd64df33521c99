import { assert, describe, it } from "@effect/vitest"
import { LogTail } from "../../src/task/LogTail.ts"

describe("LogTail", () => {
  it("keeps the last ten lines of stderr", () => {
    const tail = new LogTail()
    tail.add("stdout", ["out"])
    for (let line = 1; line <= 12; line++) tail.add("stderr", [`${line}`])
    assert.deepStrictEqual(tail.lines, ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12"])
  })
  it("has those of stdout where nothing was on stderr", () => {
    const tail = new LogTail()
    assert.deepStrictEqual(tail.lines, [])
    tail.add("stdout", ["a", "b"])
    assert.deepStrictEqual(tail.lines, ["a", "b"])
  })
  it("cuts a long line", () => {
    const tail = new LogTail()
    tail.add("stderr", ["x".repeat(1_000_000)])
    assert.strictEqual(tail.lines[0]?.length, 401)
  })
})
