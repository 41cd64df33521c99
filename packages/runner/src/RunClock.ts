/**
 * The clocks of a run. Each is absolute: set once when its stage begins, never re-armed. What ran out and what the time
 * went into is told by the error. Pure.
 */
import { Duration } from "effect"

/**
 * - `starting`: from `submitted` until the pod's containers run; limited by `waitUntilRunning`.
 * - `running`: from then until the command has ended; limited by the task's `timeout`, else `waitUntilCompletion`.
 * - `collecting`: from then until the outputs are here.
 */
export type ClockStage = "starting" | "running" | "collecting"

/** The option that sets a stage's limit, for messages. */
export const limitName = (stage: ClockStage, taskTimeout: boolean): string => {
  switch (stage) {
    case "starting":
      return "waitUntilRunning"
    case "running":
      return taskTimeout ? "timeout" : "waitUntilCompletion"
    case "collecting":
      return "the time to collect outputs"
  }
}

/**
 * How long a driver that has taken a pod over looks at it before a clock that has run out long ago ends it: what the command has
 * come to is to be seen first.
 */
export const ADOPTION_GRACE = Duration.seconds(10)

/** What is left of a limit in a pod that was taken over; `spentMs` is how long the stage has lasted. */
export const remainingLimit = (limit: Duration.Duration, spentMs: number): Duration.Duration =>
  Duration.max(
    Duration.millis(Math.min(Duration.toMillis(limit), Duration.toMillis(limit) - spentMs)),
    Duration.min(limit, ADOPTION_GRACE)
  )

/**
 * How long collecting the outputs may take after the command's end: well within the margin that the pod's own deadline
 * leaves behind the completion limit, so that the kubelet never ends a helper that still sends.
 */
export const COLLECT_LIMIT = Duration.minutes(5)
