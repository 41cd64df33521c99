/** Whatever others call their files, pods and labels: every line of ours stays one line of text. */
import { assert, describe, it } from "@effect/vitest"
import { FileSyncError, FileSyncReason } from "@podwright/file-sync"
import { KubeError } from "@podwright/k8s-io"
import { Diagnosis, RunError, type RunEvent, RunReason, type RunResult, type TaskPod } from "@podwright/runner"
import { SpecError, SpecIssue, SpecReason } from "@podwright/spec-builder"
import { TaskFileError, TaskFileIssue } from "@podwright/task-file"
import { Cause } from "effect"
import { cancelledLine } from "../src/commands/cancel/CancelReport.ts"
import { cleanedLine, cleaningJson } from "../src/commands/clean/CleanReport.ts"
import { doctorJson, doctorText } from "../src/commands/doctor/DoctorReport.ts"
import { podTable } from "../src/commands/ps/PsReport.ts"
import { jsonReport } from "../src/report/JsonReport.ts"
import { logLines } from "../src/report/ReportLogger.ts"
import { errorLines, reportError, reportEvent, reportNote } from "../src/report/TextReport.ts"

const HOSTILE = {
  newline: "a\npodwright: SUCCESS",
  "carriage return": "a\rpodwright: SUCCESS",
  "escape sequence": "a\u001b[2J\u001b]0;title\u0007",
  "C1 control": "a\u009b2J\u0085b",
  "turn of direction": "a\u202etxt.exe\u2066b\u061c",
  "line separator": "a\u2028b\u2029c"
}

/** Everything but text and our own newlines. */
const UNSAFE = /(?!\n)[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

const diagnosisOf = (text: string) =>
  new Diagnosis({
    cause: { _tag: "ImagePull", container: text, image: text, said: text },
    kind: "permanent",
    summary: text,
    remedy: text,
    lastLines: [text]
  })

const resultOf = (text: string, state: "SUCCESS" | "FAILED"): RunResult => ({
  pod: text,
  namespace: text,
  node: text,
  containers: {},
  timings: { submitted: 0 },
  logLines: { stdout: 2, stderr: 1 },
  logGaps: 0,
  outputs: { [text]: text },
  metrics: [],
  state,
  exitCode: 0,
  outputFiles: { [text]: { path: `/o/${text}`, bytes: 1, sha256: "ab" } },
  diagnosis: state === "SUCCESS" ? null : diagnosisOf(text)
})

const at = 0
const cursor = { _tag: "volume", stdout: 0, stderr: 0 } as const

/** Every kind of event, with the text wherever it can hold one. The task's own lines stay as they are. */
const events = (text: string): Record<Exclude<RunEvent["_tag"], "Log">, ReadonlyArray<RunEvent>> => ({
  Phase: (["created", "adopted", "scheduled", "started"] as const).map((phase) => ({
    ...({ _tag: "Phase", at, pod: text, node: text, detail: text } as const),
    phase
  })),
  Values: [
    {
      ...({ _tag: "Values", at, stream: "stdout", cursor, outputs: { [text]: text } } as const),
      metrics: [{ type: "counter", name: text, value: 1, tags: { [text]: text } }],
      logs: [{ level: "WARN", message: text }]
    }
  ],
  LogGap: [{ _tag: "LogGap", at, after: text, before: text, cause: "rotated" }],
  Progress: [{ _tag: "Progress", at, direction: "inputs", bytes: 1, files: 1, bytesPerSecond: 1 }],
  Retrying: [
    {
      ...({ _tag: "Retrying", at, attempt: 2, executionId: text, taskRunId: text, delayMs: 1 } as const),
      ...({ budget: "retry", why: text } as const)
    }
  ],
  Cached: (["taskCache", "execution"] as const).map((by) => ({
    ...({ _tag: "Cached", at, storedAt: 0, executionId: text, taskRunId: text } as const),
    ...{ by, cluster: text, namespace: text, pod: text }
  })),
  PodEvent: [{ _tag: "PodEvent", at, type: text, reason: text, message: text, count: 1 }],
  Waiting: [{ _tag: "Waiting", at, diagnosis: diagnosisOf(text) }],
  Warning: [{ _tag: "Warning", at, message: text }],
  Finished: (["SUCCESS", "FAILED"] as const).map((state) => ({ _tag: "Finished", at, result: resultOf(text, state) }))
})

const kubeErrors = (text: string): ReadonlyArray<KubeError> =>
  (
    [
      { _tag: "Unreachable", address: text, detail: text, check: text },
      { _tag: "TlsFailure", detail: text },
      { _tag: "Unauthorized", detail: text },
      { _tag: "Forbidden", verb: text, resource: text, namespace: text, namespaceField: text, detail: text },
      { _tag: "NotFound", detail: text },
      { _tag: "AlreadyExists", detail: text },
      { _tag: "Conflict", detail: text },
      { _tag: "Invalid", detail: text, causes: [] },
      {
        _tag: "Invalid",
        detail: text,
        causes: [
          { field: text, message: text },
          { field: text, message: text }
        ]
      },
      { _tag: "BadRequest", detail: text },
      { _tag: "TooManyRequests", detail: text },
      { _tag: "Gone", detail: text },
      { _tag: "ServerError", code: 500, detail: text },
      { _tag: "Cut", detail: text },
      { _tag: "Protocol", detail: text },
      { _tag: "Config", field: text, detail: text },
      { _tag: "NotRunningYet", detail: text }
    ] as const
  ).map((reason) => new KubeError({ operation: "Pods.create", subject: { namespace: text, name: text }, reason }))

const specOf = (text: string) =>
  new SpecError({
    operation: "buildPod",
    reason: new SpecReason.InvalidTask({
      issues: [
        new SpecIssue({ source: "task", path: ["env", text], message: text }),
        new SpecIssue({ source: "task", path: [], message: text })
      ]
    })
  })

const errors = (text: string) => {
  const skipped = [{ name: text, reason: text }]
  const files = [
    new FileSyncReason.InputUnreadable({ name: text, source: text, detail: text }),
    new FileSyncReason.HelperFailed({ stage: text, detail: text }),
    new FileSyncReason.OutputRefused({ entry: text, detail: text }),
    new FileSyncReason.OutputUnwritable({ path: text, detail: text }),
    new FileSyncReason.PatternInvalid({ pattern: text, detail: text })
  ].map((reason) => new FileSyncError({ operation: "run session", pod: text, reason }))
  const kube = kubeErrors(text)
  return [
    ...kube,
    ...[
      new RunReason.Spec({ error: specOf(text) }),
      ...files.map((error) => new RunReason.Files({ error })),
      ...kube.map((error) => new RunReason.Kube({ error })),
      new RunReason.PodExists({ pod: text, owner: text }),
      new RunReason.LeaseHeld({ pod: text, holder: text }),
      new RunReason.Detached({ pod: text }),
      new RunReason.PodFailed({ diagnosis: diagnosisOf(text) }),
      new RunReason.TimedOut({ stage: "starting", limit: text, seconds: 1, spentOn: text }),
      new RunReason.OutputMissing({ names: [text], skipped })
    ].map((reason) => new RunError({ operation: "x", reason })),
    specOf(text),
    new TaskFileError({
      operation: "read",
      issues: [1, 2].map((line) => new TaskFileIssue({ message: text, file: text, line, column: 1, path: [text] })) as [
        TaskFileIssue,
        TaskFileIssue
      ]
    })
  ]
}

const findings = (text: string) => ({
  source: text,
  server: text,
  namespace: text,
  namespaceSource: text,
  username: text,
  permissions: [],
  problems: [text, text]
})

const cleaned = (text: string) =>
  [
    { namespace: text, name: text, uid: "u", _tag: "Kept", why: { _tag: "Driven", holder: text, remainingMs: 1 } },
    ...kubeErrors(text).map(
      (error) =>
        ({ namespace: text, name: text, uid: "u", _tag: "Failed", why: { _tag: "Ended", ageMs: 1 }, error }) as const
    )
  ] as const

const seen = (text: string): TaskPod => ({
  namespace: text,
  pod: text,
  uid: "u",
  executionId: text,
  flowId: text,
  flowNamespace: text,
  taskId: text,
  taskRunId: text,
  attempt: 0,
  state: "running",
  exitCode: undefined,
  createdAt: 0,
  node: text,
  driver: { _tag: "Driven", host: text, pid: 1, renewedAt: 0 },
  reason: text,
  remedy: text
})

/** Everything that is printed, by its kind. */
const printed = (text: string): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(events(text)).map(([tag, some]) => [
      tag,
      some.map((event) => reportEvent(event)?.text ?? "").join("")
    ])
  ),
  errors: errors(text)
    .map((error) => reportError(errorLines(error)).text)
    .join(""),
  note: reportNote([text]).text,
  log: reportNote(logLines("Warn", [text, { text }], Cause.empty)).text,
  doctor: doctorText(findings(text)),
  clean: cleaned(text).map(cleanedLine).join(""),
  ps: podTable([seen(text)], 0, true).text,
  cancel: cancelledLine({ pod: seen(text), outcome: "DriverStops" })
})

