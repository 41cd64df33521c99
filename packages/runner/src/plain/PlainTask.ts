/**
 * A task as plain data, with the names and the forms of the task file: what a program without
 * Effect writes down, or reads from JSON. Pure but for a random id: decodes to a `TaskRequest`;
 * finds all problems at once, each with its path. Knows no expressions.
 */
import { join } from "node:path"
import {
  decodeRunnerProperties,
  type InputFile,
  pathProblem,
  propertyDecoder,
  RunDuration,
  type RunnerProperties,
  SpecError,
  SpecIssue,
  SpecReason
} from "@podwright/spec-builder"
import { INPUT_FILE_KEYS, InputFileValue, inputFile } from "@podwright/task-file"
import { Duration, Result, Schema } from "effect"
import { randomId } from "../task/RandomId.ts"
import { type TaskRequest, taskRequest } from "../task/TaskRequest.ts"

const optional = Schema.optionalKey
const Texts = Schema.Array(Schema.String)

const Task = Schema.Struct({
  image: Schema.NonEmptyString,
  commands: optional(Schema.NonEmptyArray(Schema.String)),
  beforeCommands: optional(Texts),
  interpreter: optional(Texts),
  failFast: optional(Schema.Boolean),
  targetOS: optional(Schema.Literals(["LINUX", "WINDOWS", "AUTO"])),
  env: optional(
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.BigInt, Schema.Boolean]))
  ),
  inputFiles: optional(Schema.Record(Schema.String, InputFileValue)),
  outputFiles: optional(Texts),
  outputDirectory: optional(Schema.NonEmptyString.check(Schema.makeFilter(pathProblem))),
  timeout: optional(
    RunDuration.check(
      Schema.makeFilter((limit) => (Duration.isZero(limit) ? "expected a time longer than zero" : undefined))
    )
  ),
  runner: optional(Schema.Unknown),
  id: optional(Schema.NonEmptyString),
  namespace: optional(Schema.NonEmptyString),
  executionId: optional(Schema.NonEmptyString),
  taskRunId: optional(Schema.NonEmptyString)
})

/**
 * A task of plain values. `image` alone runs the image's own entrypoint; with `commands` they run
 * by the interpreter.
 */
export interface PlainTask {
  readonly image: string
  readonly commands?: readonly [string, ...ReadonlyArray<string>]
  /** Run before `commands`, in the same shell. */
  readonly beforeCommands?: ReadonlyArray<string>
  /** Default: `["/bin/sh", "-c"]`. */
  readonly interpreter?: ReadonlyArray<string>
  /** Whether a shell stops at the first command that fails. Default: true. */
  readonly failFast?: boolean
  /**
   * Default: `AUTO`, which is Linux. `WINDOWS` runs without files and with `runner.logs: "kubelet"`
   * alone.
   */
  readonly targetOS?: "LINUX" | "WINDOWS" | "AUTO"
  readonly env?: Readonly<Record<string, string | number | bigint | boolean>>
  /**
   * By the name below WORKING_DIR: text, a `file:` or `http(s):` URL, or an object that says which
   * it is, and what mode the file gets (`mode: "0600"`). `.` is WORKING_DIR itself, for a folder's
   * content. Paths are relative to the process's folder.
   */
  readonly inputFiles?: Readonly<Record<string, InputFileValue>>
  /** Names and patterns below WORKING_DIR to bring back; everything below OUTPUT_DIR comes back anyway. */
  readonly outputFiles?: ReadonlyArray<string>
  /**
   * Where files are put on this machine. Default: a folder of the run's own below `.podwright` in
   * the process's folder.
   */
  readonly outputDirectory?: string
  /** The task's own limit, such as `PT5M` or `90s`; takes precedence over `runner.waitUntilCompletion`. */
  readonly timeout?: string
  /**
   * The runner's properties by the names of the task file: `{ namespace: "team", resources: {
   * limit: { memory: "64Mi" } } }`.
   */
  readonly runner?: typeof RunnerProperties.Encoded
  /**
   * Names of the pod's labels; the pod's name begins with them. Default: `task`, in namespace
   * `default`.
   */
  readonly id?: string
  readonly namespace?: string
  /** Default: random. Runs must not share a `taskRunId`. */
  readonly executionId?: string
  readonly taskRunId?: string
}

const invalid = (issues: readonly [SpecIssue, ...ReadonlyArray<SpecIssue>]) =>
  new SpecError({ operation: "decodeTask", reason: new SpecReason.InvalidTask({ issues }) })

const read = propertyDecoder(Task, {
  source: "task",
  known: (place) => (place.length === 0 ? Object.keys(Task.fields) : INPUT_FILE_KEYS)
})

const decodeTask = (input: unknown) => Result.mapError(read(input), invalid)

/** The runner's issues carry their place in the task. */
const inTask = ({ issues }: SpecError): SpecError => {
  const [first, ...rest] = issues.map(
    ({ kind, message, path }) => new SpecIssue({ kind, source: "task", path: ["runner", ...path], message })
  )
  return invalid([first ?? new SpecIssue({ source: "task", path: ["runner"], message: "it is not valid" }), ...rest])
}

/** The input files, or all that is wrong with them. */
const readInputFiles = (values: Readonly<Record<string, InputFileValue>>, directory: string) => {
  const issues: Array<SpecIssue> = []
  const files: Array<InputFile> = []
  for (const [name, value] of Object.entries(values)) {
    const made = inputFile(name, value, directory)
    if (Result.isSuccess(made)) files.push(made.success)
    else
      for (const { key, message } of made.failure)
        issues.push(new SpecIssue({ kind: "value", source: "task", path: ["inputFiles", name, key], message }))
  }
  const [first, ...rest] = issues
  return first === undefined ? Result.succeed(files) : Result.fail(invalid([first, ...rest]))
}

/** Reads a task of plain values; `directory` is what relative paths of input files are relative to. */
export const plainTaskRequest = (input: unknown, directory: string): Result.Result<TaskRequest, SpecError> =>
  Result.gen(function* () {
    const { env, executionId = randomId(), id, inputFiles, namespace, taskRunId, ...task } = yield* decodeTask(input)
    const runner = yield* Result.mapError(decodeRunnerProperties(task.runner ?? {}), inTask)
    return taskRequest({
      outputDirectory: join(directory, ".podwright", executionId),
      ...task,
      identity: {
        executionId,
        ...(id === undefined ? {} : { taskId: id }),
        ...(namespace === undefined ? {} : { namespace }),
        ...(taskRunId === undefined ? {} : { taskRunId })
      },
      env: Object.fromEntries(Object.entries(env ?? {}).map(([name, value]) => [name, String(value)])),
      inputFiles: yield* readInputFiles(inputFiles ?? {}, directory),
      runner
    })
  })
