/**
 * The result as JSON: one object for a whole file, also when a task of it failed or none was begun. Pure. Its keys are an
 * interface that scripts read.
 */
import type { KubeError } from "@podwright/k8s-io"
import type { LocalClusterError } from "@podwright/local-cluster"
import type { RunError, RunResult } from "@podwright/runner"
import type { TaskFileError } from "@podwright/task-file"
import type { PlatformError } from "effect/PlatformError"

/** What ends a file's run without a result; all but `RunError` before there is a pod. */
export type FileRunError = RunError | TaskFileError | KubeError | LocalClusterError | PlatformError

export type TaskEnd =
  | { readonly _tag: "Result"; readonly taskId: string; readonly result: RunResult }
  /** `taskId` is null when no task was begun. */
  | { readonly _tag: "Error"; readonly taskId: string | null; readonly error: FileRunError }

const errorBody = (error: FileRunError) => {
  const facts = error._tag === "RunError" ? error.facts : undefined
  const cause = error._tag === "TaskFileError" ? error._tag : error.reason._tag
  return {
    state: cause === "TimedOut" ? "TIMED_OUT" : "ERROR",
    exitCode: null,
    outputs: facts?.outputs ?? {},
    metrics: facts?.metrics ?? [],
    outputFiles: {},
    pod: facts?.pod ?? null,
    namespace: facts?.namespace ?? null,
    node: facts?.node ?? null,
    containers: facts?.containers ?? {},
    timings: facts?.timings ?? {},
    logLines: facts?.logLines ?? { stdout: 0, stderr: 0 },
    logGaps: facts?.logGaps ?? 0,
    attempts: facts?.attempts ?? [],
    cached: false,
    cachedAt: null,
    error: { cause, message: error.message }
  }
}

const body = (end: TaskEnd) => {
  if (end._tag === "Error") return { task: end.taskId, ...errorBody(end.error) }
  const { result } = end
  return {
    task: end.taskId,
    state: result.state,
    exitCode: result.exitCode,
    outputs: result.outputs,
    metrics: result.metrics,
    outputFiles: result.outputFiles,
    pod: result.pod,
    namespace: result.namespace,
    node: result.node,
    containers: result.containers,
    timings: result.timings,
    logLines: result.logLines,
    logGaps: result.logGaps,
    attempts: result.attempts ?? [],
    cached: result.cached !== undefined,
    cachedAt: result.cached === undefined ? null : new Date(result.cached.storedAt).toISOString(),
    error: result.diagnosis === null ? null : { cause: result.diagnosis.cause._tag, message: result.diagnosis.summary }
  }
}

/** The last task's end is the file's; with several tasks `tasks` lists them all, in order. */
export const jsonReport = (ends: ReadonlyArray<TaskEnd>): object => {
  const last = ends.at(-1)
  if (last === undefined) return { state: "SUCCESS", tasks: [] }
  return ends.length === 1 ? body(last) : { ...body(last), tasks: ends.map(body) }
}
