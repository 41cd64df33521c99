/**
 * The result as JSON: one object for a whole file, also when a task of it failed or none was begun.
 * Pure. Its keys are an interface that scripts read.
 */
import type { KubeError } from "@podwright/k8s-io"
import type { LocalClusterError } from "@podwright/local-cluster"
import {
  type FlowError,
  type FlowEvent,
  type TaskEnd as FlowTaskEnd,
  flowEnd,
  hasWarning
} from "@podwright/runner/flow"
import type { PlatformError } from "effect/PlatformError"

/** What ends a file's run without a result; all but `RunError` before there is a pod. */
export type FileRunError = FlowError | KubeError | LocalClusterError | PlatformError

/** How a task of the file ended, or the file before its first task (`taskId` is null). */
export type TaskEnd = FlowTaskEnd<FileRunError>

const causeOf = (error: FileRunError) => (error._tag === "TaskFileError" ? error._tag : error.reason._tag)

const errorBody = (error: FileRunError) => {
  const facts = error._tag === "RunError" ? error.facts : undefined
  const cause = causeOf(error)
  return {
    state: cause === "TimedOut" ? "TIMED_OUT" : "ERROR",
    exitCode: null,
    outputs: facts?.outputs ?? {},
    metrics: facts?.metrics ?? [],
    outputFiles: facts?.outputFiles ?? {},
    skipped: error._tag === "RunError" && error.reason._tag === "OutputMissing" ? (error.reason.skipped ?? []) : [],
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
    skipped: result.skipped ?? [],
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

/**
 * An event of a task. Its result is left out: the `Finished` event before it has it, with
 * every output file.
 */
export const flowEventJson = (event: FlowEvent): object => {
  switch (event._tag) {
    case "TaskEnded":
    case "TaskSkipped": {
      const { result, ...rest } = event
      return { ...rest, state: result.state, exitCode: result.exitCode }
    }
    case "TaskFailed":
      return { ...event, error: { cause: causeOf(event.error), message: event.error.message } }
    case "TaskStarted":
    case "TaskLeftOut":
    case "TaskNotReached":
      return event
  }
}

/**
 * The end of the first task that failed, or else of the last one, is the file's; with several tasks
 * `tasks` lists them all, in order. `flowOutputs` are the flow's own, where it declares any.
 * `execution` is null where the file was refused before it became one.
 */
export const jsonReport = (
  execution: string | undefined,
  ends: ReadonlyArray<TaskEnd>,
  outputs: Readonly<Record<string, unknown>> = {}
): object => {
  const end = flowEnd(ends)
  const id = { execution: execution ?? null }
  const own = Object.keys(outputs).length === 0 ? {} : { flowOutputs: outputs }
  if (end === undefined) return { ...id, state: "SUCCESS", tasks: [], ...own }
  const whole = { ...id, ...body(end), ...(hasWarning(ends) ? { state: "WARNING" } : {}), ...own }
  return ends.length === 1 ? whole : { ...whole, tasks: ends.map(body) }
}
