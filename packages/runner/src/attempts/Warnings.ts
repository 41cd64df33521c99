/**
 * Warnings of those who run a task several times, or not at all: events with the time at which they
 * are made.
 */
import { Clock, Effect } from "effect"
import type { RunEvent } from "../task/RunEvent.ts"

/**
 * Reports warnings to `emit`, each at the current time and led by what it is about, where that is
 * given.
 */
export const warnTo =
  (emit: (event: RunEvent) => Effect.Effect<void>, about?: string) =>
  (message: string): Effect.Effect<void> =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      emit({ _tag: "Warning", at, message: about === undefined ? message : `${about}: ${message}` })
    )
