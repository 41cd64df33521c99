/** The one error of this package: why the proxy cannot start. */
import { Schema } from "effect"

/** Says which step failed and why. */
export class FaultProxyError extends Schema.TaggedError<FaultProxyError>()("FaultProxyError", {
  /** The step that failed, as it follows "cannot": `listen on 127.0.0.1`. */
  operation: Schema.String,
  /** The words of what failed, of Node or of a decoder. */
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `the fault proxy cannot ${this.operation}: ${this.detail}`
  }
}
