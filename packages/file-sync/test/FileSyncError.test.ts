/**
 * Failures of moving files: the tag of each, and its message. Numbers such as F14 are rows of the
 * catalogue in packages/file-sync/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { KubeError } from "@podwright/k8s-io"
import { FileSyncError, helperReason } from "../src/FileSyncError.ts"
import * as FileSyncReason from "../src/FileSyncReason.ts"

describe("helperReason", () => {
  const cases: ReadonlyArray<readonly [string, "HelperFailed" | "VolumeFull"]> = [
    ["dd: error writing '/podwright/run/x.tar': No space left on device", "VolumeFull"],
    ["tar: write error: No space left on device", "VolumeFull"],
    ["tar: can't open 'x': Disk quota exceeded", "VolumeFull"],
    ["tar: can't open 'x': Permission denied", "HelperFailed"],
    ["", "HelperFailed"]
  ]
  for (const [detail, tag] of cases) {
    it(`${tag} of "${detail}": F14`, () => {
      const error = new FileSyncError({ operation: "run session", pod: "p", reason: helperReason("unpack", detail) })
      assert.strictEqual(error.reason._tag, tag)
      assert.include(error.message, "(unpack)")
      assert.include(error.message, detail)
      assert.isFalse(error.retryable)
    })
  }
})

describe("FileSyncError.message", () => {
  const kube = new KubeError({ operation: "Exec.open", subject: {}, reason: { _tag: "Cut", detail: "reset" } })
  const cases: ReadonlyArray<readonly [FileSyncReason.FileSyncReason, string]> = [
    [
      new FileSyncReason.InputUnreadable({ name: "data", source: "x.csv", detail: "ENOENT" }),
      "Input file 'data' could not be read from x.csv: ENOENT"
    ],
    [
      new FileSyncReason.InputUnreadable({ name: "", detail: "the name is empty" }),
      "Input file '' cannot be sent: the name is empty"
    ],
    [
      new FileSyncReason.InputChanged({ detail: "x had 1 bytes when it was listed and 2 when it was read" }),
      "An input changed while it was being sent: x had 1 bytes when it was listed and 2 when it was read. " +
        "Make sure nothing writes to it, then retry."
    ],
    [
      new FileSyncReason.Corrupt({ what: "outputs", expected: "1a", actual: "2b" }),
      "The outputs of pod p arrived damaged: expected 1a, got 2b"
    ],
    [
      new FileSyncReason.HelperFailed({ stage: "unpack", detail: "" }),
      "The helper container of pod p failed (unpack): it gave no reason"
    ],
    [
      new FileSyncReason.VolumeFull({ stage: "unpack", detail: "no space" }),
      "The volume of pod p is full (unpack): no space. " +
        "It must hold all input and output files and the command's output."
    ],
    [
      new FileSyncReason.OutputRefused({ entry: "work/x", detail: "it is a link" }),
      "Output 'work/x' of pod p was refused: it is a link"
    ],
    [
      new FileSyncReason.OutputUnwritable({ path: "/out", detail: "EACCES" }),
      "Output could not be written to /out: EACCES"
    ],
    [
      new FileSyncReason.PatternInvalid({ pattern: "[", detail: "'[' has no ']'" }),
      "Output pattern '[' is not valid: '[' has no ']'"
    ],
    [
      new FileSyncReason.Protocol({ detail: "hello" }),
      "The helper container of pod p broke the file protocol: hello. Check that 'sh' of its image is a POSIX shell."
    ],
    [new FileSyncReason.Lost({ detail: "1006" }), "The session with the helper container of pod p was lost: 1006"],
    [new FileSyncReason.Channel({ error: kube }), kube.message]
  ]
  for (const [reason, message] of cases) {
    it(`says what happened, where and what to do: ${reason._tag}`, () =>
      assert.strictEqual(new FileSyncError({ operation: "run session", pod: "p", reason }).message, message))
  }

  it("does without a pod where there is none yet", () =>
    assert.strictEqual(
      new FileSyncError({ operation: "collect outputs", reason: new FileSyncReason.Lost({ detail: "1006" }) }).message,
      "The session with the helper container was lost: 1006"
    ))
})
