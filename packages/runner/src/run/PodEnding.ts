/**
 * What a run does with its pod at its end. Pure: the run's exit and the task's `delete` → what to
 * do.
 */
import type { RunnerProperties } from "@podwright/spec-builder"
import { Cause, Exit } from "effect"
import type { RunError } from "../task/RunError.ts"
import type { RunResult } from "../task/RunResult.ts"

export type PodEnding =
  | { readonly _tag: "Keep" }
  /** The command continues, for another driver to take over. */
  | { readonly _tag: "Leave" }
  /** Graceful: containers of the user's own get the pod's grace period. */
  | { readonly _tag: "Delete" }
  /** At once: the command may still run and must not. */
  | { readonly _tag: "Kill" }

/**
 * - Cancelled or out of time: the command must not continue, so the pod is killed whatever `delete`
 *   says.
 * - Detached, or taken over by another driver: the pod continues.
 * - Otherwise `delete` decides; a pod that failed has nothing left to end gracefully.
 */
export const podEnding = (exit: Exit.Exit<RunResult, RunError>, deletion: RunnerProperties["delete"]): PodEnding => {
  if (Exit.isSuccess(exit)) {
    const deletePod = deletion === "onSuccess" ? exit.value.state !== "FAILED" : deletion
    return deletePod ? { _tag: "Delete" } : { _tag: "Keep" }
  }
  if (Cause.hasInterrupts(exit.cause) || Cause.hasDies(exit.cause)) return { _tag: "Kill" }
  const error = Cause.findErrorOption(exit.cause)
  const reason = error._tag === "Some" ? error.value.reason._tag : undefined
  if (reason === "TimedOut") return { _tag: "Kill" }
  if (reason === "Detached") return { _tag: "Leave" }
  if (reason === "LeaseLost") return { _tag: "Keep" }
  return deletion === true ? { _tag: "Kill" } : { _tag: "Keep" }
}

/**
 * Whether a session that has brought everything may let the helper end: it may not where the pod
 * will be deleted, so that a driver that dies before has a successor who gets everything again.
 * Decided before the outcome is settled; where it turns out otherwise (`onSuccess`, and the kubelet
 * knows of a failure), a kept pod's helper waits for the pod's deadline.
 */
export const mayHelperEnd = (deletion: RunnerProperties["delete"], exitCode: number, missing: number): boolean =>
  deletion === "onSuccess" ? exitCode !== 0 || missing > 0 : !deletion
