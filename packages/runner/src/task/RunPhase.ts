/** The phases of a run. Plain data; events name them, and a result's timings are keyed by them. */
import { Schema } from "effect"

/**
 * The phases of a run in their order; not every shape of pod passes through all of them. `adopted`
 * takes the place of `created` where the pod is one that an earlier driver abandoned or detached
 * from. `deleting`: the cluster has been told to delete the pod; `removed`: the pod is gone, which a
 * run that has its result does not wait for.
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
  "deleting",
  "removed"
])
export type RunPhase = typeof RunPhase.Type
