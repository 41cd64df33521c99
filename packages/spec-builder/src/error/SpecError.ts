/**
 * The one error of this package: why task values or runner properties cannot make a pod. Each issue
 * carries a path into the values given, so that a caller that read them from a file can point at
 * line and column. Pure.
 */
import { Schema } from "effect"
import { shownText } from "./ShownText.ts"
import type { SpecIssue } from "./SpecIssue.ts"
import { SpecReason } from "./SpecReason.ts"

/** Writes a path as people do: `["podSpec", "volumes", 0, "name"]` as `podSpec.volumes[0].name`. */
export const formatPath = (path: ReadonlyArray<string | number>): string =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("")

/** A key of a file may be a text of any length; a person knows it by its beginning. */
const SHOWN_PATH = 200

const describe = ({ message, path }: SpecIssue): string =>
  path.length === 0 ? shownText(message) : `${shownText(formatPath(path), SHOWN_PATH)}: ${shownText(message)}`

/**
 * Why there is no pod. `operation` is the exported function that failed (`decodeTask`: a reader of
 * whole tasks); `reason` says which kind, with every issue found; `message` has a line for each.
 */
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

  /** Always false, as building is pure: the same values fail the same way again. */
  get retryable(): boolean {
    return false
  }
}
