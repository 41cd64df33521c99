/** Ends a run whose time is up: keeps the clocks of `RunClock.ts` while it goes on, and says what the time went into. */
import { Deferred, Duration, Effect } from "effect"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import type { PodEventFollow } from "../pod/PodEventFollow.ts"
import type { PodFollow } from "../pod/PodFollow.ts"
import type { ClockStage } from "../task/ClockStage.ts"
import { RunError } from "../task/RunError.ts"
import { TimedOut } from "../task/RunReason.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { describeCollecting, describeProgress, describeRunning } from "./PodProgress.ts"
import { COLLECT_SILENCE, limitName, remainingLimit, silenceLeft } from "./RunClock.ts"
import type { RunJournal } from "./RunJournal.ts"

/** How long a stage has lasted when the run takes its pod over, ms; 0 in a pod of its own. */
export interface Spent {
  readonly starting: Effect.Effect<number>
  readonly running: Effect.Effect<number>
}

export interface ClockedRun {
  readonly task: TaskRequest
  readonly follow: PodFollow
  /** What the cluster said last. */
  readonly said: PodEventFollow["last"]
  readonly journal: RunJournal
  readonly reached: { readonly started: Deferred.Deferred<void>; readonly finished: Deferred.Deferred<void> }
  readonly spent: Spent
}

/** Fails when a stage of the run takes longer than its limit; the stages are told apart by what has been reached. */
export const keepClocks = Effect.fnUntraced(function* ({ follow, journal, reached, said, spent, task }: ClockedRun) {
  const timeUp = Effect.fnUntraced(function* (stage: ClockStage, limit: Duration.Duration) {
    const pod = yield* follow.current
    const spentOn =
      stage === "starting"
        ? describeProgress(pod, yield* said)
        : stage === "running"
          ? describeRunning(yield* journal.facts, task.inputFiles.length > 0)
          : describeCollecting((yield* journal.arrival).outputs)
    const name = limitName(stage, task.timeout !== undefined)
    const seconds = Duration.toSeconds(limit)
    return yield* new RunError({
      operation: "ClockWatch.keep",
      reason: new TimedOut({ stage, limit: name, seconds, spentOn })
    })
  })
  const within = Effect.fnUntraced(function* (
    stage: "starting" | "running",
    done: Deferred.Deferred<void>,
    limit: Duration.Duration
  ) {
    const duration = remainingLimit(limit, yield* spent[stage])
    yield* Deferred.await(done).pipe(Effect.timeoutOrElse({ duration, orElse: () => timeUp(stage, limit) }))
  })
  yield* within("starting", reached.started, task.runner.waitUntilRunning)
  yield* within("running", reached.finished, task.timeout ?? task.runner.waitUntilCompletion)
  const begun = yield* monotonicMillis
  while (true) {
    const { at } = yield* journal.arrival
    const left = silenceLeft(Math.max(begun, at), yield* monotonicMillis)
    if (left <= 0) return yield* timeUp("collecting", COLLECT_SILENCE)
    yield* Effect.sleep(left)
  }
})
