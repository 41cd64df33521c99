/** Waits that say what they waited for, where a test without them would hang until it is ended. */
import { Effect } from "effect"

/**
 * Less than a test's time limit; what is waited for takes milliseconds, on a busy machine seconds.
 */
const LIMIT_SECONDS = 20

/**
 * The effect's value; a defect that names it, with what `last` adds, when it takes longer than
 * 20 s.
 */
export const within = <A, E, R>(
  what: string,
  effect: Effect.Effect<A, E, R>,
  last: () => string = () => ""
): Effect.Effect<A, E, R> =>
  Effect.timeoutOrElse(effect, {
    duration: `${LIMIT_SECONDS} seconds`,
    orElse: () => Effect.die(new Error(`${what}: not within ${LIMIT_SECONDS} s${last()}`))
  })
