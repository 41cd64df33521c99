/**
 * How long a stage may take, and how much of that remains. Numbers such as R16 are rows of the catalogue in
 * packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { COLLECT_SILENCE, remainingLimit, silenceLeft, stageLimit } from "../../src/run/RunClock.ts"
import { taskRequest } from "../../src/task/TaskRequest.ts"

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

describe("stageLimit", () => {
  const { runner } = taskRequest({ image: "i" })
  const timeout = Duration.seconds(5)
  it.each([
    ["starting", undefined, "waitUntilRunning", runner.waitUntilRunning],
    ["starting", timeout, "waitUntilRunning", runner.waitUntilRunning],
    ["running", undefined, "waitUntilCompletion", runner.waitUntilCompletion],
    ["running", timeout, "timeout", timeout],
    ["collecting", timeout, "the wait for more output", COLLECT_SILENCE]
  ] as const)("%s, own timeout %s: %s", (stage, own, option, duration) => {
    assert.deepStrictEqual(stageLimit(stage, { runner, timeout: own }), { option, duration })
  })
})

describe("silenceLeft", () => {
  it("counts from the last arrival", () => {
    assert.strictEqual(silenceLeft(1_000, 1_000), 300_000)
    assert.strictEqual(silenceLeft(1_000, 302_000), -1_000)
  })
})
