/**
 * Decides whether an attempt that did not succeed is followed by another, and after what delay: by
 * the task's `retry`, and for failures of the infrastructure by a small budget of their own, which
 * the task's is not charged for. Pure.
 */
import { isRbacRefusal } from "@podwright/k8s-io"
import type { RetryProperties } from "@podwright/spec-builder"
import { Duration } from "effect"
import { doubled } from "../run/Backoff.ts"
import type { RunError } from "../task/RunError.ts"

/** How often a run may be repeated because its pod was lost with its node, preempted or evicted. */
export interface InfrastructureRetries {
  /** Attempts more than the task's own; 0 for none. */
  readonly retries: number
  /** Before the first; doubled for each further one. */
  readonly interval: Duration.Duration
  readonly maxInterval: Duration.Duration
}

/**
 * Three: losing three nodes in a row is no bad luck any more but a pod that its nodes cannot bear.
 * A node that was lost or drained takes its neighbours' room for some seconds to a minute, so
 * delays go from 5 s to 1 min.
 */
export const INFRASTRUCTURE_RETRIES: InfrastructureRetries = {
  retries: 3,
  interval: Duration.seconds(5),
  maxInterval: Duration.minutes(1)
}

/**
 * - `infrastructure`: the pod was taken away for reasons that are not the task's.
 * - `failure`: the task failed, or the platform in a way that may pass.
 * - `final`: the task as given cannot run, so another attempt cannot either; or nobody wants one.
 */
export type FailureClass = "infrastructure" | "failure" | "final"

/** What a run's error means for another attempt. What is not known to help by repeating is final. */
export const classifyFailure = ({ reason }: RunError): FailureClass => {
  switch (reason._tag) {
    case "PodFailed":
      switch (reason.diagnosis.cause._tag) {
        case "Evicted":
        case "Preempted":
        case "NodeLost":
        case "NodeRefused":
          return "infrastructure"
        case "ImageName":
          return "final"
        default:
          return "failure"
      }
    case "TimedOut":
    case "OutputMissing":
    case "PodExists":
      return "failure"
    case "Kube": {
      const { error } = reason
      // A quota is refused with 403 as well, and frees itself.
      return error.retryable || (error.reason._tag === "Forbidden" && !isRbacRefusal(error.reason))
        ? "failure"
        : "final"
    }
    case "Files":
      switch (reason.error.reason._tag) {
        case "InputUnreadable":
        case "PatternInvalid":
        case "OutputUnwritable":
          return "final"
        default:
          return "failure"
      }
    default:
      return "final"
  }
}

/** What has been so far; times in ms. */
export interface RetryHistory {
  /**
   * Attempts that the task's `retry` counts, the last one included: all but those repeated for the
   * infrastructure.
   */
  readonly attempts: number
  /** Repetitions for the infrastructure. */
  readonly infrastructureRetries: number
  readonly firstStartedAt: number
  readonly lastEndedAt: number
}

export type RetryDecision =
  | { readonly _tag: "Retry"; readonly delayMs: number; readonly budget: "retry" | "infrastructure" }
  /** `why` is undefined where there was nothing to try: no `retry`, or an end that is final. */
  | { readonly _tag: "GiveUp"; readonly why: string | undefined }

/** The delay after `attempts` of them, in ms; `random` is in [0, 1). */
export const retryDelay = (retry: RetryProperties, attempts: number, random: number): number => {
  switch (retry.type) {
    case "constant":
      return Duration.toMillis(retry.interval)
    case "random": {
      const least = Duration.toMillis(retry.minInterval)
      return least + random * (Duration.toMillis(retry.maxInterval) - least)
    }
    case "exponential": {
      const factor = retry.delayFactor ** (attempts - 1)
      return Math.min(Duration.toMillis(retry.maxInterval), Duration.toMillis(retry.interval) * factor)
    }
  }
}

const infrastructureDelay = ({ interval, maxInterval }: InfrastructureRetries, retries: number): number =>
  doubled(Duration.toMillis(interval), Duration.toMillis(maxInterval), retries)

/**
 * What to do after an attempt of that class. Delays count from its end, `maxDuration` from the
 * first attempt's start; no attempt starts later than that, whichever budget it is of. What the
 * infrastructure's budget does not cover is the task's.
 */
export const decideRetry = (
  failure: FailureClass,
  history: RetryHistory,
  retry: RetryProperties | undefined,
  infrastructure: InfrastructureRetries,
  random: number
): RetryDecision => {
  if (failure === "final") return { _tag: "GiveUp", why: undefined }
  const latest =
    retry?.maxDuration === undefined
      ? Number.POSITIVE_INFINITY
      : history.firstStartedAt + Duration.toMillis(retry.maxDuration)
  const after = (delayMs: number, budget: "retry" | "infrastructure"): RetryDecision =>
    history.lastEndedAt + delayMs > latest
      ? { _tag: "GiveUp", why: "the next attempt would start later than maxDuration allows" }
      : { _tag: "Retry", delayMs, budget }
  if (failure === "infrastructure" && history.infrastructureRetries < infrastructure.retries)
    return after(infrastructureDelay(infrastructure, history.infrastructureRetries), "infrastructure")
  if (retry === undefined) {
    const why =
      failure === "infrastructure" && infrastructure.retries > 0
        ? `repeated ${infrastructure.retries} times for the infrastructure, and no retry`
        : undefined
    return { _tag: "GiveUp", why }
  }
  if (retry.maxAttempts !== undefined && history.attempts >= retry.maxAttempts)
    return { _tag: "GiveUp", why: `attempt ${history.attempts} of ${retry.maxAttempts} (maxAttempts)` }
  return after(retryDelay(retry, history.attempts, random), "retry")
}
