/**
 * The clocks of a run. Each but the last is absolute: set once when its stage begins, never re-armed. What ran out and what the time
 * went into is reported by the error. Pure.
 */
import { Duration } from "effect"
import type { ClockStage } from "../task/ClockStage.ts"

/** The option that sets a stage's limit, for messages. */
export const limitName = (stage: ClockStage, taskTimeout: boolean): string => {
  switch (stage) {
    case "starting":
      return "waitUntilRunning"
    case "running":
      return taskTimeout ? "timeout" : "waitUntilCompletion"
    case "collecting":
      return "the wait for more output"
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
 * How long nothing at all may come from the pod behind the command's end, while its log's rest and its outputs are fetched. A helper
 * that looks through millions of files says nothing meanwhile; a connection that is cut is made again within seconds, and one that
 * swallows everything within two minutes. What comes may take as long as it takes: the pod's own deadline, ten minutes behind the
 * limits of the run, is the last word on it.
 */
export const COLLECT_SILENCE = Duration.minutes(5)

/** What is left of that silence, ms; both times by the monotonic clock. */
export const silenceLeft = (lastArrival: number, now: number): number =>
  Duration.toMillis(COLLECT_SILENCE) - (now - lastArrival)
