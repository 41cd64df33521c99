/** How tasks end, and how the flow ends with them. Pure. */
import type { TaskDeclaration, TaskFileError } from "@podwright/task-file"
import type { RunError } from "../task/RunError.ts"
import type { RunResult } from "../task/RunResult.ts"

/** Why a task of a file has no result: the file is wrong, or the run failed. */
export type FlowError = RunError | TaskFileError

/** How one task ended. */
export type TaskEnd<E = FlowError> =
  | { readonly _tag: "Result"; readonly taskId: string; readonly result: RunResult }
  /** `taskId` is null when no task was begun. `allowed`: the task's `allowFailure` lets the flow continue. */
  | { readonly _tag: "Error"; readonly taskId: string | null; readonly error: E; readonly allowed?: boolean }

/** What a flow comes to. */
export interface FlowResult {
  /** Of the last task that was begun: a retry may have started a new execution. */
  readonly executionId: string
  /** Every task that was begun, in order; `flowEnd` says which of the ends is the flow's. */
  readonly ends: ReadonlyArray<TaskEnd>
  /** The flow's own outputs by id, which it has where no task failed. */
  readonly outputs: Readonly<Record<string, unknown>>
}

/** Whether a task's end is the flow's: it failed, and nothing allows that. */
export const isFailure = <E>(end: TaskEnd<E>): boolean =>
  end._tag === "Error" ? end.allowed !== true : end.result.state === "FAILED"

/** A task's end, and the group whose other tasks do not run for it. */
export interface AllowedEnd {
  readonly end: TaskEnd
  readonly abandons: string | undefined
}

/** Whether somebody ended the flow with this task: its driver left the pod, or the run was cancelled. */
export const wasStopped = (end: TaskEnd | undefined): boolean =>
  end?._tag === "Error" &&
  end.error._tag === "RunError" &&
  (end.error.reason._tag === "Detached" || end.error.reason._tag === "Cancelled")

/** A failure that lets the flow continue; one that cannot be allowed stays as it is. */
const allowedFailure = (end: TaskEnd): TaskEnd => {
  if (end._tag === "Result") return { ...end, result: { ...end.result, state: "WARNING" } }
  // A file that is wrong is no failure of its task, and one that was left or cancelled did not fail.
  const mayFail = end.error._tag === "RunError" && !wasStopped(end)
  return mayFail ? { ...end, allowed: true } : end
}

/** What `allowFailure` and `allowWarning` of a task make of its end, and `allowFailure` of its groups. */
export const allowedEnd = (
  { allowFailure, allowWarning, groups }: Pick<TaskDeclaration, "allowFailure" | "allowWarning" | "groups">,
  end: TaskEnd
): AllowedEnd => {
  if (!isFailure(end)) {
    const isAllowed = end._tag === "Result" && end.result.state === "WARNING" && allowWarning
    return { end: isAllowed ? { ...end, result: { ...end.result, state: "SUCCESS" } } : end, abandons: undefined }
  }
  if (allowFailure) return { end: allowedFailure(end), abandons: undefined }
  const group = groups.findLast((one) => one.allowFailure)
  const allowed = group === undefined ? end : allowedFailure(end)
  return { end: allowed, abandons: isFailure(allowed) ? undefined : group?.id }
}

/**
 * The end that is the flow's: that of the first task that failed, else that of the last one;
 * undefined where none was begun.
 */
export const flowEnd = <E>(ends: ReadonlyArray<TaskEnd<E>>): TaskEnd<E> | undefined =>
  ends.find(isFailure) ?? ends.at(-1)

/** Whether a flow that did not fail has a task that ended with a warning, or in an error that is allowed. */
export const hasWarning = <E>(ends: ReadonlyArray<TaskEnd<E>>): boolean =>
  !ends.some(isFailure) && ends.some((end) => end._tag === "Error" || end.result.state === "WARNING")
