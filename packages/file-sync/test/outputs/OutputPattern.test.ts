import { assert, describe, it } from "@effect/vitest"
import { escapeText } from "@podwright/spec-builder"
import { Result } from "effect"
import { outputPattern, outputSelection } from "../../src/outputs/OutputPattern.ts"

const WORK = "/podwright/work"

describe("outputPattern", () => {
  /** The name it stands for; "*" for one that may match nothing; undefined when it is refused. */
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["out.txt", "out.txt"],
    ["a/b.txt", "a/b.txt"],
    ["*.log", "*"],
    ["d/[ab]?.txt", "*"],
    ["with space", "with space"],
    ["/podwright/work/out.txt", "out.txt"],
    ["glob:/podwright/work/*.txt", "*"],
    ["glob:out.txt", "out.txt"],
    ["odd\\*name", "odd*name"],
    ["**/*.txt", "*"],
    ["regex:.*", "*"],
    ["regex:plain", "*"],
    ["*.{csv,txt}", "*"],
    ["{literal}", "{literal}"],
    ["folder/", "folder"],
    ["caf\\xe9.txt", "caf\\xe9.txt"],
    ["caf\\xe9*", "*"],
    ["caf\\\\xe9", "caf\\x5cxe9"],
    ["\\xg0\\xE9", "xg0xE9"],
    ["\\x2e\\x2e/x", undefined],
    ["\\.\\./x", undefined],
    ["\\/etc/passwd", undefined],
    ["\\x2fetc/passwd", undefined],
    ["a\\x00b", undefined],
    ["a//b", undefined],
    ["", undefined],
    ["glob:", undefined],
    ["/podwright/work/", undefined],
    ["/etc/passwd", undefined],
    ["../x", undefined],
    ["a/../../x", undefined],
    ["./x", undefined],
    ["a\0b", undefined],
    ["[ab", undefined],
    ["[z-a]", undefined],
    ["regex:(", undefined],
    ["regex:a(?=b)", undefined],
    ["regex:(a)\\1", undefined],
    ["regex:a^b", undefined]
  ]
  for (const [pattern, expected] of cases) {
    it(JSON.stringify(pattern), () => {
      const result = outputPattern(pattern, WORK)
      const found = Result.isFailure(result) ? undefined : result.success._tag === "Name" ? result.success.name : "*"
      assert.strictEqual(found, expected)
      if (Result.isFailure(result)) assert.include(result.failure.message, `'${escapeText(pattern)}'`)
    })
  }

  it("keeps names apart from what may match nothing, and takes all patterns together", () => {
    const selection = Result.getOrThrow(outputSelection(["a.txt", "*.x", "b", "regex:c+"], WORK, false))
    assert.deepStrictEqual(selection, {
      names: ["a.txt", "b"],
      expression: "work/([^/]*\\\\.x|c+)",
      workingFolder: false
    })
  })
})
