/**
 * The stages of a run that each have a clock of their own. Plain data; `run/RunClock.ts` has their
 * limits.
 */
import { Schema } from "effect"

/**
 * - `starting`: from `submitted` until the pod's containers run; limited by `waitUntilRunning`.
 * - `running`: from then until the command has ended; limited by the task's `timeout`, else
 *   `waitUntilCompletion`.
 * - `collecting`: from then until the outputs have arrived; not limited as a whole, but the pod
 *   must not stay silent for long.
 */
export const ClockStage = Schema.Literals(["starting", "running", "collecting"])
export type ClockStage = typeof ClockStage.Type
