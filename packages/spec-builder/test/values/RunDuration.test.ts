import { assert, describe, it } from "@effect/vitest"
import { Duration, Option, Result, Schema } from "effect"
import { parseRunDuration, RunDuration } from "../../src/values/RunDuration.ts"

describe("RunDuration", () => {
  const readable: ReadonlyArray<readonly [string, number]> = [
    ["PT1H30M", 5_400_000],
    ["pt1h30m", 5_400_000],
    ["PT30S", 30_000],
    ["PT0.5S", 500],
    ["P1DT2H", 93_600_000],
    ["P1W", 604_800_000],
    ["PT0S", 0],
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["250ms", 250],
    ["1m0.25s", 60_250],
    [" 5m ", 300_000],
    ["0", 0]
  ]
  for (const [text, millis] of readable) {
    it(`reads '${text}'`, () => {
      assert.deepStrictEqual(Option.map(parseRunDuration(text), Duration.toMillis), Option.some(millis))
    })
  }
  for (const text of [
    "",
    "30",
    "P",
    "PT",
    "P1M",
    "P1Y",
    "-5s",
    "-PT5S",
    "5 minutes",
    "1d",
    "PT1",
    "s",
    "1h-30m",
    "NaNs"
  ]) {
    it(`refuses '${text}'`, () => {
      const decoded = Schema.decodeResult(RunDuration)(text)
      assert.isTrue(Result.isFailure(decoded))
      if (Result.isFailure(decoded)) assert.include(decoded.failure.message, "PT1H30M, 90s or 1h30m")
    })
  }
  it("reads back what it writes, for any whole number of milliseconds", () => {
    for (let millis = 0; millis < 10_000_000; millis = millis * 3 + 7) {
      const text = Schema.encodeSync(RunDuration)(Duration.millis(millis))
      assert.strictEqual(Duration.toMillis(Schema.decodeSync(RunDuration)(text)), millis)
    }
  })
})
