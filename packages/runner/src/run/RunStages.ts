/**
 * Which stages a run has come through: its clocks wait for them, its settlement reads main's
 * receipt. Touches the run's journal alone.
 */
import { Deferred, Effect, Semaphore } from "effect"
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
  /**
   * Says that the pod has begun its work, though main does not run yet: the time that starting may
   * take is over. Reports nothing.
   */
  readonly begin: Effect.Effect<void>
  /** Says that main runs. Later calls change nothing. */
  readonly start: Effect.Effect<void>
  /** Says that all inputs are in the pod; reported when main runs, and not before. */
  readonly deliver: (detail?: string) => Effect.Effect<void>
  /**
   * Says that the command has ended, with the code in its exit file; undefined when only the
   * kubelet can tell. `silent`: the volume has no output of it either.
   */
  readonly finish: (exitCode: number | undefined, silent?: boolean) => Effect.Effect<void>
  /** Whether all inputs are in the pod. */
  readonly delivered: Effect.Effect<boolean>
  /** Completes when the time that starting may take is over. */
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
  let runs = false
  let inputs: { readonly detail: string | undefined } | undefined
  // Whoever reports holds it, so that no log line and no later phase overtakes "started".
  const turn = yield* Semaphore.make(1)
  const begin = Effect.asVoid(Deferred.succeed(started, undefined))
  const reportInputs = Effect.suspend(() =>
    inputs === undefined ? Effect.void : journal.phase("inputs-delivered", inputs.detail)
  )
  const start = Effect.gen(function* () {
    if (runs) return
    yield* begin
    yield* journal.phase("started")
    yield* reportInputs
    runs = true
  })
  return {
    begin,
    start: Effect.suspend(() => (runs ? Effect.void : turn.withPermit(start))),
    deliver: (detail) =>
      turn.withPermit(
        Effect.suspend(() => {
          inputs ??= { detail }
          return runs ? reportInputs : Effect.void
        })
      ),
    delivered: Effect.sync(() => inputs !== undefined),
    finish: Effect.fnUntraced(function* (exitCode, silent = false) {
      receipts = { exitCode, finishedAt: receipts.finishedAt ?? (yield* monotonicMillis), silent }
      if (exitCode !== undefined) journal.exited(mainContainer, exitCode)
      yield* begin
      yield* Deferred.succeed(finished, undefined)
      yield* journal.phase("finished")
    }),
    started: Deferred.await(started),
    finished: Deferred.await(finished),
    receipts: Effect.sync(() => receipts)
  }
})
