import { assert, describe, it } from "@effect/vitest"
import { allowedEnd, type TaskEnd } from "../../src/flow/FlowEnd.ts"
import { RunError } from "../../src/task/RunError.ts"
import { Detached, TimedOut } from "../../src/task/RunReason.ts"
import type { RunResult } from "../../src/task/RunResult.ts"

const ended = (state: RunResult["state"]): TaskEnd => ({
  _tag: "Result",
  taskId: "t",
  result: {
    state,
    pod: "p",
    namespace: "n",
    node: null,
    timings: {},
    containers: {},
    logLines: { stdout: 0, stderr: 0 },
    logGaps: 0,
    outputs: {},
    metrics: [],
    exitCode: 0,
    outputFiles: {},
    diagnosis: null
  }
})
const failedBy = (reason: RunError["reason"]): TaskEnd => ({
  _tag: "Error",
  taskId: "t",
  error: new RunError({ operation: "o", reason })
})
const late = failedBy(new TimedOut({ stage: "running", limit: "timeout", seconds: 1, spentOn: "the command" }))
const left = failedBy(new Detached({ pod: "p" }))

const group = (id: string, allowFailure: boolean) => ({ id, allowFailure, path: [], disabled: false, runIf: undefined })
const plain = { allowFailure: false, allowWarning: false, groups: [] }
const grouped = { ...plain, groups: [group("outer", true), group("middle", true), group("inner", false)] }

const shown = ({ abandons, end }: ReturnType<typeof allowedEnd>) => [
  end._tag === "Result" ? end.result.state : end.allowed === true ? "allowed" : "error",
  abandons
]

describe("allowedEnd", () => {
  it.each([
    ["a success stays one", plain, ended("SUCCESS"), ["SUCCESS", undefined]],
    ["a warning stays one", plain, ended("WARNING"), ["WARNING", undefined]],
    [
      "a warning that is allowed is a success",
      { ...plain, allowWarning: true },
      ended("WARNING"),
      ["SUCCESS", undefined]
    ],
    ["a failure stays one", plain, ended("FAILED"), ["FAILED", undefined]],
    [
      "a failure that is allowed is a warning",
      { ...plain, allowFailure: true },
      ended("FAILED"),
      ["WARNING", undefined]
    ],
    ["an error that is allowed lets the flow continue", { ...plain, allowFailure: true }, late, ["allowed", undefined]],
    ["a pod that was left is no failure", { ...plain, allowFailure: true }, left, ["error", undefined]],
    ["a group's allowFailure abandons the innermost that has it", grouped, ended("FAILED"), ["WARNING", "middle"]],
    ["also for an error", grouped, late, ["allowed", "middle"]],
    [
      "a task's own goes before its groups'",
      { ...grouped, allowFailure: true },
      ended("FAILED"),
      ["WARNING", undefined]
    ],
    ["a group of a pod that was left is not abandoned", grouped, left, ["error", undefined]]
  ])("%s", (_name, task, end, expected) => {
    assert.deepStrictEqual(shown(allowedEnd(task, end)), expected)
  })
})
