/** Runs one task of a file, unless its result is known: by the record of the execution, or by the cache. */
import type { TaskIdentity } from "@podwright/spec-builder"
import {
  type FailedTask,
  renderTask,
  type SharedFolder,
  type TaskDeclaration,
  type TaskFile,
  TaskFileError,
  type TaskOutputs
} from "@podwright/task-file"
import { Effect, type FileSystem, type Scope } from "effect"
import type { HttpClient } from "effect/http"
import type { ExecutionRecord } from "../attempts/ExecutionRecord.ts"
import { INFRASTRUCTURE_RETRIES } from "../attempts/RetryPolicy.ts"
import { runCached } from "../attempts/RunCache.ts"
import { runWithRetries } from "../attempts/RunRetries.ts"
import { warnTo } from "../attempts/Warnings.ts"
import { TaskRunner } from "../run/TaskRunner.ts"
import { prepareTask } from "../task/PreparedTask.ts"
import type { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import { placeByName } from "../task/RunPlace.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import type { FlowError } from "./FlowEnd.ts"
import type { FlowEvent } from "./FlowEvent.ts"
import type { FlowOptions } from "./FlowOptions.ts"

/** What a runner of one task's attempts needs. */
export type FlowServices = TaskRunner | FileSystem.FileSystem | HttpClient.HttpClient

/**
 * A field of the connection that turns out to be wrong when it is used is reported with its place
 * in the file, as others are.
 */
export const placed = (file: TaskFile, task: TaskDeclaration, error: RunError): FlowError => {
  // Once there is a pod the file was right, and the platform failed.
  if (error.facts !== undefined && error.facts.pod !== null) return error
  const cause = error.reason._tag === "Kube" ? error.reason.error.reason : undefined
  if (cause?._tag !== "Config" || cause.field?.startsWith("config.") !== true) return error
  const path = [...task.path, task.keys.runner, ...cause.field.split(".")]
  const issue = file.document.issue(path, `${cause.field}: ${cause.detail}`)
  return new TaskFileError({ operation: "connect", issues: [issue] })
}

/** One task of a file, with what has been decided for it. */
export interface FlowTaskRun {
  readonly file: TaskFile
  readonly task: TaskDeclaration
  readonly identity: TaskIdentity
  readonly outputs: Readonly<Record<string, TaskOutputs>>
  /** The task that failed, for those of `errors` and `finally`. */
  readonly error?: FailedTask
  /** The folder that it shares with the tasks before; absent for the first of them. */
  readonly folder?: SharedFolder
  readonly outputDirectory: string
  readonly record: ExecutionRecord | undefined
  readonly options: FlowOptions
  readonly startedAt: Date
  readonly emit: (event: FlowEvent | RunEvent) => Effect.Effect<void>
  /** Awaited before the task has a pod, beside all that can be prepared without one. */
  readonly after: Effect.Effect<void>
}

/**
 * Runs a task unless its result is known: by the record of the execution, or by the cache. Rendered
 * and built once for both and the run.
 */
export const runTaskOnce = Effect.fnUntraced(function* ({
  after,
  emit,
  error,
  file,
  folder,
  identity,
  options,
  outputDirectory,
  outputs,
  record,
  startedAt,
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
    secret = () => undefined,
    stop
  } = options
  const request = (identity: TaskIdentity) =>
    Effect.map(
      renderTask(file, task, {
        identity,
        inputs,
        outputs,
        secret,
        values: options.values,
        startedAt,
        ...(error === undefined ? {} : { error }),
        ...(folder === undefined ? {} : { folder })
      }),
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
    ...(stop === undefined ? {} : { stop }),
    after,
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
