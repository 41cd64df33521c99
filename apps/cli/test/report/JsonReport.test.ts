import { assert, describe, it } from "@effect/vitest"
import { KubeError } from "@podwright/k8s-io"
import { RunError, RunReason } from "@podwright/runner"
import { jsonReport } from "../../src/report/JsonReport.ts"
import { facts, failure, success } from "../support/results.ts"

describe("jsonReport", () => {
  it("is one object for one task", () => {
    assert.deepStrictEqual(jsonReport("e1", [{ _tag: "Result", taskId: "t", result: failure }]), {
      execution: "e1",
      task: "t",
      state: "FAILED",
      exitCode: 3,
      outputFiles: failure.outputFiles,
      skipped: [],
      ...facts,
      attempts: [],
      cached: false,
      cachedAt: null,
      error: { cause: "CommandFailed", message: "it ended with code 3" }
    })
  })

  it("has the same keys when a run ended without a result", () => {
    const whole = Object.keys(jsonReport("e1", [{ _tag: "Result", taskId: "t", result: success }]) as object)
    const late = new RunError({
      operation: "o",
      reason: new RunReason.TimedOut({ stage: "running", limit: "timeout", seconds: 3, spentOn: "x" }),
      facts
    })
    const report = jsonReport("e1", [{ _tag: "Error", taskId: "t", error: late }])
    assert.deepStrictEqual(Object.keys(report as object).sort(), whole.sort())
    assert.include(report as object, { state: "TIMED_OUT", exitCode: null, pod: "pod-1" })
    const { outputFiles } = failure
    const stopped = jsonReport("e1", [
      { _tag: "Error", taskId: "t", error: late.with({ facts: { ...facts, outputFiles } }) }
    ])
    assert.deepInclude(stopped as object, { outputFiles })
    const early = new RunError({
      operation: "o",
      reason: new RunReason.PodExists({ pod: "p", owner: "of somebody else" })
    })
    assert.include(jsonReport("e1", [{ _tag: "Error", taskId: "t", error: early }]) as object, {
      state: "ERROR",
      pod: null
    })
  })

  it("has the state WARNING where a task may have failed, and the flow's own outputs", () => {
    const warned = { ...failure, state: "WARNING" } as const
    const ends = [
      { _tag: "Result", taskId: "a", result: warned },
      { _tag: "Result", taskId: "b", result: success }
    ] as const
    assert.include(jsonReport("e1", ends) as object, { task: "b", state: "WARNING", exitCode: 0 })
    assert.deepInclude(jsonReport("e1", ends, { x: 1 }) as object, { flowOutputs: { x: 1 } })
    const failed = [{ _tag: "Result", taskId: "a", result: failure }, ends[1]] as const
    assert.include(jsonReport("e1", failed) as object, { task: "a", state: "FAILED" })
  })

  it("is an object also when no task was begun", () => {
    const reason = { _tag: "Config", detail: "no cluster" } as const
    const error = new KubeError({ operation: "KubeConnection.open", subject: {}, reason })
    const report = jsonReport("e1", [{ _tag: "Error", taskId: null, error }])
    assert.include(report, { task: null, state: "ERROR", exitCode: null, pod: null })
    assert.include((report as { error: object }).error, { cause: "Config" })
  })

  it("lists the tasks of a flow and ends as the last one did", () => {
    const report = jsonReport("e1", [
      { _tag: "Result", taskId: "a", result: success },
      { _tag: "Result", taskId: "b", result: failure }
    ])
    assert.include(report as object, { task: "b", state: "FAILED" })
    assert.deepStrictEqual(
      (report as { tasks: ReadonlyArray<{ task: string }> }).tasks.map(({ task }) => task),
      ["a", "b"]
    )
  })
})
