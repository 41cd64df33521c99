/**
 * Uses the results of tasks that an earlier process of the same execution has done, as a store of
 * finished tasks has them. Output files stay where the tasks have put them, and are looked at
 * before they are used. The record never makes a run fail: what goes wrong with it is a warning,
 * and the task runs.
 */
import { Clock, Effect, type FileSystem } from "effect"
import type { PreparedTask } from "../task/PreparedTask.ts"
import { RunEvent } from "../task/RunEvent.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { ExecutionName, FinishedTasks } from "./FinishedTasks.ts"
import { digestOfOutput } from "./OutputOnDisk.ts"
import { warnTo } from "./Warnings.ts"

/** Which execution, and where its finished tasks are kept. */
export interface RecordedExecution extends ExecutionName {
  readonly store: FinishedTasks
  /** `Cached` and `Finished` of a task that is done, warnings of the record itself. */
  readonly onEvent: (event: RunEvent) => Effect.Effect<void>
}

/** The finished tasks of one execution. */
export interface ExecutionRecord {
  /**
   * The result of a task that an earlier process of the execution has done, if its spec is the same
   * and its output files are as it left them; else what `run` comes to, which is kept if it is a
   * success. What goes wrong with the record is a warning.
   */
  readonly once: <E, R>(
    prepared: PreparedTask,
    run: Effect.Effect<RunResult, E, R>
  ) => Effect.Effect<RunResult, E, R | FileSystem.FileSystem>
  /** The execution has come to its end: named again, it starts over. */
  readonly forget: Effect.Effect<void>
}

/** Says what is wrong with the first output that is not as the task left it; undefined where all are. */
const outputChange = Effect.fnUntraced(function* ({ outputFiles }: RunResult) {
  for (const { path, sha256 } of Object.values(outputFiles)) {
    if ((yield* digestOfOutput(path)) !== sha256) return `its output ${path} has changed`
  }
  return undefined
})

/** The record of an execution; nothing is read or written before a task is asked for. */
export const executionRecord = ({
  executionId,
  flowId,
  namespace,
  onEvent,
  store
}: RecordedExecution): ExecutionRecord => {
  const execution = { namespace, flowId, executionId }
  const warn = warnTo(onEvent, "record of the execution")

  const find = Effect.fnUntraced(function* ({ plan, task }: PreparedTask) {
    const { taskId, taskRunId } = task.identity
    const done = yield* store.find(execution, taskRunId)
    if (done === undefined) return undefined
    const why = done.specHash !== plan.specHash ? "its spec has changed" : yield* outputChange(done.result)
    if (why !== undefined) yield* warn(`task ${taskId} completed before, and is rerun: ${why}`)
    return why === undefined ? done : undefined
  })

  const once: ExecutionRecord["once"] = Effect.fnUntraced(function* (prepared, run) {
    const { specHash } = prepared.plan
    const { taskRunId } = prepared.task.identity
    const done = yield* find(prepared).pipe(
      Effect.catch(({ message }) => Effect.as(warn(`${message}; the task runs`), undefined))
    )
    const at = yield* Clock.currentTimeMillis
    if (done !== undefined) {
      const cached = { storedAt: done.storedAt, executionId, taskRunId }
      const result: RunResult = { ...done.result, timings: {}, cached }
      yield* onEvent(
        RunEvent.make({ _tag: "Cached", at, by: "execution", ...cached, namespace: result.namespace, pod: result.pod })
      )
      yield* onEvent({ _tag: "Finished", at, result })
      return result
    }
    const result = yield* run
    if (result.state === "FAILED") return result
    const storedAt = yield* Clock.currentTimeMillis
    yield* store
      .keep(execution, { taskRunId, specHash, storedAt, result })
      .pipe(Effect.catch(({ message }) => warn(`${message}; if this process dies, the task is rerun`)))
    return result
  })

  const forget = store
    .forget(execution)
    .pipe(Effect.catch(({ message }) => warn(`${message}; named again, the execution does not start over`)))
  return { once, forget }
}
