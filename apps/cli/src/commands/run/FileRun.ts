/**
 * Runs the tasks of a file one after the other, each in a pod of its own, and hands what one gives to the next. Stops at
 * the first that does not succeed.
 */
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { checkOutputDirectory, type LogCursor } from "@podwright/file-sync"
import {
  executionRecord,
  INFRASTRUCTURE_RETRIES,
  RunError,
  type RunEvent,
  RunReason,
  type RunResult,
  runCached,
  runWithRetries,
  TaskRunner
} from "@podwright/runner"
import type { TaskIdentity } from "@podwright/spec-builder"
import { renderTask, type TaskDeclaration, type TaskFile, TaskFileError, type TaskOutputs } from "@podwright/task-file"
import { Effect, type FileSystem, Ref, Result } from "effect"
import type { HttpClient } from "effect/http"
import type { TaskEnd } from "../../report/JsonReport.ts"
import { newExecutionId, newTaskIdentity } from "./TaskIdentities.ts"

export interface FileRunOptions {
  readonly file: TaskFile
  /** Values for the file's inputs, resolved. */
  readonly inputs: Readonly<Record<string, unknown>>
  /** Folder for output files; undefined for a new one of this execution. */
  readonly outputDirectory: string | undefined
  /** Where results of tasks with `taskCache` are kept, and which tasks of an execution are done until it ends. */
  readonly cacheDirectory: string
  /** How often a task is repeated whose pod was lost, preempted or evicted; undefined for the runner's own number. */
  readonly infrastructureRetries: number | undefined
  /** Of an execution that an earlier process may have begun, to go on with it; undefined for a new one. */
  readonly executionId: string | undefined
  /** Where an earlier process has told the log of the file's only task to. */
  readonly logCursor: LogCursor | undefined
  /** When it completes, the pod of the task that runs is left to go on, and the file's run ends. */
  readonly detach: Effect.Effect<void>
  readonly onEvent: (event: RunEvent) => Effect.Effect<void>
}

/** How one task ended, with the values that later tasks may refer to. */
const outputsOf = (result: RunResult): TaskOutputs => ({
  exitCode: result.exitCode,
  vars: result.outputs,
  outputFiles: Object.fromEntries(
    Object.entries(result.outputFiles).map(([name, file]) => [name, pathToFileURL(file.path).href])
  )
})

/** Whether the same execution may be gone on with: it was left, or failed for what may pass. */
const mayGoOn = (end: TaskEnd | undefined): boolean =>
  end?._tag === "Error" && end.error instanceof RunError && end.error.retryable

/** A field of the connection that turns out to be wrong when it is used is told with its place in the file, as others are. */
const placed = (file: TaskFile, task: TaskDeclaration, error: RunError): RunError | TaskFileError => {
  // Once there is a pod the file was right, and the platform failed.
  if (error.facts !== undefined && error.facts.pod !== null) return error
  const cause = error.reason._tag === "Kube" ? error.reason.error.reason : undefined
  if (cause?._tag !== "Config" || cause.field?.startsWith("config.") !== true) return error
  const path = [...task.path, task.keys.runner, ...cause.field.split(".")]
  const issue = file.document.issue(path, `${cause.field}: ${cause.detail}`)
  return new TaskFileError({ operation: "connect", issues: [issue] })
}

/** Runs the file and returns how each task that was begun ended. */
export const runFile = Effect.fn("FileRun.run")(function* (
  options: FileRunOptions
): Effect.fn.Return<ReadonlyArray<TaskEnd>, never, TaskRunner | FileSystem.FileSystem | HttpClient.HttpClient> {
  const { file } = options
  let executionId = options.executionId ?? newExecutionId()
  const root = options.outputDirectory ?? join(process.cwd(), ".podwright", executionId)
  // A folder that was named is meant to be written to, whatever the tasks declare: OUTPUT_DIR needs no declaration.
  const writable =
    options.outputDirectory === undefined ? Result.void : yield* Effect.result(checkOutputDirectory(root))
  if (Result.isFailure(writable)) {
    const error = new RunError({ operation: "FileRun.run", reason: new RunReason.Files({ error: writable.failure }) })
    return [{ _tag: "Error", taskId: null, error }]
  }
  const outputs = yield* Ref.make<Record<string, TaskOutputs>>({})
  const ends: Array<TaskEnd> = []
  const { id: flowId, namespace } = file
  const execution = {
    flowId,
    namespace,
    executionId,
    folder: join(options.cacheDirectory, "executions"),
    onEvent: options.onEvent
  }
  // Of one task there is nothing to remember: its pod is all that is left of it.
  const record = file.tasks.length > 1 ? executionRecord(execution) : undefined
  for (const task of file.tasks) {
    const identity = newTaskIdentity(file, task.id, executionId)
    const before = yield* Ref.get(outputs)
    // One task's files lie in the folder itself, as it was given; several tasks' may have equal names.
    const directory = file.tasks.length === 1 ? root : join(root, task.id)
    const request = (identity: TaskIdentity) =>
      renderTask(file, task, {
        inputs: options.inputs,
        outputs: before,
        identity,
        secret: (name) => process.env[`SECRET_${name}`]
      }).pipe(
        Effect.map((task) => ({
          ...task,
          outputDirectory: directory,
          ...(options.logCursor === undefined ? {} : { logCursor: options.logCursor })
        }))
      )
    const retries = options.infrastructureRetries ?? INFRASTRUCTURE_RETRIES.retries
    const run = runWithRetries({
      identity,
      request,
      retry: task.retry,
      infrastructure: { ...INFRASTRUCTURE_RETRIES, retries },
      resumes: options.executionId !== undefined,
      detach: options.detach,
      onEvent: options.onEvent
    })
    const { taskCache: cache } = task
    const cached =
      cache === undefined
        ? run
        : Effect.flatMap(request(identity), (first) => {
            const { cacheDirectory: folder, onEvent } = options
            const mayBeLeft = options.executionId !== undefined && first.runner.resume
            const left = mayBeLeft
              ? { podLeft: Effect.flatMap(TaskRunner, (runner) => runner.hasEarlierPod(first)) }
              : {}
            return runCached({ task: first, cache, folder, onEvent, ...left }, run)
          })
    const end = yield* (
      record === undefined ? cached : Effect.flatMap(request(identity), (first) => record.once(first, cached))
    ).pipe(
      Effect.catchTag("RunError", (error) => Effect.fail(placed(file, task, error))),
      Effect.map((result): TaskEnd => ({ _tag: "Result", taskId: task.id, result })),
      Effect.catch((error) => Effect.succeed<TaskEnd>({ _tag: "Error", taskId: task.id, error }))
    )
    ends.push(end)
    if (end._tag === "Error" || end.result.state === "FAILED") break
    // A retry may have begun a new execution; the tasks behind belong to it.
    executionId = end.result.attempts?.at(-1)?.executionId ?? executionId
    // Nobody refers to the last one's, and there may be very many files.
    if (task !== file.tasks.at(-1)) yield* Ref.update(outputs, (all) => ({ ...all, [task.id]: outputsOf(end.result) }))
  }
  if (record !== undefined && !mayGoOn(ends.at(-1))) yield* record.forget
  return ends
})
