/**
 * How much of a limit remains. Numbers such as R16 are rows of the catalogue in
 * packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { remainingLimit } from "../../src/run/RunClock.ts"

describe("remainingLimit", () => {
  const cases: ReadonlyArray<readonly [string, number, number, number]> = [
    ["all of it in a pod of its own", 60, 0, 60],
    ["R16 what is left in one that was taken over", 60, 20, 40],
    ["R16 a look, when it has run out long ago", 60, 4000, 10],
    ["no longer a look than the limit", 5, 4000, 5],
    ["R16 no more than the limit, whatever a clock says", 60, -30, 60]
  ]
  it.each(cases)("%s", (_what, limit, spent, expected) => {
    assert.strictEqual(Duration.toSeconds(remainingLimit(Duration.seconds(limit), spent * 1000)), expected)
  })
})
