import { assert, describe, it } from "@effect/vitest"
import { Exit } from "effect"
import { podEnding } from "../src/PodEnding.ts"
import { PodExists, RunError, TimedOut } from "../src/RunError.ts"
import type { RunResult } from "../src/RunResult.ts"

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
const failure = new RunError({ operation: "run", reason: new PodExists({ owner: "of somebody else" }) })
const late = new RunError({ operation: "run", reason: new TimedOut({ limit: "timeout", seconds: 1, spentOn: "x" }) })

describe("podEnding", () => {
  const cases: ReadonlyArray<readonly [string, Exit.Exit<RunResult, RunError>, string, string]> = [
    ["a result", Exit.succeed(result), "Delete", "Keep"],
    ["a platform failure", Exit.fail(failure), "Kill", "Keep"],
    ["time is up", Exit.fail(late), "Kill", "Kill"],
    ["cancelled", Exit.interrupt(), "Kill", "Kill"],
    ["a defect of ours", Exit.die(new Error("bug")), "Kill", "Kill"]
  ]
  for (const [name, exit, deleting, keeping] of cases) {
    it(name, () => {
      assert.strictEqual(podEnding(exit, true)._tag, deleting)
      assert.strictEqual(podEnding(exit, false)._tag, keeping)
    })
  }
})
