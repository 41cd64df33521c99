/**
 * The one error of this package: what was being done, to which pod, why it failed and whether
 * trying again can help. Pure.
 */
import { escapeText, shownText } from "@podwright/spec-builder"
import { Schema } from "effect"
import { FileSyncReason, HelperFailed, VolumeFull } from "./FileSyncReason.ts"

/** The reason of a session's step that failed with this complaint of its tools. */
export const helperReason = (stage: string, detail: string): HelperFailed | VolumeFull =>
  /no space left on device|disk quota exceeded/i.test(detail)
    ? new VolumeFull({ stage, detail })
    : new HelperFailed({ stage, detail })

/**
 * As much of what the tools of a session said as a message quotes, in characters. The end matters
 * there, and `SessionEnd.ts` keeps 2048 bytes of it; the rest is for escapes.
 */
const TOOL_WORDS = 4096

/** What happened, where, and what to do; `of` names the pod, as in "the volume of pod p". */
const explain = (reason: FileSyncReason, of: string): string => {
  switch (reason._tag) {
    case "InputUnreadable":
      return reason.source === undefined
        ? `Input file '${shownText(reason.name)}' cannot be sent: ${shownText(reason.detail)}`
        : `Input file '${shownText(reason.name)}' could not be read from ${shownText(reason.source)}: ${shownText(reason.detail)}`
    case "InputChanged":
      return `An input changed while it was being sent: ${shownText(reason.detail)}. Make sure nothing writes to it, then retry.`
    case "Corrupt":
      return `The ${reason.what}${of} arrived damaged: expected ${shownText(reason.expected)}, got ${shownText(reason.actual)}`
    case "HelperFailed":
      return `The helper container${of} failed (${reason.stage}): ${reason.detail === "" ? "it gave no reason" : shownText(reason.detail, TOOL_WORDS)}`
    case "VolumeFull":
      return `The volume${of} is full (${reason.stage}): ${shownText(reason.detail, TOOL_WORDS)}. It must hold all input and output files and the command's output.`
    case "OutputRefused":
      return `Output '${shownText(reason.entry)}'${of} was refused: ${shownText(reason.detail)}`
    case "OutputUnwritable":
      return `Output could not be written to ${shownText(reason.path)}: ${shownText(reason.detail)}`
    case "PatternInvalid":
      return `Output pattern '${shownText(reason.pattern)}' is not valid: ${shownText(reason.detail)}`
    case "Protocol":
      return `The helper container${of} broke the file protocol: ${shownText(reason.detail)}. Check that 'sh' of its image is a POSIX shell.`
    case "Lost":
      return `The session with the helper container${of} was lost: ${shownText(reason.detail, TOOL_WORDS)}`
    case "Channel":
      return reason.error.message
  }
}

/**
 * Files or a log could not be moved. Match on `reason._tag`, whose classes are in `FileSyncReason`;
 * `message` says what happened and what to do.
 *
 * ```ts
 * Effect.catchReason("FileSyncError", "VolumeFull", ({ detail }) => Console.log(detail))
 * ```
 */
export class FileSyncError extends Schema.TaggedError<FileSyncError>()("FileSyncError", {
  /** What was being done. */
  operation: Schema.Literals([
    "read inputs",
    "send inputs",
    "read outputFiles",
    "run session",
    "read log",
    "collect outputs"
  ]),
  /** The pod's name; absent for what is found before there is one. */
  pod: Schema.optionalKey(Schema.String),
  reason: FileSyncReason
}) {
  override get message(): string {
    return escapeText(explain(this.reason, this.pod === undefined ? "" : ` of pod ${this.pod}`))
  }

  /** Whether the same operation may succeed in a new session. */
  get retryable(): boolean {
    if (this.reason._tag === "Channel") return this.reason.error.retryable
    return this.reason._tag === "Corrupt" || this.reason._tag === "Lost"
  }
}

/**
 * Whether the API server says that the pod does not exist. A server that lags behind the others
 * says so of a pod that has just been created, so make sure before you give the pod up.
 */
export const isPodMissing = ({ reason }: FileSyncError): boolean =>
  reason._tag === "Channel" && reason.error.reason._tag === "NotFound"
