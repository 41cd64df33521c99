import { assert, describe, it } from "@effect/vitest"
import type { RunEvent } from "@podwright/runner"
import { ProgressThinning, reportError, reportEvent } from "../../src/report/TextReport.ts"
import { diagnosis, failure, success } from "../support/results.ts"

describe("reportEvent", () => {
  const at = 0
  const cursor = { _tag: "volume", stdout: 6, stderr: 5 } as const
  const cases: ReadonlyArray<readonly [RunEvent, string | undefined]> = [
    [{ _tag: "Log", at, stream: "stdout", lines: ["a", "", " b"], cursor }, "stdout|a\n\n b\n"],
    [{ _tag: "Log", at, stream: "stderr", lines: ["oops"], cursor }, "stderr|oops\n"],
    [{ _tag: "Log", at, stream: "stdout", lines: ["1 MiB"], cursor, ending: "continues" }, "stdout|1 MiB"],
    [{ _tag: "Log", at, stream: "stdout", lines: ["last"], cursor, ending: "end" }, "stdout|last\n"],
    [
      {
        _tag: "Values",
        at,
        stream: "stdout",
        cursor,
        outputs: { rows: 3, text: "x".repeat(300) },
        metrics: [
          { type: "counter", name: "read", value: 2, tags: { table: "a" } },
          { type: "timer", name: "took", value: 0.5, tags: {} }
        ],
        logs: [{ level: "WARN", message: "late" }]
      },
      `stderr|podwright: output rows = 3\npodwright: output text = "${"x".repeat(199)}… (302 characters)\n` +
        "podwright: metric read = 2 (counter, table: a)\npodwright: metric took = 0.5 s (timer)\npodwright: WARN late\n"
    ],
    [
      {
        _tag: "Retrying",
        at,
        attempt: 2,
        executionId: "e",
        taskRunId: "r",
        delayMs: 1500,
        budget: "infrastructure",
        why: "evicted"
      },
      "stderr|podwright: attempt 1 did not succeed: evicted\n" +
        "podwright: retrying in 1.50 s (attempt 2): the pod was lost, not the task\n"
    ],
    ...[
      [59_000, "59.0 s"],
      [90_000, "1.5 min"],
      [7_200_000, "2.0 h"],
      [200_000_000, "2.3 d"]
    ].map(
      ([age, words]) =>
        [
          {
            _tag: "Cached",
            at: Number(age),
            by: "taskCache",
            storedAt: 0,
            executionId: "e",
            taskRunId: "r",
            cluster: "k:6443",
            namespace: "n",
            pod: "p"
          },
          `stderr|podwright: not run: an equal task succeeded ${words} ago (pod n/p on k:6443, execution e), and its result is used; its log is not kept\n`
        ] as const
    ),
    [
      {
        _tag: "Cached",
        at: 5000,
        by: "execution",
        storedAt: 0,
        executionId: "e",
        taskRunId: "r",
        namespace: "n",
        pod: "p"
      },
      "stderr|podwright: not rerun: this task of the execution completed 5.0 s ago\n"
    ],
    [
      {
        _tag: "Values",
        at,
        stream: "stdout",
        cursor,
        outputs: { "a\npodwright: SUCCESS\u001b[2J": 1 },
        metrics: [],
        logs: []
      },
      "stderr|podwright: output a\\npodwright: SUCCESS\\x1b[2J = 1\n"
    ],
    [{ _tag: "Values", at, stream: "stdout", cursor, outputs: {}, metrics: [], logs: [] }, undefined],
    [
      { _tag: "LogGap", at, after: "T1", before: "T2", cause: "rotated" },
      "stderr|podwright: warning: lines of the log may be missing between T1 and T2: the node rotated its file before it was read; logs: volume loses none\n"
    ],
    [
      { _tag: "LogGap", at, after: "T1", before: null, cause: "unread" },
      "stderr|podwright: warning: the log's end was not read within waitForLogs; lines may be missing\n"
    ],
    [{ _tag: "Phase", at, phase: "submitted", pod: "p" }, undefined],
    [{ _tag: "Phase", at, phase: "created", pod: "p" }, "stderr|podwright: created pod p\n"],
    [{ _tag: "Phase", at, phase: "scheduled", pod: "p", node: "n1" }, "stderr|podwright: scheduled on node n1\n"],
    [
      { _tag: "Phase", at, phase: "inputs-delivered", pod: "p", detail: "1 file, 512 bytes" },
      "stderr|podwright: inputs-delivered (1 file, 512 bytes)\n"
    ],
    [
      { _tag: "Waiting", at, diagnosis },
      "stderr|podwright: waiting: it ended with code 3\npodwright: what to do: see its log\n"
    ],
    [
      {
        ...{ _tag: "Progress", at, direction: "inputs", bytes: 1e6, totalBytes: 2.5e6 },
        ...{ files: 2, totalFiles: 5, bytesPerSecond: 5e5 }
      },
      "stderr|podwright: inputs: 1.0 of 2.5 MB, 2 of 5 files, 0.5 MB/s\n"
    ],
    [
      { _tag: "Progress", at, direction: "outputs", bytes: 1e6, files: 3, bytesPerSecond: 5e5 },
      "stderr|podwright: outputs: 1.0 MB, 3 files, 0.5 MB/s\n"
    ],
    [{ _tag: "Warning", at, message: "two\nlines" }, "stderr|podwright: warning: two\\nlines\n"],
    [
      { _tag: "Finished", at, result: success },
      "stderr|podwright: output /o/out.txt (3 bytes)\npodwright: SUCCESS in 0.65 s\n"
    ],
    [
      { _tag: "Finished", at, result: { ...failure, outputFiles: {} } },
      "stderr|podwright: FAILED: it ended with code 3\n"
    ]
  ]
  for (const [event, expected] of cases) {
    it(`${event._tag}${event._tag === "Phase" ? ` ${event.phase}` : ""}`, () => {
      const report = reportEvent(event)
      assert.strictEqual(report && `${report.to}|${report.text}`, expected)
    })
  }

  it("prefixes every line of an error", () => {
    assert.strictEqual(reportError(["a", "b"]).text, "podwright: error: a\npodwright: b\n")
  })
})

describe("ProgressThinning", () => {
  it("admits progress every five seconds of a transfer, and all else", () => {
    const thinning = new ProgressThinning()
    const progress = { _tag: "Progress", bytes: 1, files: 2, bytesPerSecond: 3 } as const
    const admitted = [0, 4999, 5000, 9000, 10_000].map((at) =>
      thinning.admits({ ...progress, at, direction: "inputs" })
    )
    assert.deepStrictEqual(admitted, [false, false, true, false, true])
    assert.isTrue(thinning.admits({ _tag: "Warning", at: 10_001, message: "" }))
    const next = [20_000, 24_000, 25_000].map((at) => thinning.admits({ ...progress, at, direction: "outputs" }))
    assert.deepStrictEqual(next, [false, false, true])
  })
})
