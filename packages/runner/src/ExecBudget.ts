/**
 * How often a process tries to open sessions in pods that are not ready for them. Every attempt costs the node a
 * process start (measured on 2 cores: 40 pods at once took 21.0 s with an attempt each 50 ms per pod, 16.9 s with one a
 * second), so the attempts of all waiting runs share a rate: quick when few wait, led by the watch when many do.
 */
import { Context, Duration, Effect, Layer, Random, type Scope } from "effect"

/** All waiting runs together make at most 1000 / 40 = 25 attempts a second; one alone: exec works 0.3-0.4 s before the status says so. */
const SHARE_MS = 40
/** What an attempt itself takes (measured, alone on the node); the delay is the rest of the share. */
const ATTEMPT_MS = 10
/**
 * With hundreds waiting the watch leads; a lost watch event must not hold a run back for longer than this. With 2 s a thousand
 * waiting runs made 13 attempts each, 500 a second.
 */
const LONGEST_MS = 20_000

/** Delay before the next attempt of one run, in ms, while `waiting` runs wait. */
export const attemptDelay = (waiting: number): number =>
  Math.min(LONGEST_MS, SHARE_MS * Math.max(1, waiting) - ATTEMPT_MS)

/** The delay ±20 %, so that runs that started to wait together don't go on together; `random` from 0 to 1. */
export const spread = (delay: number, random: number): number => delay * (0.8 + 0.4 * random)

export class ExecBudget extends Context.Service<
  ExecBudget,
  {
    /** Counts the caller among the waiting until its scope closes. */
    readonly waiting: Effect.Effect<void, never, Scope.Scope>
    /** Waits for the caller's share, spread. */
    readonly pause: Effect.Effect<void>
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
      pause: Effect.gen(function* () {
        yield* Effect.sleep(Duration.millis(spread(attemptDelay(waiting), yield* Random.next)))
      })
    })
  })
}
