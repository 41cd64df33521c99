/**
 * One problem of the values that a pod is built from, at its place. Pure data.
 */
import { Effect, Schema } from "effect"

/**
 * One thing that is wrong, and where: `path` leads into the runner's properties or into the task's
 * values, by `source`. An `unknown-name` is the name at the end of the path, which nobody reads;
 * all else is a `value`, the default.
 */
export class SpecIssue extends Schema.Class<SpecIssue>("@podwright/spec-builder/SpecIssue")({
  kind: Schema.Literals(["unknown-name", "value"]).pipe(
    Schema.withConstructorDefault(Effect.succeed("value" as const))
  ),
  source: Schema.Literals(["runner", "task"]),
  path: Schema.Array(Schema.Union([Schema.String, Schema.Finite])),
  message: Schema.String
}) {}

/** At least one issue, in the order found. */
export type SpecIssues = readonly [SpecIssue, ...ReadonlyArray<SpecIssue>]
