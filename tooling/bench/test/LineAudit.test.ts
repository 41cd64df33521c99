import { assert, describe, it } from "@effect/vitest"
import { LINE_BYTES, LineAudit } from "../src/LineAudit.ts"

const line = (number: number, letter = "o") =>
  `${letter} ${String(number).padStart(8, "0")} ${"x".repeat(LINE_BYTES - 12)}`

const audit = (lines: ReadonlyArray<string>, count: number) => {
  const one = new LineAudit("o")
  for (const each of lines) one.take(each)
  return { ...one.finish(count), holes: one.holes }
}

describe("LineAudit", () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, object]> = [
    ["nothing wrong", [line(1), line(2), line(3)], { lines: 3, lost: 0, doubled: 0, torn: 0, holes: 0 }],
    ["a line lost within and one at the end", [line(2)], { lines: 1, lost: 2, doubled: 0, torn: 0, holes: 2 }],
    ["a line twice", [line(1), line(2), line(2), line(3)], { lines: 4, lost: 0, doubled: 1, torn: 0, holes: 0 }],
    ["a line too late", [line(2), line(1), line(3)], { lines: 3, lost: 1, doubled: 1, torn: 0, holes: 1 }],
    ["half a line", [line(1), line(2).slice(9), line(3)], { lines: 3, lost: 1, doubled: 0, torn: 1, holes: 1 }],
    ["the other stream's line", [line(1), line(2, "e"), line(3)], { lines: 3, lost: 1, doubled: 0, torn: 1, holes: 1 }]
  ]
  for (const [name, lines, expected] of cases) {
    it(`sees ${name}`, () => assert.deepStrictEqual(audit(lines, 3), expected))
  }
})
