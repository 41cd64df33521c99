/**
 * Why files or a log could not be moved: one tagged class per kind, with the facts a program needs
 * to react. The door exports them as a namespace, so that they read `FileSyncReason.VolumeFull`.
 * Plain data; `FileSyncError.ts` puts them into words.
 */
import { KubeError } from "@podwright/k8s-io"
import { Schema } from "effect"

/**
 * An input cannot be sent: it is missing, unreadable or badly named. Found before a pod is created.
 * `name` is the input's; `source` is where it comes from, absent where its name or place is at
 * fault.
 */
export class InputUnreadable extends Schema.TaggedClass<InputUnreadable>()("InputUnreadable", {
  name: Schema.String,
  source: Schema.optionalKey(Schema.String),
  detail: Schema.String
}) {}

/** An input changed while it was being sent. */
export class InputChanged extends Schema.TaggedClass<InputChanged>()("InputChanged", { detail: Schema.String }) {}

/**
 * What arrived is not what was sent. `expected` and `actual` are digests, or say what else differs.
 */
export class Corrupt extends Schema.TaggedClass<Corrupt>()("Corrupt", {
  what: Schema.Literals(["inputs", "outputs", "log"]),
  expected: Schema.String,
  actual: Schema.String
}) {}

/**
 * A tool in the helper container failed. `stage` is the session's step, `detail` the tool's
 * complaint.
 */
export class HelperFailed extends Schema.TaggedClass<HelperFailed>()("HelperFailed", {
  stage: Schema.String,
  detail: Schema.String
}) {}

/**
 * The volume that the pod's containers share is full. `stage` and `detail` are as in
 * `HelperFailed`.
 */
export class VolumeFull extends Schema.TaggedClass<VolumeFull>()("VolumeFull", {
  stage: Schema.String,
  detail: Schema.String
}) {}

/**
 * The pod sent an archive entry that must not be written here: it leads elsewhere, or is too much.
 */
export class OutputRefused extends Schema.TaggedClass<OutputRefused>()("OutputRefused", {
  entry: Schema.String,
  detail: Schema.String
}) {}

/** An output cannot be written on this machine. `path` is the folder or the output's name. */
export class OutputUnwritable extends Schema.TaggedClass<OutputUnwritable>()("OutputUnwritable", {
  path: Schema.String,
  detail: Schema.String
}) {}

/** An entry of `outputFiles` is neither a name nor a pattern that can be collected. */
export class PatternInvalid extends Schema.TaggedClass<PatternInvalid>()("PatternInvalid", {
  pattern: Schema.String,
  detail: Schema.String
}) {}

/** The helper container said something that the file protocol does not allow at that point. */
export class Protocol extends Schema.TaggedClass<Protocol>()("Protocol", { detail: Schema.String }) {}

/** The session ended before it was complete; another can continue it. */
export class Lost extends Schema.TaggedClass<Lost>()("Lost", { detail: Schema.String }) {}

/** The API server refused the exec or the log request, or the connection to it failed. */
export class Channel extends Schema.TaggedClass<Channel>()("Channel", { error: KubeError }) {}

/** Every reason; match on its `_tag`. */
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

/** Every reason; match on its `_tag`. */
export type FileSyncReason = typeof FileSyncReason.Type
