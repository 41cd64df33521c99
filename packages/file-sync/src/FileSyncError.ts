/**
 * The one error of this package: what was being done, to which pod, why it failed and whether trying again can help.
 */

import { KubeError } from "@podwright/k8s-io"
import { Schema } from "effect"

/** An input cannot be read; found before any pod is made. */
export class InputUnreadable extends Schema.TaggedClass<InputUnreadable>()("InputUnreadable", {
  name: Schema.String,
  source: Schema.String,
  detail: Schema.String
}) {}

/** An input changed while it was being sent. */
export class InputChanged extends Schema.TaggedClass<InputChanged>()("InputChanged", { detail: Schema.String }) {}

/** What arrived is not what was sent. */
export class Corrupt extends Schema.TaggedClass<Corrupt>()("Corrupt", {
  what: Schema.Literals(["inputs", "outputs", "log"]),
  expected: Schema.String,
  actual: Schema.String
}) {}

/** A tool in the helper container failed; `detail` is what it complained of. */
export class HelperFailed extends Schema.TaggedClass<HelperFailed>()("HelperFailed", {
  stage: Schema.String,
  detail: Schema.String
}) {}

/** The volume that the containers share has no room left. */
export class VolumeFull extends Schema.TaggedClass<VolumeFull>()("VolumeFull", {
  stage: Schema.String,
  detail: Schema.String
}) {}

/** The reason of a stage that failed with these words of its tools. */
export const helperReason = (stage: string, detail: string): HelperFailed | VolumeFull =>
  /no space left on device|disk quota exceeded/i.test(detail)
    ? new VolumeFull({ stage, detail })
    : new HelperFailed({ stage, detail })

/** The pod sent an archive entry that must not be written here. */
export class OutputRefused extends Schema.TaggedClass<OutputRefused>()("OutputRefused", {
  entry: Schema.String,
  detail: Schema.String
}) {}

/** An output cannot be written on this machine. */
export class OutputUnwritable extends Schema.TaggedClass<OutputUnwritable>()("OutputUnwritable", {
  path: Schema.String,
  detail: Schema.String
}) {}

/** A requested output is not a name or pattern that can be collected. */
export class PatternInvalid extends Schema.TaggedClass<PatternInvalid>()("PatternInvalid", {
  pattern: Schema.String,
  detail: Schema.String
}) {}

/** The other side said something our protocol does not know. */
export class Protocol extends Schema.TaggedClass<Protocol>()("Protocol", { detail: Schema.String }) {}

/** The session was lost before it was complete. */
export class Lost extends Schema.TaggedClass<Lost>()("Lost", { detail: Schema.String }) {}

/** The exec that carries the session failed. */
export class Channel extends Schema.TaggedClass<Channel>()("Channel", { error: KubeError }) {}

export const FileSyncReason = Schema.Union([
  InputUnreadable,
  InputChanged,
  Corrupt,
  HelperFailed,
  VolumeFull,
  OutputRefused,
  OutputUnwritable,
  PatternInvalid,
  Protocol,
  Lost,
  Channel
])
export type FileSyncReason = typeof FileSyncReason.Type

const explain = (reason: FileSyncReason): string => {
  switch (reason._tag) {
    case "InputUnreadable":
      return `input file '${reason.name}' cannot be read from ${reason.source}: ${reason.detail}`
    case "InputChanged":
      return `an input changed while it was sent: ${reason.detail}; make sure nothing writes to it and run again`
    case "Corrupt":
      return `the ${reason.what} arrived damaged: expected ${reason.expected}, got ${reason.actual}`
    case "HelperFailed":
      return `the helper container failed (${reason.stage}): ${reason.detail || "it said nothing"}`
    case "VolumeFull":
      return `the pod's volume is full (${reason.stage}): ${reason.detail}; it must hold the files that come and go, and main's output`
    case "OutputRefused":
      return `the pod's output '${reason.entry}' was refused: ${reason.detail}`
    case "OutputUnwritable":
      return `the output cannot be written to ${reason.path}: ${reason.detail}`
    case "PatternInvalid":
      return `output pattern '${reason.pattern}': ${reason.detail}`
    case "Protocol":
      return `the helper container answered unexpectedly: ${reason.detail}; is its image's 'sh' a POSIX shell?`
    case "Lost":
      return `the connection to the helper container was lost: ${reason.detail}`
    case "Channel":
      return reason.error.message
  }
}

export class FileSyncError extends Schema.TaggedError<FileSyncError>()("FileSyncError", {
  /** What was being done, e.g. `upload`. */
  operation: Schema.String,
  /** The pod it concerns; absent for what is found before there is one. */
  pod: Schema.optionalKey(Schema.String),
  reason: FileSyncReason
}) {
  override get message(): string {
    const subject = this.pod === undefined ? "" : ` (pod ${this.pod})`
    return `${this.operation}${subject}: ${explain(this.reason)}`
  }

  /** Whether the same operation may succeed in a new session. */
  get retryable(): boolean {
    if (this.reason._tag === "Channel") return this.reason.error.retryable
    return this.reason._tag === "Corrupt" || this.reason._tag === "Lost"
  }
}

/** What a server that has lost the pod says of it, and one that has not heard of it yet. */
export const isPodMissing = ({ reason }: FileSyncError): boolean =>
  reason._tag === "Channel" && reason.error.reason._tag === "NotFound"
