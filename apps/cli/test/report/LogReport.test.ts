import { assert, describe, it } from "@effect/vitest"
import { FileSyncError, FileSyncReason, type Interruption, type LogEvent } from "@podwright/file-sync"
import type { RunEvent } from "@podwright/runner"
import { logRunEvent } from "../../src/report/LogReport.ts"

const cursor = { _tag: "volume", stdout: 4, stderr: 0 } as const
const lines = { stream: "stdout", lines: ["one"], cursor } as const
const error = new FileSyncError({ operation: "read log", reason: new FileSyncReason.Lost({ detail: "cut" }) })

describe("logRunEvent", () => {
  const table: ReadonlyArray<readonly [string, LogEvent | Interruption, RunEvent | undefined]> = [
    ["whole lines", { _tag: "Lines", ending: "newline", ...lines }, { _tag: "Log", at: 7, ...lines }],
    ["a last line", { _tag: "Lines", ending: "end", ...lines }, { _tag: "Log", at: 7, ...lines, ending: "end" }],
    [
      "a gap",
      { _tag: "Gap", gap: { after: "t1", before: undefined, cause: "rotated" } },
      { _tag: "LogGap", at: 7, after: "t1", before: null, cause: "rotated" }
    ],
    [
      "an interruption",
      { _tag: "Interrupted", error },
      { _tag: "Warning", at: 7, message: `reconnecting: ${error.message}` }
    ],
    ["lines before the cursor", { _tag: "Replayed", ending: "newline", ...lines }, undefined],
    ["the end", { _tag: "LogEnded", cursor }, undefined]
  ]
  it.each(table)("%s", (_name, event, expected) => {
    assert.deepStrictEqual(logRunEvent(event, 7), expected)
  })
})
