/**
 * Failures of moving files: the tag of each, and its message. Numbers such as F14 are rows of the
 * catalogue in packages/file-sync/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { FileSyncError, helperReason } from "../src/FileSyncError.ts"

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
      const error = new FileSyncError({ operation: "session", pod: "p", reason: helperReason("unpack", detail) })
      assert.strictEqual(error.reason._tag, tag)
      assert.include(error.message, "(unpack)")
      assert.include(error.message, detail)
      assert.isFalse(error.retryable)
    })
  }
})
