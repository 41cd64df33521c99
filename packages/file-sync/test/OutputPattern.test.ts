import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { outputPattern } from "../src/OutputPattern.ts"

describe("outputPattern", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ["out.txt", "out.txt"],
    ["a/b.txt", "a/b.txt"],
    ["*.log", "*.log"],
    ["d/[ab]?.txt", "d/[ab]?.txt"],
    ["with space", "with space"],
    ["/podwright/work/out.txt", "out.txt"],
    ["", undefined],
    ["/podwright/work/", undefined],
    ["/etc/passwd", undefined],
    ["../x", undefined],
    ["a/../../x", undefined],
    ["./x", undefined],
    ["**/*.txt", undefined],
    ["glob:*.txt", undefined],
    ["regex:.*", undefined],
    ["*.{csv,txt}", undefined],
    ["{literal}", "{literal}"]
  ]
  for (const [pattern, expected] of cases) {
    it(JSON.stringify(pattern), () => {
      const result = outputPattern(pattern, "/podwright/work")
      assert.strictEqual(Result.isSuccess(result) ? result.success : undefined, expected)
      if (Result.isFailure(result)) assert.include(result.failure.message, `'${pattern}'`)
    })
  }
})
