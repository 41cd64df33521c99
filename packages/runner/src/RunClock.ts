/**
 * The clocks of a run. Each is absolute: set once when its stage begins, never re-armed. What ran out and what the time
 * went into is told by the error. Pure.
 */
import { Duration } from "effect"

/**
 * - `starting`: from `submitted` until the pod's containers run; limited by `waitUntilRunning`.
 * - `running`: from then until the command has ended; limited by the task's `timeout`, else `waitUntilCompletion`.
 * - `collecting`: from then until the outputs are here.
 */
export type ClockStage = "starting" | "running" | "collecting"

/** The option that sets a stage's limit, for messages. */
export const limitName = (stage: ClockStage, taskTimeout: boolean): string => {
  switch (stage) {
    case "starting":
      return "waitUntilRunning"
    case "running":
      return taskTimeout ? "timeout" : "waitUntilCompletion"
    case "collecting":
      return "the time to collect outputs"
  }
}

/**
 * How long collecting the outputs may take after the command's end: well within the margin that the pod's own deadline
 * leaves behind the completion limit, so that the kubelet never ends a helper that still sends.
 */
export const COLLECT_LIMIT = Duration.minutes(5)
