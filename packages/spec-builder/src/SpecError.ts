/**
 * The one error of this package: why task values or runner properties cannot make a pod. Each issue carries a path into
 * what the caller gave, so that whoever read it from a file can point at line and column. Pure.
 */
import { Effect, Schema } from "effect"

/**
 * One thing that is wrong, and where: `path` leads into the runner's properties or into the task's values, by `source`. An
 * `unknown-name` is the name at the end of the path, which nobody reads; all else is a `value`, the default.
 */
export class SpecIssue extends Schema.Class<SpecIssue>("@podwright/spec-builder/SpecIssue")({
  kind: Schema.Literals(["unknown-name", "value"]).pipe(
    Schema.withConstructorDefault(Effect.succeed("value" as const))
  ),
  source: Schema.Literals(["runner", "task"]),
  path: Schema.Array(Schema.Union([Schema.String, Schema.Finite])),
  message: Schema.String
}) {}

/** The runner's properties, `retry` or `taskCache` are not what the reference says: unknown names, wrong types, unreadable durations. */
export class InvalidProperties extends Schema.TaggedClass<InvalidProperties>()("InvalidProperties", {
  issues: Schema.NonEmptyArray(SpecIssue)
}) {}

/** The task's own values cannot be run: no image, no command, a script longer than Linux takes. */
export class InvalidTask extends Schema.TaggedClass<InvalidTask>()("InvalidTask", {
  issues: Schema.NonEmptyArray(SpecIssue)
}) {}

/** A setting is valid Kubernetes but would break the protocol between the pod's containers; each message names both sides. */
export class ProtocolConflict extends Schema.TaggedClass<ProtocolConflict>()("ProtocolConflict", {
  issues: Schema.NonEmptyArray(SpecIssue)
}) {}

export const SpecReason = Schema.Union([InvalidProperties, InvalidTask, ProtocolConflict])
export type SpecReason = typeof SpecReason.Type

/** `["podSpec", "volumes", 0, "name"]` as `podSpec.volumes[0].name`. */
export const formatPath = (path: ReadonlyArray<string | number>): string =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("")

const describe = (issue: SpecIssue): string =>
  issue.path.length === 0 ? issue.message : `${formatPath(issue.path)}: ${issue.message}`

/** Why there is no pod. `operation` is the exported function that failed; `reason` says which kind, with every issue found. */
export class SpecError extends Schema.TaggedError<SpecError>()("SpecError", {
  operation: Schema.Literals(["decodeRunnerProperties", "decodeRetry", "decodeTaskCache", "decodeTask", "buildPod"]),
  reason: SpecReason
}) {
  override get message(): string {
    return this.reason.issues.map(describe).join("\n")
  }

  /** All that is wrong, in the order found; never empty. */
  get issues(): ReadonlyArray<SpecIssue> {
    return this.reason.issues
  }

  /** Building is pure: the same values fail the same way again. */
  get retryable(): boolean {
    return false
  }
}
