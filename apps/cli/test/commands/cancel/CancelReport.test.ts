import { assert, describe, it } from "@effect/vitest"
import type { CancelledTask, TaskPod } from "@podwright/runner"
import { cancelledLine, cancellingJson } from "../../../src/commands/cancel/CancelReport.ts"

const pod: TaskPod = {
  namespace: "team",
  pod: "p",
  uid: "u",
  executionId: "e1",
  flowId: "etl",
  flowNamespace: "company.team",
  taskId: "load",
  taskRunId: "r1",
  attempt: 0,
  state: "running",
  exitCode: undefined,
  createdAt: 0,
  node: "node1",
  driver: { _tag: "Driven", host: "host-3", pid: 4711, renewedAt: 0 },
  reason: undefined,
  remedy: undefined
}

describe("what is said of a pod", () => {
  const table: ReadonlyArray<readonly [CancelledTask, string]> = [
    [{ pod, outcome: "DriverStops" }, "cancelled: its driver host-3/4711 stops it"],
    [{ pod, outcome: "Deleted" }, "cancelled: no driver reacted, so the pod is being deleted with its grace period"],
    [{ pod, outcome: "Deleting" }, "not cancelled: the pod is being deleted already"],
    [
      { pod: { ...pod, state: "failed", exitCode: 3 }, outcome: "Ended" },
      "not cancelled: the command has ended (failed, exit code 3)"
    ]
  ]
  it.each(table)("$outcome", (cancelled, expected) => {
    assert.strictEqual(cancelledLine(cancelled), `task load (team/p) ${expected}\n`)
  })

  it("has everything for scripts", () => {
    assert.deepStrictEqual(cancellingJson("e1", "ann@laptop", [{ pod, outcome: "DriverStops" }]), {
      executionId: "e1",
      by: "ann@laptop",
      pods: [
        {
          taskId: "load",
          taskRunId: "r1",
          attempt: 0,
          namespace: "team",
          pod: "p",
          uid: "u",
          stateBefore: "running",
          outcome: "DriverStops"
        }
      ]
    })
  })
})
