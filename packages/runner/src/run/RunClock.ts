/**
 * The clocks of a run. Each but the last is absolute: set once when its stage begins, never
 * re-armed. An error reports what ran out and what the time went into. Pure.
 */
import { type CompletionLimit, completionLimit, type Task } from "@podwright/spec-builder"
import { Duration } from "effect"
import type { ClockStage } from "../task/ClockStage.ts"

/**
 * How long nothing at all may arrive from the pod after the command's end, while the rest of its
 * log and its outputs are fetched. A helper that looks through millions of files is silent
 * meanwhile; a connection that was cut is restored within seconds, and one that swallows everything
 * within two minutes. What does arrive may take as long as it takes: the pod's own deadline, ten
 * minutes after the limits of the run, ends it in the end.
 */
export const COLLECT_SILENCE = Duration.minutes(5)

/**
 * The limit of a stage, with the option that sets it; where no option does, what the limit is on.
 */
export interface StageLimit {
  readonly option: "waitUntilRunning" | CompletionLimit["option"] | "the wait for more output"
  readonly duration: Duration.Duration
}

/** How long a stage of this task's run may take. */
export const stageLimit = (stage: ClockStage, { runner, timeout }: Pick<Task, "runner" | "timeout">): StageLimit => {
  switch (stage) {
    case "starting":
      return { option: "waitUntilRunning", duration: runner.waitUntilRunning }
    case "running":
      return completionLimit(timeout, runner)
    case "collecting":
      return { option: "the wait for more output", duration: COLLECT_SILENCE }
  }
}

/**
 * How long a driver that has taken a pod over watches it before a clock that ran out long ago ends
 * it: what became of the command is to be seen first.
 */
export const ADOPTION_GRACE = Duration.seconds(10)

/**
 * What is left of a limit in a pod that was taken over; `spentMs` is how long the stage has lasted.
 */
export const remainingLimit = (limit: Duration.Duration, spentMs: number): Duration.Duration =>
  Duration.max(
    Duration.millis(Math.min(Duration.toMillis(limit), Duration.toMillis(limit) - spentMs)),
    Duration.min(limit, ADOPTION_GRACE)
  )

/** What is left of `COLLECT_SILENCE`, in ms; both times by the monotonic clock. */
export const silenceLeft = (lastArrival: number, now: number): number =>
  Duration.toMillis(COLLECT_SILENCE) - (now - lastArrival)
