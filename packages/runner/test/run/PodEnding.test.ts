import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { mayHelperEnd, podEnding } from "../../src/run/PodEnding.ts"
import { RunError } from "../../src/task/RunError.ts"
import { Detached, LeaseLost, PodExists, TimedOut } from "../../src/task/RunReason.ts"
import type { RunResult } from "../../src/task/RunResult.ts"

const result: RunResult = {
  pod: "p",
  namespace: "n",
  node: null,
  containers: {},
  timings: {},
  logLines: { stdout: 0, stderr: 0 },
  logGaps: 0,
  outputs: {},
  metrics: [],
  state: "SUCCESS",
  exitCode: 0,
  outputFiles: {},
  diagnosis: null
}
const failure = new RunError({ operation: "run", reason: new PodExists({ pod: "p", owner: "of somebody else" }) })
const late = new RunError({
  operation: "run",
  reason: new TimedOut({ stage: "running", limit: "timeout", seconds: 1, spentOn: "x" })
})

const failed = { ...result, state: "FAILED" as const, exitCode: 3 }
const detached = new RunError({ operation: "run", reason: new Detached({ pod: "p" }) })
const overtaken = new RunError({ operation: "run", reason: new LeaseLost({ pod: "p", holder: "h/1/w" }) })

describe("podEnding", () => {
  const cases: ReadonlyArray<readonly [string, Exit.Exit<RunResult, RunError>, ReadonlyArray<string>]> = [
    ["a result", Exit.succeed(result), ["Delete", "Keep", "Delete"]],
    ["a command that failed", Exit.succeed(failed), ["Delete", "Keep", "Keep"]],
    ["a platform failure", Exit.fail(failure), ["Kill", "Keep", "Keep"]],
    ["time is up", Exit.fail(late), ["Kill", "Kill", "Kill"]],
    ["cancelled", Exit.interrupt(), ["Kill", "Kill", "Kill"]],
    ["a defect of ours", Exit.die(new Error("bug")), ["Kill", "Kill", "Kill"]],
    ["detached", Exit.fail(detached), ["Leave", "Leave", "Leave"]],
    ["taken over by another driver", Exit.fail(overtaken), ["Keep", "Keep", "Keep"]]
  ]
  for (const [name, exit, expected] of cases) {
    it(name, () => {
      const found = ([true, false, "onSuccess"] as const).map((deletion) => podEnding(exit, deletion)._tag)
      assert.deepStrictEqual(found, expected)
    })
  }
})

describe("mayHelperEnd", () => {
  const cases: ReadonlyArray<readonly [boolean | "onSuccess", number, number, boolean]> = [
    [true, 0, 0, false],
    [true, 1, 0, false],
    [false, 0, 0, true],
    [false, 1, 0, true],
    ["onSuccess", 0, 0, false],
    ["onSuccess", 1, 0, true],
    ["onSuccess", 0, 1, true]
  ]
  it.each(cases)("delete %s, exit code %i, %i outputs missing: %s", (deletion, exitCode, missing, expected) => {
    assert.strictEqual(mayHelperEnd(deletion, exitCode, missing), expected)
  })
})
