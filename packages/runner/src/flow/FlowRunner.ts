/**
 * Runs the tasks of a file one after the other, each in a pod of its own, and hands what one gives
 * to the next. Stops at the first that does not succeed. What runs, caches, repeats and remembers a
 * task is in `attempts`; this puts them together for each task.
 */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { checkOutputDirectory, type LogCursor } from "@podwright/file-sync"
import type { TaskIdentity } from "@podwright/spec-builder"
import { renderTask, type TaskDeclaration, type TaskFile, TaskFileError, type TaskOutputs } from "@podwright/task-file"
import { Clock, Effect, type FileSystem, Result, type Scope } from "effect"
import type { HttpClient } from "effect/http"
import type { CacheStore } from "../attempts/CacheStore.ts"
import { type ExecutionRecord, executionRecord } from "../attempts/ExecutionRecord.ts"
import type { FinishedTasks } from "../attempts/FinishedTasks.ts"
import { INFRASTRUCTURE_RETRIES } from "../attempts/RetryPolicy.ts"
import { runCached } from "../attempts/RunCache.ts"
import { runWithRetries } from "../attempts/RunRetries.ts"
import { warnTo } from "../attempts/Warnings.ts"
import { TaskRunner } from "../run/TaskRunner.ts"
import { prepareTask } from "../task/PreparedTask.ts"
import { randomId } from "../task/RandomId.ts"
import { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import { placeByName } from "../task/RunPlace.ts"
import { Files } from "../task/RunReason.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import type { FlowEvent } from "./FlowEvent.ts"
import { taskIdentity } from "./TaskIdentities.ts"

/** How a file is run. Everything has a default: `runFlow(file)` runs a file without required inputs. */
export interface FlowOptions {
  /** Values of the file's inputs, as `resolveInputs` of task-file gives them. Default: none. */
  readonly inputs?: Readonly<Record<string, unknown>>
  /**
   * Folder for output files: those of a single task go there, those of several into folders by task
   * id. Default: a folder of the execution's own below `.podwright` in the process's folder.
   */
  readonly outputDirectory?: string | undefined
  /**
   * Names an execution that an earlier process may have begun, to continue it. Default: a new
   * execution.
   */
  readonly executionId?: string | undefined
  /**
   * Where an earlier process has read the log of the file's only task to: the cursor of the last
   * `Log` or `Values` event it dealt with. A file of several tasks is refused, as nothing says
   * whose log it is.
   */
  readonly logCursor?: LogCursor | undefined
  /**
   * Remembers which tasks of an execution are done until it ends. Default: nothing is remembered,
   * and a new process runs them again.
   */
  readonly finishedTasks?: FinishedTasks | undefined
  /**
   * Where results of tasks with `taskCache` are kept. Default: none are, and such a task runs with
   * a warning.
   */
  readonly cache?: CacheStore | undefined
  /**
   * `use`: results that are kept are used; `refresh`: every task runs, and its result is kept anew;
   * `ignore`: every task runs, and nothing is kept. Default: `use`.
   */
  readonly cacheMode?: "use" | "refresh" | "ignore" | undefined
  /**
   * Names the cluster in kept results where its address does not last, as an embedded one's. Default:
   * a cluster is known by its address and authority.
   */
  readonly clusterName?: string | undefined
  /**
   * How often a task is repeated whose pod was lost, preempted or evicted. Default: that of
   * `INFRASTRUCTURE_RETRIES`.
   */
  readonly infrastructureRetries?: number | undefined
  /**
   * Answers `secret('NAME')` of expressions; undefined where there is no secret of that name.
   * Default: there is none.
   */
  readonly secret?: (name: string) => string | undefined
  /**
   * When it completes, the pod of the task that runs is left to continue, and the flow ends.
   * Default: never.
   */
  readonly detach?: Effect.Effect<void>
  /** Receives every event in order. It is awaited, so a slow listener holds the log back, not memory. */
  readonly onEvent?: (event: FlowEvent | RunEvent) => Effect.Effect<void>
}

/** Why a task of a file has no result: the file is wrong, or the run failed. */
export type FlowError = RunError | TaskFileError

/** How one task ended. */
export type TaskEnd<E = FlowError> =
  | { readonly _tag: "Result"; readonly taskId: string; readonly result: RunResult }
  /** `taskId` is null when no task was begun. */
  | { readonly _tag: "Error"; readonly taskId: string | null; readonly error: E }

/** What a flow comes to. */
export interface FlowResult {
  /** Of the last task that was begun: a retry may have started a new execution. */
  readonly executionId: string
  /** Every task that was begun, in order; the last one's end is the flow's. */
  readonly ends: ReadonlyArray<TaskEnd>
}

/** What a runner of one task's attempts needs. */
type FlowServices = TaskRunner | FileSystem.FileSystem | HttpClient.HttpClient

/** The values that later tasks may refer to. */
const outputsOf = (result: RunResult): TaskOutputs => ({
  exitCode: result.exitCode,
  vars: result.outputs,
  outputFiles: Object.fromEntries(
    Object.entries(result.outputFiles).map(([name, file]) => [name, pathToFileURL(file.path).href])
  )
})

/** Whether the same execution may be continued: it was left, or failed for what may pass. */
const mayContinue = (end: TaskEnd | undefined): boolean =>
  end?._tag === "Error" && end.error._tag === "RunError" && end.error.retryable

/**
 * A field of the connection that turns out to be wrong when it is used is reported with its place
 * in the file, as others are.
 */
const placed = (file: TaskFile, task: TaskDeclaration, error: RunError): FlowError => {
  // Once there is a pod the file was right, and the platform failed.
  if (error.facts !== undefined && error.facts.pod !== null) return error
  const cause = error.reason._tag === "Kube" ? error.reason.error.reason : undefined
  if (cause?._tag !== "Config" || cause.field?.startsWith("config.") !== true) return error
  const path = [...task.path, task.keys.runner, ...cause.field.split(".")]
  const issue = file.document.issue(path, `${cause.field}: ${cause.detail}`)
  return new TaskFileError({ operation: "connect", issues: [issue] })
}

/** Refuses what no task of the file needs to be looked at for. */
const checkOptions = Effect.fnUntraced(function* (file: TaskFile, { logCursor, outputDirectory }: FlowOptions) {
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
})

/** One task of a file, with what has been decided for it. */
interface FlowTaskRun {
  readonly file: TaskFile
  readonly task: TaskDeclaration
  readonly identity: TaskIdentity
  readonly outputs: Readonly<Record<string, TaskOutputs>>
  readonly outputDirectory: string
  readonly record: ExecutionRecord | undefined
  readonly options: FlowOptions
  readonly emit: (event: FlowEvent | RunEvent) => Effect.Effect<void>
}

/**
 * Runs a task unless its result is known: by the record of the execution, or by the cache. Rendered
 * and built once for both and the run.
 */
const runTaskOnce = Effect.fnUntraced(function* ({
  emit,
  file,
  identity,
  options,
  outputDirectory,
  outputs,
  record,
  task
}: FlowTaskRun): Effect.fn.Return<RunResult, FlowError, FlowServices | Scope.Scope> {
  const runner = yield* TaskRunner
  const {
    cacheMode = "use",
    clusterName,
    detach,
    executionId,
    inputs = {},
    logCursor,
    secret = () => undefined
  } = options
  const request = (identity: TaskIdentity) =>
    Effect.map(
      renderTask(file, task, { identity, inputs, outputs, secret }),
      (rendered): TaskRequest => ({
        ...rendered,
        outputDirectory,
        ...(logCursor === undefined ? {} : { logCursor })
      })
    )
  const first = yield* prepareTask(yield* request(identity))
  const resumes = executionId !== undefined
  const run = runWithRetries({
    first,
    request,
    retry: task.retry,
    infrastructure: {
      ...INFRASTRUCTURE_RETRIES,
      retries: options.infrastructureRetries ?? INFRASTRUCTURE_RETRIES.retries
    },
    resumes,
    ...(detach === undefined ? {} : { detach }),
    onEvent: emit
  })
  const { taskCache } = task
  const cached = Effect.gen(function* () {
    if (taskCache?.enabled !== true || cacheMode === "ignore") return yield* run
    if (options.cache === undefined) {
      yield* warnTo(emit, "cache")(`task ${task.id} has taskCache, but no cache was given; the task runs`)
      return yield* run
    }
    const mayBeLeft = resumes && first.task.runner.resume
    const left = mayBeLeft ? { podLeft: runner.hasEarlierPod(first, emit) } : {}
    const found = yield* runner
      .place(first.task)
      .pipe(Effect.catch(({ message }) => Effect.as(warnTo(emit, "cache")(`${message}; the task runs`), undefined)))
    if (found === undefined) return yield* run
    // A task's own config may lead to another cluster than the named one.
    const { config } = first.task.runner
    const isNamed = config?.masterUrl === undefined && config?.inherit !== false
    const place = clusterName !== undefined && isNamed ? placeByName(clusterName, found) : found
    const refresh = cacheMode === "refresh"
    return yield* runCached(
      { prepared: first, cache: taskCache, store: options.cache, place, refresh, onEvent: emit, ...left },
      run
    )
  })
  return yield* record === undefined ? cached : record.once(first, cached)
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

/**
 * Runs a file, which `loadTaskFile` of task-file reads, and returns how each task that was begun
 * ended. Never fails: what goes wrong is the end of a task, or of the whole file where its `taskId`
 * is null. Interruption kills the pod that runs.
 *
 * @example
 * const file = yield* loadTaskFile({ path: "flow.yaml" })
 * const { ends } = yield* runFlow(file, { inputs: yield* resolveInputs(file, {}) })
 */
export const runFlow = Effect.fn("FlowRunner.run")(function* (
  file: TaskFile,
  options: FlowOptions = {}
): Effect.fn.Return<FlowResult, never, FlowServices> {
  const { finishedTasks, onEvent = () => Effect.void } = options
  let by: "taskCache" | "execution" | undefined
  const emit = (event: FlowEvent | RunEvent) => {
    if (event._tag === "Cached") by = event.by
    return onEvent(event)
  }
  let executionId = options.executionId ?? randomId()
  const refused = yield* Effect.result(checkOptions(file, options))
  if (Result.isFailure(refused)) {
    for (const { id } of file.tasks) {
      yield* emit({ _tag: "TaskNotReached", at: yield* Clock.currentTimeMillis, task: id })
    }
    return { executionId, ends: [{ _tag: "Error", taskId: null, error: refused.failure }] }
  }
  const root = options.outputDirectory ?? join(process.cwd(), ".podwright", executionId)
  const execution = { namespace: file.namespace, flowId: file.id, executionId }
  // A single task leaves nothing to remember but its pod.
  const record =
    finishedTasks === undefined || file.tasks.length === 1
      ? undefined
      : executionRecord({ ...execution, store: finishedTasks, onEvent: emit })
  let outputs: Readonly<Record<string, TaskOutputs>> = {}
  const ends: Array<TaskEnd> = []

  for (const task of file.tasks) {
    const last = ends.at(-1)
    if (last !== undefined && (last._tag === "Error" || last.result.state === "FAILED")) {
      yield* emit({ _tag: "TaskNotReached", at: yield* Clock.currentTimeMillis, task: task.id })
      continue
    }
    const identity = taskIdentity(file, task.id, executionId)
    const { taskRunId } = identity
    yield* emit({ _tag: "TaskStarted", at: yield* Clock.currentTimeMillis, task: task.id, executionId, taskRunId })
    by = undefined
    const end = yield* runTaskOnce({
      file,
      task,
      identity,
      outputs,
      // One task's files lie in the folder itself, as it was given; several tasks' may have equal names.
      outputDirectory: file.tasks.length === 1 ? root : join(root, task.id),
      record,
      options,
      emit
    }).pipe(
      Effect.scoped,
      Effect.catchTag("RunError", (error) => Effect.fail(placed(file, task, error))),
      Effect.map((result): TaskEnd => ({ _tag: "Result", taskId: task.id, result })),
      Effect.catch((error) => Effect.succeed<TaskEnd>({ _tag: "Error", taskId: task.id, error }))
    )
    ends.push(end)
    yield* emit(lastEvent(yield* Clock.currentTimeMillis, task.id, end, by))
    if (end._tag === "Error") continue
    // A retry may have started a new execution; the tasks after it belong to it.
    executionId = end.result.attempts?.at(-1)?.executionId ?? executionId
    // Nobody refers to the last one's, and there may be very many files.
    if (task !== file.tasks.at(-1)) outputs = { ...outputs, [task.id]: outputsOf(end.result) }
  }
  if (record !== undefined && !mayContinue(ends.at(-1))) yield* record.forget
  return { executionId, ends }
})
