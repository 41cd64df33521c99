import { assert, describe, it } from "@effect/vitest"
import type { TaskPod } from "@podwright/runner"
import { podJson, podRow, podTable } from "../../../src/commands/ps/PsReport.ts"

const NOW = Date.parse("2026-01-02T03:04:05Z")
const driven: TaskPod["driver"] = { _tag: "Driven", host: "host-3", pid: 4711, renewedAt: NOW - 4000 }

const pod = (more: Partial<TaskPod> = {}): TaskPod => ({
  namespace: "team",
  pod: "team-etl-load-1x",
  uid: "u",
  executionId: "e1",
  flowId: "etl",
  flowNamespace: "company.team",
  taskId: "load",
  taskRunId: "r1",
  attempt: 0,
  state: "running",
  exitCode: undefined,
  createdAt: NOW - 90_000,
  node: "node1",
  driver: driven,
  reason: undefined,
  remedy: undefined,
  ...more
})

describe("podTable", () => {
  it("has a line of titles and one for each pod, its columns under each other", () => {
    const failed = pod({
      executionId: "nightly-2026-01-02",
      flowId: "load",
      state: "failed",
      exitCode: 3,
      driver: { _tag: "Abandoned", host: "h", pid: 1, renewedAt: NOW - 7_200_000 },
      reason: "the command ended with exit code 3"
    })
    assert.strictEqual(
      podTable([pod(), failed], NOW, false).text,
      [
        "EXECUTION           TASK      ATTEMPT  STATE       AGE      NODE   DRIVER                               REASON",
        "e1                  etl/load  0        running     1.5 min  node1  host-3/4711, renewed 4.0 s ago       -",
        "nightly-2026-01-02  load      0        failed (3)  1.5 min  node1  abandoned by h/1, renewed 2.0 h ago  the command ended with exit code 3",
        ""
      ].join("\n")
    )
  })
  it("begins with the namespace where it is of all of them", () => {
    assert.match(podTable([pod()], NOW, true).text, /^NAMESPACE {2}EXECUTION.*\nteam {7}e1 /)
  })
  it("adds rows that come later under the same columns", () => {
    const { text, widths } = podTable([pod()], NOW, false)
    assert.strictEqual(podRow(pod(), NOW, false, widths), `${text.split("\n")[1]}\n`)
  })
  it("keeps a server's words in one line, without controls", () => {
    const { text } = podTable([pod({ reason: "a\nb\u001b[31m" })], NOW, false)
    assert.lengthOf(text.trimEnd().split("\n"), 2)
    assert.notInclude(text, "\u001b")
  })

  const drivers: ReadonlyArray<readonly [TaskPod["driver"], string]> = [
    [{ _tag: "NeverRenewed", host: "h", pid: 1, renewedAt: NOW }, "h/1, never renewed its lease"],
    [{ _tag: "Released", releasedAt: NOW - 60_000 }, "released 1.0 min ago"],
    [{ _tag: "Unknown" }, "-"]
  ]
  it.each(drivers)("says of a driver who it is: $_tag", (driver, words) => {
    assert.include(podTable([pod({ driver })], NOW, false).text, `node1  ${words}`)
  })
})

describe("podJson", () => {
  it("has everything for scripts, units in names", () => {
    assert.deepStrictEqual(podJson(pod({ reason: "r", remedy: "do" }), NOW), {
      executionId: "e1",
      flowId: "etl",
      taskId: "load",
      taskRunId: "r1",
      attempt: 0,
      state: "running",
      exitCode: null,
      namespace: "team",
      pod: "team-etl-load-1x",
      uid: "u",
      node: "node1",
      createdAt: "2026-01-02T03:02:35.000Z",
      ageSeconds: 90,
      driver: {
        state: "Driven",
        host: "host-3",
        pid: 4711,
        renewedAt: "2026-01-02T03:04:01.000Z",
        releasedAt: null
      },
      reason: "r",
      remedy: "do"
    })
  })
})
