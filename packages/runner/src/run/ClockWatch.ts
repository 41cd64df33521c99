/**
 * Ends a run whose time is up: keeps the clocks of `RunClock.ts` while it continues, and says what
 * the time went into.
 */
import { Duration, Effect } from "effect"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import type { ClockStage } from "../task/ClockStage.ts"
import { RunError } from "../task/RunError.ts"
import { TimedOut } from "../task/RunReason.ts"
import { describeCollecting, describeProgress, describeRunning } from "./PodProgress.ts"
import type { Run } from "./Run.ts"
import { remainingLimit, silenceLeft, stageLimit } from "./RunClock.ts"

/** How long each stage had lasted when the run took its pod over, in ms; 0 in a pod of its own. */
export interface Spent {
  readonly starting: Effect.Effect<number>
  readonly running: Effect.Effect<number>
}

/** What the clocks look at. */
export type ClockedRun = Pick<Run, "events" | "follow" | "journal" | "stages" | "task">

/**
 * Fails when a stage of the run takes longer than its limit; the stages are told apart by what has
 * been reached.
 */
export const keepClocks = Effect.fnUntraced(function* (
  { events, follow, journal, stages, task }: ClockedRun,
  spent: Spent
) {
  const timeUp = Effect.fnUntraced(function* (stage: ClockStage) {
    const pod = yield* follow.current
    const spentOn =
      stage === "starting"
        ? describeProgress(pod, yield* events.last)
        : stage === "running"
          ? describeRunning(yield* journal.facts, pod, task.inputFiles.length === 0 || (yield* stages.delivered))
          : describeCollecting((yield* journal.arrival).outputs)
    const { duration, option: limit } = stageLimit(stage, task)
    return yield* new RunError({
      operation: "ClockWatch.keep",
      reason: new TimedOut({ stage, limit, seconds: Duration.toSeconds(duration), spentOn })
    })
  })
  const within = Effect.fnUntraced(function* (stage: "starting" | "running", done: Effect.Effect<void>) {
    const duration = remainingLimit(stageLimit(stage, task).duration, yield* spent[stage])
    yield* done.pipe(Effect.timeoutOrElse({ duration, orElse: () => timeUp(stage) }))
  })
  yield* within("starting", stages.started)
  yield* within("running", stages.finished)
  const begun = yield* monotonicMillis
  while (true) {
    const { at } = yield* journal.arrival
    const left = silenceLeft(Math.max(begun, at), yield* monotonicMillis)
    if (left <= 0) return yield* timeUp("collecting")
    yield* Effect.sleep(left)
  }
})
