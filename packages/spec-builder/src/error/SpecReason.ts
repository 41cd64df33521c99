/**
 * Why there is no pod: what kind of problem, with every issue found. Pure data; a `SpecError`
 * carries one of them.
 */
import { Schema } from "effect"
import { SpecIssue } from "./SpecIssue.ts"

/**
 * The runner's properties, `retry` or `taskCache` hold unknown names, wrong types or unreadable
 * durations, or a container list of `podSpec` that no pod can be made of.
 */
export class InvalidProperties extends Schema.TaggedClass<InvalidProperties>()("InvalidProperties", {
  issues: Schema.NonEmptyArray(SpecIssue)
}) {}

/** The task's own values cannot be run: no image, no command, a script longer than Linux takes. */
export class InvalidTask extends Schema.TaggedClass<InvalidTask>()("InvalidTask", {
  issues: Schema.NonEmptyArray(SpecIssue)
}) {}

/**
 * A setting is valid Kubernetes but would break the protocol between the pod's containers; each
 * message names both sides.
 */
export class ProtocolConflict extends Schema.TaggedClass<ProtocolConflict>()("ProtocolConflict", {
  issues: Schema.NonEmptyArray(SpecIssue)
}) {}

/** Every reason, told apart by `_tag`. */
export const SpecReason = Schema.Union([InvalidProperties, InvalidTask, ProtocolConflict])
/** One of them. */
export type SpecReason = typeof SpecReason.Type
