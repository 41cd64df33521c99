import { assert, describe, it } from "@effect/vitest"
import { identityLabels, labelValue } from "../../src/pod/PodLabels.ts"
import { task } from "../fixtures.ts"

const VALID = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

describe("labelValue", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ["company.team", "company.team"],
    ["Keeps_Case-1", "Keeps_Case-1"],
    ["_-.lead", "lead"],
    ["trail_-.", "trail"],
    ["a b/c", "a-b-c"],
    ["", ""],
    ["...", ""],
    [`${"a".repeat(62)}-b`, "a".repeat(62)]
  ]
  for (const [text, expected] of cases) {
    it(`'${text}' is '${expected}'`, () => {
      assert.strictEqual(labelValue(text), expected)
    })
  }
  it("is valid for any run of awkward characters", () => {
    const characters = ["a", "-", ".", "_", " ", "é", "/", "𝒳"]
    for (let seed = 0; seed < 4_096; seed++) {
      const text = Array.from({ length: 4 }, (_, index) => characters[(seed >> (index * 3)) & 7]).join("")
      for (const value of [labelValue(text), labelValue(text.repeat(30))]) {
        assert.match(value, VALID)
        assert.isAtMost(value.length, 63)
      }
    }
  })
})

describe("identityLabels", () => {
  it("has exactly the six", () => {
    assert.deepStrictEqual(identityLabels(task().identity), {
      "podwright.dev/namespace": "company.team",
      "podwright.dev/flow-id": "daily",
      "podwright.dev/task-id": "hello",
      "podwright.dev/execution-id": "execution-1",
      "podwright.dev/taskrun-id": "run-1",
      "podwright.dev/taskrun-attempt": "0"
    })
  })
})
