import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit } from "effect"
import { Diagnosis } from "../../src/diagnosis/Diagnosis.ts"
import { mayHelperEnd, podEnding, removalGrace } from "../../src/run/PodEnding.ts"
import { RunError } from "../../src/task/RunError.ts"
import { Cancelled, Detached, LeaseLost, PodExists, PodFailed, TimedOut } from "../../src/task/RunReason.ts"
import type { RunResult } from "../../src/task/RunResult.ts"
import { task } from "../support/BegunRun.ts"
import { causes } from "../support/causes.ts"
import { preparedOf } from "../support/PreparedOf.ts"

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
const lostNode = new RunError({
  operation: "run",
  reason: new PodFailed({
    diagnosis: new Diagnosis({ cause: causes.NodeLost, kind: "transient", summary: "s", remedy: "r" })
  })
})

const failed = { ...result, state: "FAILED" as const, exitCode: 3 }
const detached = new RunError({ operation: "run", reason: new Detached({ pod: "p" }) })
const cancelled = new RunError({ operation: "run", reason: new Cancelled({ pod: "p", by: "u@h", at: "t" }) })
const overtaken = new RunError({ operation: "run", reason: new LeaseLost({ pod: "p", holder: "h/1/w" }) })

describe("podEnding", () => {
  const cases: ReadonlyArray<readonly [string, Exit.Exit<RunResult, RunError>, ReadonlyArray<string>]> = [
    ["a result", Exit.succeed(result), ["Delete", "Keep", "Delete"]],
    ["a command that failed", Exit.succeed(failed), ["Delete", "Keep", "Keep"]],
    ["a platform failure", Exit.fail(failure), ["Stop", "Keep", "Keep"]],
    ["a node that does not answer", Exit.fail(lostNode), ["Force", "Keep", "Keep"]],
    ["time is up", Exit.fail(late), ["Stop", "Stop", "Stop"]],
    ["cancelled", Exit.interrupt(), ["Stop", "Stop", "Stop"]],
    ["cancelled from elsewhere", Exit.fail(cancelled), ["Stop", "Stop", "Stop"]],
    ["a defect of ours", Exit.die(new Error("bug")), ["Stop", "Stop", "Stop"]],
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

describe("removalGrace", () => {
  const stop = { _tag: "Stop", collect: true } as const
  const ended = { _tag: "Delete" } as const
  const cases: ReadonlyArray<
    readonly [string, Parameters<typeof removalGrace>[0], number | undefined, number | undefined, number]
  > = [
    ["a stop that nobody says anything of", stop, undefined, undefined, 10],
    ["a stop with a grace period in the file", stop, 45, undefined, 45],
    ["a stop with a grace from outside, which is asked for later than the file was written", stop, 45, 3, 3],
    ["a stop at once still waits for the containers' end", stop, 45, 0, 1],
    ["a part of a second is a whole one", stop, undefined, 1.5, 2],
    ["a stop of a pod that has no grace still waits for the containers' end", stop, 0, undefined, 1],
    ["an end of its own is the pod's as Kubernetes has it", ended, undefined, 3, 30],
    ["an end of its own has the file's grace period", ended, 45, 3, 45],
    ["an end of its own in a pod that has no grace", ended, 0, undefined, 1],
    ["a node that does not answer", { _tag: "Force" }, 45, 3, 0]
  ]
  it.effect.each(cases)("%s", ([_name, ending, seconds, asked, expected]) =>
    Effect.gen(function* () {
      const podSpec = seconds === undefined ? {} : { podSpec: { terminationGracePeriodSeconds: seconds } }
      const { plan } = preparedOf(yield* task(podSpec))
      assert.strictEqual(removalGrace(ending, plan, asked), expected)
    })
  )
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
