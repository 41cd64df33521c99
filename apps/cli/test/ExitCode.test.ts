import { assert, describe, it } from "@effect/vitest"
import { FileSyncError, FileSyncReason } from "@podwright/file-sync"
import { KubeError } from "@podwright/k8s-io"
import { Diagnosis, RunError, RunReason, type RunResult } from "@podwright/runner"
import { exitCodeOfError, exitCodeOfResult } from "../src/ExitCode.ts"

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

describe("exitCodeOfResult", () => {
  it("is the command's own", () => {
    assert.strictEqual(exitCodeOfResult(result), 0)
    assert.strictEqual(exitCodeOfResult({ ...result, state: "FAILED", exitCode: 42 }), 42)
    assert.strictEqual(exitCodeOfResult({ ...result, state: "FAILED", exitCode: 137 }), 137)
  })
})

describe("exitCodeOfError", () => {
  const files = (reason: FileSyncError["reason"]) =>
    new RunReason.Files({ error: new FileSyncError({ operation: "run session", reason }) })
  const diagnosis = new Diagnosis({
    cause: { _tag: "Evicted", node: "n", reason: "Evicted", said: "s" },
    kind: "transient",
    summary: "s",
    remedy: "r"
  })
  const cases: ReadonlyArray<readonly [RunError["reason"], number]> = [
    [new RunReason.TimedOut({ stage: "running", limit: "timeout", seconds: 1, spentOn: "x" }), 124],
    [files(new FileSyncReason.InputUnreadable({ name: "n", source: "s", detail: "d" })), 2],
    [files(new FileSyncReason.PatternInvalid({ pattern: "p", detail: "d" })), 2],
    [files(new FileSyncReason.OutputUnwritable({ path: "p", detail: "d" })), 2],
    [files(new FileSyncReason.Protocol({ detail: "d" })), 125],
    [
      new RunReason.Kube({
        error: new KubeError({ operation: "Pods.get", subject: {}, reason: { _tag: "Unauthorized", detail: "d" } })
      }),
      125
    ],
    [new RunReason.PodFailed({ diagnosis }), 125],
    [new RunReason.PodExists({ pod: "p", owner: "of somebody else" }), 125],
    [new RunReason.OutputMissing({ names: ["n"] }), 125]
  ]
  for (const [reason, code] of cases) {
    it(`${reason._tag} is ${code}`, () =>
      assert.strictEqual(exitCodeOfError(new RunError({ operation: "o", reason })), code))
  }
})
