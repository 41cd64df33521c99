/**
 * The one error of this package: which operation failed on what, why (a tagged reason), and what a
 * person can do about it. Pure. `retryable` tells whether the same request may succeed later;
 * nobody needs to look at codes or texts again.
 */
import { Schema } from "effect"
import { explainReason, KubeOperation, KubeSubject, kubeMessage } from "./KubeMessage.ts"
import { KubeReason } from "./KubeReason.ts"
import { isRetryable } from "./ReasonClass.ts"

/** Everything that can go wrong between this package and a Kubernetes API server. */
export class KubeError extends Schema.TaggedError<KubeError>()("KubeError", {
  /** What was tried, as `Service.method`. */
  operation: KubeOperation,
  /** What it was tried on. */
  subject: KubeSubject,
  /** Why it failed: see the namespace `KubeReason`. */
  reason: KubeReason,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  /** Says what was tried on what, what happened and what to do. Holds no credentials. */
  override get message(): string {
    return kubeMessage(this.operation, this.subject, this.reason)
  }

  /**
   * The part of the message that says what happened and what to do: for a sentence that has told
   * already what was tried.
   */
  get explanation(): string {
    return explainReason(this.reason)
  }

  /** May the same request succeed when it is sent again later? */
  get retryable(): boolean {
    return isRetryable(this.reason)
  }

  /** The same error with another reason, for one that knows more about it. */
  withReason(reason: KubeReason): KubeError {
    return new KubeError({
      operation: this.operation,
      subject: this.subject,
      reason,
      ...(this.cause === undefined ? {} : { cause: this.cause })
    })
  }
}
