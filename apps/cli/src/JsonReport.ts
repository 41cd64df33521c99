/**
 * The result as JSON: one object for a whole file, also when a task of it failed or never ran. Pure. Its keys are an
 * interface that scripts read.
 */
import type { RunError, RunResult } from "@podwright/runner"

export type TaskEnd =
  | { readonly _tag: "Result"; readonly taskId: string; readonly result: RunResult }
  | { readonly _tag: "Error"; readonly taskId: string; readonly error: RunError }

const body = (end: TaskEnd) => {
  if (end._tag === "Result") {
    const { result } = end
    return {
      task: end.taskId,
      state: result.state,
      exitCode: result.exitCode,
      outputs: {},
      outputFiles: result.outputFiles,
      pod: result.pod,
      namespace: result.namespace,
      node: result.node,
      timings: result.timings,
      logLines: result.logLines,
      error: result.diagnosis === null ? null : { cause: result.diagnosis.cause, message: result.diagnosis.summary }
    }
  }
  const { error } = end
  return {
    task: end.taskId,
    state: error.reason._tag === "TimedOut" ? "TIMED_OUT" : "ERROR",
    exitCode: null,
    outputs: {},
    outputFiles: {},
    pod: error.facts?.pod ?? null,
    namespace: error.facts?.namespace ?? null,
    node: error.facts?.node ?? null,
    timings: error.facts?.timings ?? {},
    logLines: error.facts?.logLines ?? { stdout: 0, stderr: 0 },
    error: { cause: error.reason._tag, message: error.message }
  }
}

/** The last task's end is the file's; with several tasks `tasks` lists them all, in order. */
export const jsonReport = (ends: ReadonlyArray<TaskEnd>): unknown => {
  const last = ends.at(-1)
  if (last === undefined) return { state: "SUCCESS", tasks: [] }
  return ends.length === 1 ? body(last) : { ...body(last), tasks: ends.map(body) }
}
