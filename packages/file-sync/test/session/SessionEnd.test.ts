import { assert, describe, it } from "@effect/vitest"
import { type ExecOutcome, KubeError } from "@podwright/k8s-io"
import { FileSyncError } from "../../src/FileSyncError.ts"
import { endedEarly } from "../../src/session/SessionEnd.ts"

const subject = { namespace: "team", name: "pod", container: "files" }
const refused = new KubeError({
  operation: "Exec.open",
  subject,
  reason: { _tag: "Invalid", detail: "no", causes: [] }
})

describe("endedEarly", () => {
  const exited = (code: number): ExecOutcome => ({ _tag: "Exited", code })
  const failed: ExecOutcome = { _tag: "Failed", status: { reason: "Forbidden" }, error: refused }
  const table: ReadonlyArray<readonly [string, ExecOutcome, string, FileSyncError["reason"]["_tag"], boolean, RegExp]> =
    [
      ["success, which is also said of a lost one", exited(0), "", "Lost", true, /before it was complete/],
      [
        "a lost connection",
        { _tag: "Lost", detail: "closed with code 1006" },
        "",
        "Lost",
        true,
        /closed with code 1006/
      ],
      ["a signal", exited(143), "", "Lost", true, /ended by signal 15/],
      ["an earlier pod of the name", exited(79), "", "Channel", true, /earlier pod of the same name/],
      ["an error of the server", failed, "", "Channel", false, /no/],
      ["a failure", exited(2), "sh: syntax error", "HelperFailed", false, /ended with code 2: sh: syntax error/],
      ["a full disk", exited(1), "dd: No space left on device", "VolumeFull", false, /volume of pod pod is full/]
    ]
  for (const [what, outcome, words, tag, retryable, message] of table) {
    it(`takes ${what} for ${tag}`, () => {
      const reason = endedEarly(outcome, [Buffer.from(words)], subject)
      const error = new FileSyncError({ operation: "run session", pod: "pod", reason })
      assert.deepStrictEqual([reason._tag, error.retryable], [tag, retryable])
      assert.match(error.message, message)
    })
  }
})
