/**
 * How much of a limit remains. Numbers such as R16 are rows of the catalogue in
 * packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { remainingLimit } from "../../src/run/RunClock.ts"

describe("remainingLimit", () => {
  const cases: ReadonlyArray<readonly [string, number, number, number]> = [
    ["the whole limit in a new pod", 60, 0, 60],
    ["R16 the rest of the limit in an adopted pod", 60, 20, 40],
    ["R16 a few seconds in an adopted pod whose limit passed long ago", 60, 4000, 10],
    ["no more than the limit in an adopted pod whose limit passed long ago", 5, 4000, 5],
    ["R16 no more than the limit in an adopted pod by a clock ahead of ours", 60, -30, 60]
  ]
  it.each(cases)("%s", (_what, limit, spent, expected) => {
    assert.strictEqual(Duration.toSeconds(remainingLimit(Duration.seconds(limit), spent * 1000)), expected)
  })
})
