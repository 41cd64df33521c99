/** Results of runs for the tests of reports. */
import { Diagnosis, type RunResult } from "@podwright/runner"

export const diagnosis = new Diagnosis({
  cause: { _tag: "CommandFailed", exitCode: 3, said: "" },
  kind: "permanent",
  summary: "it ended with code 3",
  remedy: "see its log"
})
export const facts = {
  pod: "pod-1",
  namespace: "ns",
  node: "node1",
  containers: {},
  timings: { submitted: 0, collected: 650 },
  logLines: { stdout: 2, stderr: 1 },
  logGaps: 0,
  outputs: { rows: 3 },
  metrics: [{ type: "counter" as const, name: "read", value: 2, tags: {} }]
}
export const success: RunResult = {
  ...facts,
  state: "SUCCESS",
  exitCode: 0,
  outputFiles: { "out.txt": { path: "/o/out.txt", bytes: 3, sha256: "ab" } },
  diagnosis: null
}
export const failure: RunResult = { ...success, state: "FAILED", exitCode: 3, diagnosis }
