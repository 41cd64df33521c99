/** How a run leaves its pod. Pure: the exit of the run and the task's `delete` → what to do with the pod. */
import { Cause, Exit } from "effect"
import type { RunError } from "./RunError.ts"
import type { RunResult } from "./RunResult.ts"

export type PodEnding =
  | { readonly _tag: "Keep" }
  /** Graceful: containers of the user's own get the pod's grace period. */
  | { readonly _tag: "Delete" }
  /** At once: the command may still run and must not. */
  | { readonly _tag: "Kill" }

/**
 * - Cancelled or out of time: the command must not go on, so the pod is killed whatever `delete` says.
 * - Otherwise `delete` decides; a pod that failed has nothing left to end gracefully.
 */
export const podEnding = (exit: Exit.Exit<RunResult, RunError>, deletePod: boolean): PodEnding => {
  if (Exit.isSuccess(exit)) return deletePod ? { _tag: "Delete" } : { _tag: "Keep" }
  if (Cause.hasInterrupts(exit.cause) || Cause.hasDies(exit.cause)) return { _tag: "Kill" }
  const error = Cause.findErrorOption(exit.cause)
  if (error._tag === "Some" && error.value.reason._tag === "TimedOut") return { _tag: "Kill" }
  return deletePod ? { _tag: "Kill" } : { _tag: "Keep" }
}
