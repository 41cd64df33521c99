/**
 * Remembers which tasks of an execution are done, so that another process that goes on with it does not run them again: one small
 * file of results on this machine. Output files stay where the tasks have put them, and are looked at before they are used.
 */
import { createHash, hash, randomBytes } from "node:crypto"
import { join } from "node:path"
import { buildPod, canonicalJson, taskValues } from "@podwright/spec-builder"
import { Clock, Effect, FileSystem, Option, Result, Schema, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { RunEvent } from "../task/RunEvent.ts"
import { RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"

/** Raised when what a record says changes its meaning; records of another format are as good as none. */
const FORMAT = 1

const DoneTask = Schema.Struct({
  taskRunId: Schema.String,
  specHash: Schema.String,
  /** In ms since the epoch. */
  storedAt: Schema.Finite,
  result: RunResult
})
type DoneTask = typeof DoneTask.Type

const RecordText = Schema.fromJsonString(
  Schema.Struct({ format: Schema.Literal(FORMAT), tasks: Schema.Array(DoneTask) })
)
const decodeRecord = Schema.decodeUnknownOption(RecordText)
const encodeRecord = Schema.encodeEffect(RecordText)

/** Which execution: what tells it from others that share the folder. */
export interface RecordedExecution {
  /** Where records are kept; made when there is one to keep. Processes may share it. */
  readonly folder: string
  readonly namespace: string
  readonly flowId: string
  readonly executionId: string
  /** `Cached` and `Finished` of a task that is done, warnings of the record itself. */
  readonly onEvent: (event: RunEvent) => Effect.Effect<void>
}

export interface ExecutionRecord {
  /**
   * The result of a task that an earlier process of the execution has done, if its spec is the same and its output files are as it
   * left them; else what `run` comes to, which is kept if it is a success. What goes wrong with the record is a warning.
   */
  readonly once: <E, R>(
    task: TaskRequest,
    run: Effect.Effect<RunResult, E, R>
  ) => Effect.Effect<RunResult, E, R | FileSystem.FileSystem>
  /** The execution has come to its end: named again, it begins anew. */
  readonly forget: Effect.Effect<void, never, FileSystem.FileSystem>
}

/** Memory does not grow with the file. */
const sha256Of = Effect.fnUntraced(function* (path: string) {
  const fs = yield* FileSystem.FileSystem
  const digest = createHash("sha256")
  yield* Stream.runForEach(fs.stream(path), (chunk) => Effect.sync(() => digest.update(chunk)))
  return digest.digest("hex")
})

/** The first output that is not as the task has left it; undefined where all are. */
const changedOutput = Effect.fnUntraced(function* ({ outputFiles }: RunResult) {
  const fs = yield* FileSystem.FileSystem
  for (const { path, sha256 } of Object.values(outputFiles)) {
    if (!(yield* fs.exists(path)) || (yield* sha256Of(path)) !== sha256) return path
  }
  return undefined
})

/** The record of an execution; nothing is read or written before a task is asked for. */
export const executionRecord = (execution: RecordedExecution): ExecutionRecord => {
  const { executionId, flowId, folder, namespace, onEvent } = execution
  const path = join(folder, `${hash("sha256", canonicalJson({ namespace, flowId, executionId }))}.json`)
  const warn = (message: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      onEvent(RunEvent.make({ _tag: "Warning", at, message: `record of the execution: ${message}` }))
    )

  const read = Effect.gen(function* (): Effect.fn.Return<
    ReadonlyArray<DoneTask>,
    PlatformError,
    FileSystem.FileSystem
  > {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* fs.exists(path))) return []
    const record = decodeRecord(yield* fs.readFileString(path))
    if (Option.isNone(record)) yield* warn(`${path} is damaged or of another version`)
    return Option.match(record, { onNone: () => [], onSome: ({ tasks }) => tasks })
  })

  const find = Effect.fnUntraced(function* (task: TaskRequest, specHash: string) {
    const { taskId, taskRunId } = task.identity
    const done = (yield* read).find((one) => one.taskRunId === taskRunId)
    if (done === undefined) return undefined
    const why =
      done.specHash !== specHash ? "its spec is another one" : yield* Effect.map(changedOutput(done.result), changeOf)
    if (why !== undefined) yield* warn(`task ${taskId} was done, and is run again: ${why}`)
    return why === undefined ? done : undefined
  })

  const keep = Effect.fnUntraced(function* (done: DoneTask) {
    const fs = yield* FileSystem.FileSystem
    const others = (yield* read).filter(({ taskRunId }) => taskRunId !== done.taskRunId)
    const text = yield* encodeRecord({ format: FORMAT, tasks: [...others, done] })
    yield* fs.makeDirectory(folder, { recursive: true })
    const temporary = `${path}.${randomBytes(8).toString("hex")}`
    yield* fs.writeFileString(temporary, text, { flag: "wx", mode: 0o600 })
    yield* fs.rename(temporary, path)
  })

  const once: ExecutionRecord["once"] = Effect.fnUntraced(function* (task, run) {
    const plan = buildPod(taskValues(task), task.runner)
    // What is wrong with it its run will say.
    if (Result.isFailure(plan)) return yield* run
    const { specHash } = plan.success
    const { taskRunId } = task.identity
    const done = yield* find(task, specHash).pipe(
      Effect.catch(({ message }) => Effect.as(warn(`${message}; the task runs`), undefined))
    )
    const at = yield* Clock.currentTimeMillis
    if (done !== undefined) {
      const cached = { storedAt: done.storedAt, executionId, taskRunId }
      const result: RunResult = { ...done.result, timings: {}, cached }
      yield* onEvent(RunEvent.make({ _tag: "Cached", at, by: "execution", ...cached }))
      yield* onEvent({ _tag: "Finished", at, result })
      return result
    }
    const result = yield* run
    if (result.state === "FAILED") return result
    const storedAt = yield* Clock.currentTimeMillis
    yield* keep({ taskRunId, specHash, storedAt, result }).pipe(
      Effect.catch(({ message }) => warn(`${message}; should this process die, the task runs again`))
    )
    return result
  })

  const forget = Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    yield* fs
      .remove(path, { force: true })
      .pipe(Effect.catch(({ message }) => warn(`${message}; named again, the execution does not begin anew`)))
  })
  return { once, forget }
}

const changeOf = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : `output ${path} is not as it left it`
