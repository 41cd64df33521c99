/** The phases of a run. Plain data; events name them, and a result's timings are keyed by them. */
import { Schema } from "effect"

/**
 * The phases of a run in their order; not every shape of pod passes through all of them. `adopted`
 * takes the place of `created` where the pod is one that an earlier driver abandoned or detached
 * from.
 */
export const RunPhase = Schema.Literals([
  "submitted",
  "created",
  "adopted",
  "scheduled",
  "started",
  "inputs-delivered",
  "finished",
  "collected",
  "removed"
])
export type RunPhase = typeof RunPhase.Type
