/**
 * How often a process tries to open sessions in pods that are not ready for them. Every attempt
 * costs client, API server and node a handshake each, so the attempts of all waiting runs share a
 * rate: quick when few wait, led by the watch when many do.
 */
import { Context, Duration, Effect, Layer, Random, type Scope } from "effect"
import { spread } from "./Backoff.ts"

/**
 * Up to `FEW` waiting runs together make at most 1000 / 40 = 25 attempts a second; one alone: exec
 * works 0.3-0.4 s before the status says so.
 */
const SHARE_MS = 40
/**
 * What an attempt itself takes (measured, alone on the node); the delay is the rest of the share.
 */
const ATTEMPT_MS = 10
/**
 * Of more, each waits longer by the square: a node that starts many pods is busy, and what its
 * status says is then no later than the container is (measured, 40 at once on 2 cores, in turn with
 * the raw sequence: with 25 attempts a second in all 5 execs a run and 1.08 of its time, so 1.9 and
 * 1.01).
 */
const FEW = 8
/**
 * With hundreds waiting the watch leads alone; a lost watch event must not hold a run back for
 * longer than this, which is less than a thousand take (measured, embedded, one round each: with 20
 * s 3.3 execs a run and 20 s of processor time, with this 1.0 and 15).
 */
const LONGEST_MS = 60_000
/**
 * The same where the watch has said that the container runs: an exec that is refused then came some
 * milliseconds before.
 */
const LONGEST_RUNNING_MS = 1_000

/** Delay before the next attempt of one run, in ms, while `waiting` runs wait. */
export const attemptDelay = (waiting: number, isRunning = false): number => {
  const share = SHARE_MS * Math.max(1, waiting) * Math.max(1, waiting / FEW) - ATTEMPT_MS
  return Math.min(isRunning ? LONGEST_RUNNING_MS : LONGEST_MS, share)
}

export class ExecBudget extends Context.Service<
  ExecBudget,
  {
    /** Counts the caller among the waiting until its scope closes. */
    readonly waiting: Effect.Effect<void, never, Scope.Scope>
    /** Waits for the caller's share, spread; shorter where the container is known to run. */
    readonly pause: (isRunning: boolean) => Effect.Effect<void>
  }
>()("@podwright/runner/ExecBudget") {
  static readonly layer = Layer.sync(ExecBudget, () => {
    let waiting = 0
    return ExecBudget.of({
      waiting: Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => {
            waiting += 1
          }),
          () =>
            Effect.sync(() => {
              waiting -= 1
            })
        )
      ),
      pause: Effect.fnUntraced(function* (isRunning) {
        yield* Effect.sleep(Duration.millis(spread(attemptDelay(waiting, isRunning), yield* Random.next)))
      })
    })
  })
}
