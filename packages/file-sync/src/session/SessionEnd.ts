/** What it means that an exec of a session has ended before the session was complete. Pure. */
import { type ExecOutcome, KubeError, type KubeSubject } from "@podwright/k8s-io"
import { Channel, type FileSyncError, helperReason, Lost } from "../FileSyncError.ts"
import { OTHER_POD_EXIT } from "./SessionScript.ts"

/** Exit codes above this are a signal's: the shell did not fail, it was killed, most often with its container. */
const SIGNALLED = 128

/** So much of a shell's last words is told, bytes. */
const LAST_WORDS = 2048

/** The end of what a shell has said on stderr, as the end of a sentence; nothing when it said nothing. */
export const lastWords = (chunks: ReadonlyArray<Uint8Array>): string => {
  const said = Buffer.concat(chunks)
  const tail = said.subarray(-LAST_WORDS).toString("utf8").trim()
  return tail === "" ? "" : `: ${said.length > LAST_WORDS ? "…" : ""}${tail}`
}

/** `words` is what its shell has said on stderr, `subject` the container. Code 0 proves nothing: it is also said of an exec that is lost. */
export const endedEarly = (
  outcome: ExecOutcome,
  words: ReadonlyArray<Uint8Array>,
  subject: KubeSubject
): FileSyncError["reason"] => {
  if (outcome._tag === "Failed") return new Channel({ error: outcome.error })
  if (outcome._tag === "Exited" && outcome.code === OTHER_POD_EXIT) {
    // As if it had come before its container runs: so it has.
    const detail = "the kubelet led the exec into an earlier pod of the same name, which is not quite gone"
    const error = new KubeError({ operation: "Exec.open", subject, reason: { _tag: "NotRunningYet", detail } })
    return new Channel({ error })
  }
  if (outcome._tag === "Exited" && outcome.code > SIGNALLED)
    return new Lost({ detail: `the session's shell was ended by signal ${outcome.code - SIGNALLED}` })
  if (outcome._tag === "Exited" && outcome.code !== 0) {
    const detail = `the session's shell ended with code ${outcome.code}${lastWords(words)}`
    return helperReason("session", detail)
  }
  return new Lost({ detail: outcome._tag === "Lost" ? outcome.detail : "it ended early" })
}