const harmless = printed("a")

describe("what others have named", () => {
  for (const [what, hostile] of Object.entries(HOSTILE)) {
    for (const [kind, text] of Object.entries(printed(hostile))) {
      it(`${what} in ${kind}`, () => {
        assert.notMatch(text, UNSAFE)
        assert.strictEqual(text.split("\n").length, harmless[kind]?.split("\n").length)
        assert.isFalse(text.split("\n").some((line) => line === "podwright: SUCCESS"))
      })
    }

    it(`${what} in a message of a library`, () => {
      for (const error of errors(hostile)) assert.notMatch(error.message, UNSAFE)
      assert.deepStrictEqual(
        errors(hostile).map(({ message }) => message.split("\n").length),
        errors("a").map(({ message }) => message.split("\n").length)
      )
    })

    it(`${what} in JSON`, () => {
      const result = resultOf(hostile, "FAILED")
      const objects: ReadonlyArray<object> = [
        jsonReport(hostile, [{ _tag: "Result", taskId: hostile, result }]),
        doctorJson(findings(hostile)),
        cleaningJson({ namespace: hostile, dryRun: false, olderThanMs: 0, pods: cleaned(hostile), problem: hostile })
      ]
      for (const value of objects) assert.deepStrictEqual(JSON.parse(JSON.stringify(value)), { ...value })
    })
  }
})

describe("the task's own lines", () => {
  it("stay as they are", () => {
    const lines = Object.values(HOSTILE)
    const report = reportEvent({ _tag: "Log", at, stream: "stdout", lines, cursor })
    assert.strictEqual(report?.text, `${lines.join("\n")}\n`)
  })
})
