/**
 * Which tasks of an execution are done, kept so that another process that continues the execution
 * does not run them again. An interface, with a store of files: one small file for each execution.
 * Knows nothing of pods.
 */
import { hash, randomBytes } from "node:crypto"
import { join } from "node:path"
import { canonicalJson } from "@podwright/spec-builder"
import { Effect, FileSystem, Option, Schema } from "effect"
import { RunResult } from "../task/RunResult.ts"
import { storedJson } from "./StoredJson.ts"
import { StoreError, storeError } from "./StoreError.ts"

/** A task that has succeeded. Its output files stay where it has put them. */
export const FinishedTask = Schema.Struct({
  taskRunId: Schema.String,
  /** Of the pod's spec: a task of another spec is another task. */
  specHash: Schema.String,
  /** In ms since the epoch. */
  storedAt: Schema.Finite,
  result: RunResult
})
export type FinishedTask = typeof FinishedTask.Type

/** Names one execution of a flow. */
export interface ExecutionName {
  readonly namespace: string
  readonly flowId: string
  readonly executionId: string
}

/** A store of finished tasks. A program may bring its own, such as a table of its database. */
export interface FinishedTasks {
  /** The task of an execution by its `taskRunId`; undefined where it is not known to be done. */
  readonly find: (execution: ExecutionName, taskRunId: string) => Effect.Effect<FinishedTask | undefined, StoreError>
  /** Keeps a task, in place of an earlier one with its `taskRunId`. */
  readonly keep: (execution: ExecutionName, task: FinishedTask) => Effect.Effect<void, StoreError>
  /** Removes all tasks of an execution; there may be none. */
  readonly forget: (execution: ExecutionName) => Effect.Effect<void, StoreError>
}

/** Raised when what a record says changes its meaning; records of another format are as good as none. */
const FORMAT = 1

const RecordText = storedJson(Schema.Struct({ format: Schema.Literal(FORMAT), tasks: Schema.Array(FinishedTask) }))
const decodeRecord = Schema.decodeUnknownOption(RecordText)
const encodeRecord = Schema.encodeEffect(RecordText)

/**
 * The store in a folder, which is created when there is something to keep. Processes may share the
 * folder: a file appears whole, by a rename.
 */
export const finishedTasksIn = Effect.fnUntraced(function* (
  folder: string
): Effect.fn.Return<FinishedTasks, never, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const pathOf = ({ executionId, flowId, namespace }: ExecutionName) =>
    join(folder, `${hash("sha256", canonicalJson({ namespace, flowId, executionId }))}.json`)

  const read = Effect.fnUntraced(function* (path: string) {
    if (!(yield* fs.exists(path))) return []
    const record = decodeRecord(yield* fs.readFileString(path))
    if (Option.isSome(record)) return record.value.tasks
    return yield* new StoreError({ detail: `${path} is damaged or of another version` })
  })

  return {
    find: Effect.fnUntraced(function* (execution, taskRunId) {
      return (yield* read(pathOf(execution))).find((task) => task.taskRunId === taskRunId)
    }, Effect.mapError(storeError)),
    keep: Effect.fnUntraced(function* (execution, task) {
      const path = pathOf(execution)
      // What is damaged has been reported by `find`, and is replaced.
      const tasks = yield* Effect.catchTag(read(path), "StoreError", () => Effect.succeed([]))
      const others = tasks.filter(({ taskRunId }) => taskRunId !== task.taskRunId)
      const text = yield* encodeRecord({ format: FORMAT, tasks: [...others, task] })
      yield* fs.makeDirectory(folder, { recursive: true })
      const temporary = `${path}.${randomBytes(8).toString("hex")}`
      yield* fs.writeFileString(temporary, text, { flag: "wx", mode: 0o600 })
      yield* fs.rename(temporary, path)
    }, Effect.mapError(storeError)),
    forget: (execution) => Effect.mapError(fs.remove(pathOf(execution), { force: true }), storeError)
  }
})
