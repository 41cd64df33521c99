/** Why there is no proxy. */
import { Schema } from "effect"

export class FaultProxyError extends Schema.TaggedError<FaultProxyError>()("FaultProxyError", {
  /** What was being done. */
  operation: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `the fault proxy cannot ${this.operation}: ${this.detail}`
  }
}
