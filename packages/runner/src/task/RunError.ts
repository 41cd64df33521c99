/**
 * The one error of a run: a run that has no result, because of the task as given, the platform or
 * the time. A command that ran and failed is no error but a `RunResult` with state `FAILED`.
 */
import { escapeText } from "@podwright/spec-builder"
import { Schema } from "effect"
import { accessAdvice } from "./AccessAdvice.ts"
import { explainMissing } from "./OutputWords.ts"
import { RunReason } from "./RunReason.ts"
import { RunFacts } from "./RunResult.ts"

const explain = (reason: RunReason): string => {
  switch (reason._tag) {
    case "Spec":
      return reason.error.message
    case "Files": {
      const { message, reason: cause } = reason.error
      return cause._tag === "Channel" ? `${message}${accessAdvice(cause.error)}` : message
    }
    case "Kube":
      return `${reason.error.message}${accessAdvice(reason.error)}`
    case "CursorMismatch":
      return `logCursor comes from a ${reason.given} log, but this task's log is a ${reason.expected} log. Leave logCursor out to read the log from its beginning`
    case "PodExists":
      return `pod ${reason.pod} already exists, ${reason.owner}. Delete the pod, or use another task run id`
    case "SpecChanged":
      return `pod ${reason.pod} already exists, ${reason.owner}, and its spec differs from this task's. Run the task as it was, delete the pod, or set onSpecChange: replace`
    case "LeaseHeld":
      return `pod ${reason.pod} is driven by ${reason.holder} (host/process), which has just renewed its lease. Let that process finish, or end it: the pod can then be taken over`
    case "LeaseLost":
      return `pod ${reason.pod} was taken over by ${reason.holder} (host/process) and continues there`
    case "NoSuchExecution": {
      const what = `execution '${reason.executionId}'${reason.taskId === null ? "" : ` and task '${reason.taskId}'`}`
      const where = reason.namespace === null ? "any namespace" : `namespace ${reason.namespace}`
      return `no pod of ${what} is in ${where}. \`podwright ps\` lists what is there; the pod of a task that has ended is deleted unless its \`delete\` keeps it`
    }
    case "Detached":
      return reason.pod === null
        ? "detached before a pod was created"
        : `detached: pod ${reason.pod} continues. Start the same task run again to take it over`
    case "Cancelled":
      return `cancelled by ${reason.by} at ${reason.at} (podwright cancel)`
    case "PodFailed":
      return `${reason.diagnosis.summary}. What to do: ${reason.diagnosis.remedy}`
    case "TimedOut":
      return `time is up: ${reason.limit} allows ${reason.seconds} s, spent on ${reason.spentOn}`
    case "OutputMissing":
      return explainMissing(reason)
  }
}

/**
 * A run without a result. `reason._tag` says which kind, `message` what happened and what to do, `retryable` whether the
 * same task may succeed when it is run again.
 *
 * ```ts
 * runner.run(task).pipe(
 *   Effect.catchReason("RunError", "TimedOut", ({ stage }) => Console.log(`too slow while ${stage}`))
 * )
 * ```
 */
export class RunError extends Schema.TaggedError<RunError>()("RunError", {
  /** What was being done, as `File.function` of this package. For logs. */
  operation: Schema.String,
  reason: RunReason,
  /**
   * What was known of the run when it failed; absent when the task was refused before the run
   * began.
   */
  facts: Schema.optionalKey(RunFacts)
}) {
  /** Says what happened, where, and what to do. Holds no credentials. */
  override get message(): string {
    // Of a task's own values every issue has a line; what servers, files and drivers say is in one.
    return this.reason._tag === "Spec" ? explain(this.reason) : escapeText(explain(this.reason))
  }

  /** Whether running the same task again may succeed. */
  get retryable(): boolean {
    switch (this.reason._tag) {
      case "Files":
      case "Kube":
        return this.reason.error.retryable
      case "PodFailed":
        return this.reason.diagnosis.kind === "transient"
      case "Detached":
        return true
      default:
        return false
    }
  }

  /** The same error with another reason or with the facts that are known by now. */
  with(parts: { readonly reason?: RunReason; readonly facts?: RunFacts }): RunError {
    const { facts, operation, reason } = this
    return new RunError({ operation, reason, ...(facts === undefined ? {} : { facts }), ...parts })
  }
}
