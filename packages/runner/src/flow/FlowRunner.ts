/**
 * Runs the tasks of a file one after the other, each in a pod of its own, and hands what one gives
 * to the next. Stops at the first that does not succeed; then those of `errors` run, and at the end
 * those of `finally`. What runs, caches, repeats and remembers a task is in `attempts`;
 * `FlowTaskRun.ts` puts them together for one task.
 */
import { join } from "node:path"
import { checkOutputDirectory, outputUrl } from "@podwright/file-sync"
import {
  type FailedTask,
  renderFlowOutputs,
  renderRunIf,
  type TaskDeclaration,
  type TaskFile,
  TaskFileError,
  type TaskOutputs
} from "@podwright/task-file"
import { Clock, Effect, Result } from "effect"
import { executionRecord } from "../attempts/ExecutionRecord.ts"
import { TaskRunner } from "../run/TaskRunner.ts"
import { randomId } from "../task/RandomId.ts"
import { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import { Files } from "../task/RunReason.ts"
import type { RunResult } from "../task/RunResult.ts"
import { allowedEnd, type FlowResult, flowEnd, isFailure, type TaskEnd, wasStopped } from "./FlowEnd.ts"
import type { FlowEvent } from "./FlowEvent.ts"
import type { FlowOptions } from "./FlowOptions.ts"
import { type FlowServices, placed, runTaskOnce } from "./FlowTaskRun.ts"
import { checkSharedFolders, sharedFolders } from "./SharedFolders.ts"
import { taskIdentity } from "./TaskIdentities.ts"

/** The values that later tasks may refer to. */
const outputsOf = (result: RunResult): TaskOutputs => ({
  exitCode: result.exitCode,
  vars: result.outputs,
  outputFiles: Object.fromEntries(
    Object.entries(result.outputFiles).map(([name, file]) => [name, outputUrl(file.path)])
  )
})

/** What later tasks find of a task, and of the folder that it is the latest of. */
const givenBy = ({ folder, id }: TaskDeclaration, outputs: TaskOutputs): Readonly<Record<string, TaskOutputs>> =>
  folder === undefined || folder.outputFiles.length === 0
    ? { [id]: outputs }
    : { [id]: outputs, [folder.id]: { exitCode: 0, vars: {}, outputFiles: outputs.outputFiles } }

/** Whether the same execution may be continued: it was left, or failed for what may pass. */
const mayContinue = (end: TaskEnd | undefined): boolean =>
  end?._tag === "Error" && end.error._tag === "RunError" && end.error.retryable

/** Refuses what no task of the file needs to be looked at for. */
const checkOptions = Effect.fnUntraced(function* (
  file: TaskFile,
  { executionId, logCursor, outputDirectory }: FlowOptions
) {
  if (logCursor !== undefined && file.tasks.length !== 1) {
    const message = `a log cursor belongs to the log of one task, and this file has ${file.tasks.length}`
    return yield* new TaskFileError({ operation: "inputs", issues: [file.document.issue(["tasks"], message)] })
  }
  // A folder that was named is meant to be written to, whatever the tasks declare: OUTPUT_DIR needs
  // no declaration.
  if (outputDirectory === undefined) return
  yield* checkOutputDirectory(outputDirectory).pipe(
    Effect.mapError((error) => new RunError({ operation: "FlowRunner.run", reason: new Files({ error }) }))
  )
  // An execution that is continued has its own files there.
  if (executionId === undefined) yield* checkSharedFolders(file, outputDirectory)
})

/**
 * The event that says how a task ended. Its result says whether it ran; which of the two it was
 * used by, `Cached` said before.
 */
const lastEvent = (at: number, task: string, end: TaskEnd, by: "taskCache" | "execution" | undefined): FlowEvent => {
  if (end._tag === "Error") return { _tag: "TaskFailed", at, task, error: end.error }
  return by === undefined
    ? { _tag: "TaskEnded", at, task, result: end.result }
    : { _tag: "TaskSkipped", at, task, by, result: end.result }
}

const messageOf = (end: TaskEnd): string =>
  end._tag === "Error" ? end.error.message : (end.result.diagnosis?.summary ?? `exit code ${end.result.exitCode}`)

/**
 * Runs a file, which `loadTaskFile` of task-file reads, and returns how each task that was begun
 * ended. Never fails: what goes wrong is the end of a task, or of the whole file where its `taskId`
 * is null. Interruption stops the command that runs and waits until its pod is gone; of a flow that has
 * ended, `TaskRunner.removals` waits for the last task's pod.
 *
 * @example
 * const file = yield* loadTaskFile({ path: "flow.yaml" })
 * const { ends } = yield* runFlow(file, { inputs: yield* resolveInputs(file, {}) })
 */
export const runFlow = Effect.fn("FlowRunner.run")(function* (
  file: TaskFile,
  options: FlowOptions = {}
): Effect.fn.Return<FlowResult, never, FlowServices> {
  const { finishedTasks, inputs = {}, onEvent = () => Effect.void, secret = () => undefined } = options
  const runner = yield* TaskRunner
  let by: "taskCache" | "execution" | undefined
  let executionId = options.executionId ?? randomId()
  const executions = new Set([executionId])
  const emit = (event: FlowEvent | RunEvent) => {
    if (event._tag === "Cached") by = event.by
    if (event._tag === "Retrying") executions.add(event.executionId)
    return onEvent(event)
  }
  // The flow's pods so far: a quota may have a place for one alone.
  const after = Effect.suspend(() => Effect.forEach([...executions], runner.removals, { discard: true }))
  const startedAt = new Date(yield* Clock.currentTimeMillis)
  const notReached = Effect.fnUntraced(function* ({ id }: TaskDeclaration) {
    yield* emit({ _tag: "TaskNotReached", at: yield* Clock.currentTimeMillis, task: id })
  })
  const refused = yield* Effect.result(checkOptions(file, options))
  if (Result.isFailure(refused)) {
    yield* Effect.forEach(file.tasks, notReached)
    return { executionId, ends: [{ _tag: "Error", taskId: null, error: refused.failure }], outputs: {} }
  }
  const root = options.outputDirectory ?? join(process.cwd(), ".podwright", executionId)
  const execution = { namespace: file.namespace, flowId: file.id, executionId }
  // A single task leaves nothing to remember but its pod.
  const isSingle = file.tasks.length === 1
  const record =
    finishedTasks === undefined || (isSingle && file.errors.length === 0 && file.finally.length === 0)
      ? undefined
      : executionRecord({ ...execution, store: finishedTasks, onEvent: emit })
  let outputs: Readonly<Record<string, TaskOutputs>> = {}
  const ends: Array<TaskEnd> = []
  const folders = sharedFolders()
  /** Ids of groups of which a task has failed, where that is allowed. */
  const abandoned = new Set<string>()

  /** One task, unless it is not to run. */
  const runTask = Effect.fnUntraced(function* (task: TaskDeclaration, isLast: boolean, error?: FailedTask) {
    const identity = taskIdentity(file, task.id, executionId)
    const outside = { secret, values: options.values, startedAt }
    const scope = { identity, inputs, outputs, ...outside, ...(error === undefined ? {} : { error }) }
    const runs = yield* Effect.result(task.disabled ? Effect.succeed(false) : renderRunIf(file, task, scope))
    if (Result.isSuccess(runs) && !runs.success) {
      const why = task.disabled ? "disabled" : "runIf"
      yield* emit({ _tag: "TaskLeftOut", at: yield* Clock.currentTimeMillis, task: task.id, by: why })
      return
    }
    const { taskRunId } = identity
    yield* emit({ _tag: "TaskStarted", at: yield* Clock.currentTimeMillis, task: task.id, executionId, taskRunId })
    by = undefined
    const folder = folders.of(task)
    // One task's files lie in the folder itself, as it was given; several tasks' may have equal names.
    const outputDirectory = isSingle && task === file.tasks[0] ? root : join(root, task.id)
    const run = runTaskOnce({
      file,
      task,
      identity,
      outputs,
      ...(error === undefined ? {} : { error }),
      ...(folder === undefined ? {} : { folder }),
      outputDirectory,
      record,
      options,
      startedAt,
      emit,
      after
    }).pipe(
      Effect.scoped,
      Effect.catchTag("RunError", (error) => Effect.fail(placed(file, task, error)))
    )
    const { abandons, end } = yield* Effect.andThen(Effect.fromResult(runs), run).pipe(
      Effect.map((result): TaskEnd => ({ _tag: "Result", taskId: task.id, result })),
      Effect.catch((error) => Effect.succeed<TaskEnd>({ _tag: "Error", taskId: task.id, error })),
      Effect.map((end) => allowedEnd(task, end))
    )
    if (abandons !== undefined) abandoned.add(abandons)
    ends.push(end)
    yield* emit(lastEvent(yield* Clock.currentTimeMillis, task.id, end, by))
    if (end._tag === "Error") return
    // A retry may have started a new execution; the tasks after it belong to it.
    executionId = end.result.attempts?.at(-1)?.executionId ?? executionId
    // Nobody refers to the last one's, and there may be very many files.
    if (!isLast) outputs = { ...outputs, ...givenBy(task, outputsOf(end.result)) }
    yield* folders.left(task, end.result, outputDirectory)
  })

  /** Tasks one after the other, to the first that fails. */
  const runTasks = Effect.fnUntraced(function* (
    tasks: ReadonlyArray<TaskDeclaration>,
    isLast: (task: TaskDeclaration) => boolean,
    error?: FailedTask
  ) {
    const before = ends.length
    for (const task of tasks) {
      const isAbandoned = task.groups.some(({ id }) => abandoned.has(id))
      if (isAbandoned || ends.slice(before).some(isFailure)) yield* notReached(task)
      else yield* runTask(task, isLast(task), error)
    }
  })

  const isAlone = file.errors.length === 0 && file.finally.length === 0 && file.outputs.length === 0
  yield* runTasks(file.tasks, (task) => isAlone && task === file.tasks.at(-1))
  const failed = ends.find(isFailure)
  const error =
    failed === undefined || failed.taskId === null ? undefined : { taskId: failed.taskId, message: messageOf(failed) }
  // A pod that was left goes on, so its flow has neither failed nor ended; one that was cancelled
  // runs nothing more, as after Ctrl-C.
  if (!wasStopped(ends.at(-1))) {
    if (failed !== undefined) yield* runTasks(file.errors, () => false, error)
    yield* runTasks(file.finally, () => false, error)
  }
  const values = ends.some(isFailure)
    ? Result.succeed({})
    : yield* Effect.result(
        renderFlowOutputs(file, { inputs, outputs, secret, values: options.values, startedAt, executionId })
      )
  if (Result.isFailure(values)) ends.push({ _tag: "Error", taskId: null, error: values.failure })
  if (record !== undefined && !mayContinue(flowEnd(ends))) yield* record.forget
  return { executionId, ends, outputs: Result.isSuccess(values) ? values.success : {} }
})
