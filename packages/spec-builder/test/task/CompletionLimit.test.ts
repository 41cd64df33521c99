import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { completionLimit } from "../../src/task/CompletionLimit.ts"

describe("completionLimit", () => {
  const runner = { waitUntilCompletion: Duration.hours(1) }
  it("is the task's own timeout where it has one", () => {
    const limit = completionLimit(Duration.hours(2), runner)
    assert.deepStrictEqual(limit, { option: "timeout", duration: Duration.hours(2) })
  })
  it("is the runner's waitUntilCompletion where the task has none", () => {
    const limit = completionLimit(undefined, runner)
    assert.deepStrictEqual(limit, { option: "waitUntilCompletion", duration: Duration.hours(1) })
  })
})
