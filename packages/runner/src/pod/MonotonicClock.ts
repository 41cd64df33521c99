/** The clock that durations are measured by. Reads Effect's `Clock` alone, so tests set it. */
import { Clock, Effect } from "effect"

/**
 * Milliseconds of a clock that nobody sets, for what lasts; its zero means nothing. A wall clock
 * may be put right in the middle of a run, and is never the node's.
 */
export const monotonicMillis: Effect.Effect<number> = Effect.map(Clock.monotonicTimeNanos, (nanos) =>
  Number(nanos / 1_000_000n)
)
