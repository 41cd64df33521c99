/**
 * Which stages a run has come through: its clocks wait for them, its settlement reads main's
 * receipt. Touches the run's journal alone.
 */
import { Deferred, Effect } from "effect"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import type { RunJournal } from "./RunJournal.ts"

/** What main itself has told. */
export interface Receipts {
  /**
   * Its exit code, from its exit file; undefined when it wrote none or there is no file to write.
   */
  readonly exitCode: number | undefined
  /** When its end was heard of, by the monotonic clock, in ms; undefined while it has not. */
  readonly finishedAt: number | undefined
  /** It has ended and left nothing on the volume: neither an exit code nor a byte of output. */
  readonly silent: boolean
}

export interface RunStages {
  /** Says that the containers run. Later calls change nothing. */
  readonly start: Effect.Effect<void>
  /**
   * Says that the command has ended, with the code in its exit file; undefined when only the
   * kubelet can tell. `silent`: the volume has no output of it either.
   */
  readonly finish: (exitCode: number | undefined, silent?: boolean) => Effect.Effect<void>
  /** Completes when the containers run. */
  readonly started: Effect.Effect<void>
  /** Completes when the command has ended. */
  readonly finished: Effect.Effect<void>
  readonly receipts: Effect.Effect<Receipts>
}

/**
 * The stages of a run that has just been submitted; `mainContainer` is the name the journal keeps
 * an exit code by.
 */
export const makeRunStages = Effect.fnUntraced(function* (
  journal: RunJournal,
  mainContainer: string
): Effect.fn.Return<RunStages> {
  const started = yield* Deferred.make<void>()
  const finished = yield* Deferred.make<void>()
  let receipts: Receipts = { exitCode: undefined, finishedAt: undefined, silent: false }
  return {
    start: Effect.andThen(Deferred.succeed(started, undefined), journal.phase("started")),
    finish: Effect.fnUntraced(function* (exitCode, silent = false) {
      receipts = { exitCode, finishedAt: receipts.finishedAt ?? (yield* monotonicMillis), silent }
      if (exitCode !== undefined) journal.exited(mainContainer, exitCode)
      yield* Deferred.succeed(finished, undefined)
      yield* journal.phase("finished")
    }),
    started: Deferred.await(started),
    finished: Deferred.await(finished),
    receipts: Effect.sync(() => receipts)
  }
})
