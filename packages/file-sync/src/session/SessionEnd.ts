/** Why a session failed whose exec ended before the session was complete. Pure. */
import { type ExecOutcome, KubeError, type KubeSubject } from "@podwright/k8s-io"
import { type FileSyncError, helperReason } from "../FileSyncError.ts"
import { Channel, Lost } from "../FileSyncReason.ts"
import { OTHER_POD_EXIT } from "./SessionScript.ts"

/**
 * Exit codes above this are a signal's: the shell did not fail, it was killed, most often with its
 * container.
 */
const SIGNALLED = 128

/** At most this many bytes of a shell's last words are reported. */
const LAST_WORDS = 2048

/** The end of a shell's stderr, as the end of a sentence; empty when there is none. */
export const lastWords = (chunks: ReadonlyArray<Uint8Array>): string => {
  const said = Buffer.concat(chunks)
  const tail = said.subarray(-LAST_WORDS).toString("utf8").trim()
  return tail === "" ? "" : `: ${said.length > LAST_WORDS ? "…" : ""}${tail}`
}

/**
 * `words` is its shell's stderr, `subject` the container. Code 0 proves nothing: servers also
 * report it of an exec that was lost.
 */
export const endedEarly = (
  outcome: ExecOutcome,
  words: ReadonlyArray<Uint8Array>,
  subject: KubeSubject
): FileSyncError["reason"] => {
  if (outcome._tag === "Failed") return new Channel({ error: outcome.error })
  if (outcome._tag === "Exited" && outcome.code === OTHER_POD_EXIT) {
    // It came before its own container runs, so it is treated like that.
    const detail = "the kubelet ran the exec in an earlier pod of the same name, which is still terminating"
    const error = new KubeError({ operation: "Exec.open", subject, reason: { _tag: "NotRunningYet", detail } })
    return new Channel({ error })
  }
  if (outcome._tag === "Exited" && outcome.code > SIGNALLED)
    return new Lost({ detail: `its shell was ended by signal ${outcome.code - SIGNALLED}` })
  if (outcome._tag === "Exited" && outcome.code !== 0) {
    const detail = `its shell ended with code ${outcome.code}${lastWords(words)}`
    return helperReason("session", detail)
  }
  return new Lost({ detail: outcome._tag === "Lost" ? outcome.detail : "it ended before it was complete" })
}
