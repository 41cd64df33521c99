/**
 * What a run does with its pod at its end, and how long the pod's processes have for it. Pure: the
 * run's exit, the task's `delete` and the pod → what to do.
 */
import type { PodPlan, RunnerProperties } from "@podwright/spec-builder"
import { Cause, Exit } from "effect"
import type { RunError } from "../task/RunError.ts"
import type { RunResult } from "../task/RunResult.ts"

/** The pod is deleted, one way or another. */
type Removed =
  /** The command has ended. Containers of the user's own get the pod's grace period. */
  | { readonly _tag: "Delete" }
  /**
   * The command may still run and must not: it is told to stop, and has `stopGrace` to do so.
   * `collect`: what it prints and writes meanwhile is the run's.
   */
  | { readonly _tag: "Stop"; readonly collect: boolean }
  /** Nobody is there to end it gracefully: its node does not answer. */
  | { readonly _tag: "Force" }

export type PodEnding =
  | { readonly _tag: "Keep" }
  /** The command continues, for another driver to take over. */
  | { readonly _tag: "Leave" }
  | Removed

/** The grace of a pod that says nothing of it: that of `docker stop`. Kubernetes' own is 30 s. */
const STOP_GRACE_SECONDS = 10

/** What Kubernetes gives a pod that says nothing of it. */
const POD_GRACE_SECONDS = 30

/**
 * By force (0) a pod's name is free at once, while its containers run for another second or two,
 * beside their successor's. With a grace the name is free when they have ended.
 */
const LEAST_GRACE_SECONDS = 1

/**
 * - Cancelled, here or from elsewhere, or out of time: the command must not continue, so the pod is stopped whatever `delete`
 *   says.
 * - Detached, or taken over by another driver: the pod continues.
 * - Otherwise `delete` decides; in a pod that could not be driven to its end the command may run.
 */
export const podEnding = (exit: Exit.Exit<RunResult, RunError>, deletion: RunnerProperties["delete"]): PodEnding => {
  if (Exit.isSuccess(exit)) {
    const deletePod = deletion === "onSuccess" ? exit.value.state !== "FAILED" : deletion
    return deletePod ? { _tag: "Delete" } : { _tag: "Keep" }
  }
  if (Cause.hasInterrupts(exit.cause) || Cause.hasDies(exit.cause)) return { _tag: "Stop", collect: true }
  const error = Cause.findErrorOption(exit.cause)
  const reason = error._tag === "Some" ? error.value.reason : undefined
  if (reason?._tag === "TimedOut" || reason?._tag === "Cancelled") return { _tag: "Stop", collect: true }
  if (reason?._tag === "Detached") return { _tag: "Leave" }
  if (reason?._tag === "LeaseLost" || deletion !== true) return { _tag: "Keep" }
  const isNodeLost = reason?._tag === "PodFailed" && reason.diagnosis.cause._tag === "NodeLost"
  return isNodeLost ? { _tag: "Force" } : { _tag: "Stop", collect: false }
}

const ownGrace = ({ manifest }: PodPlan): number | undefined => {
  const { terminationGracePeriodSeconds: seconds } = manifest.spec
  return typeof seconds === "number" ? seconds : undefined
}

/**
 * Seconds that a pod has to end once it is deleted. A command that is told to stop: what the caller
 * asks for, else the pod's own `terminationGracePeriodSeconds`, else 10. After the command's end:
 * the pod's own, for containers of the user's own; ours end at once.
 */
export const removalGrace = (ending: Removed, plan: PodPlan, asked: number | undefined): number => {
  switch (ending._tag) {
    case "Force":
      return 0
    case "Stop":
      return Math.max(LEAST_GRACE_SECONDS, Math.ceil(asked ?? ownGrace(plan) ?? STOP_GRACE_SECONDS))
    case "Delete":
      return Math.max(LEAST_GRACE_SECONDS, ownGrace(plan) ?? POD_GRACE_SECONDS)
  }
}

/**
 * Whether a session that has brought everything may let the helper end: it may not where the pod
 * will be deleted, so that a driver that dies before has a successor who gets everything again.
 * Decided before the outcome is settled; where it turns out otherwise (`onSuccess`, and the kubelet
 * knows of a failure), a kept pod's helper waits for the pod's deadline.
 */
export const mayHelperEnd = (deletion: RunnerProperties["delete"], exitCode: number, missing: number): boolean =>
  deletion === "onSuccess" ? exitCode !== 0 || missing > 0 : !deletion
