/**
 * A task as plain data, with the names and the forms of the task file: what a program without Effect writes down, or reads from
 * JSON. Pure but for a random id: decodes to a `TaskRequest`; finds all problems at once, each with its path. Knows no expressions.
 */
import { join } from "node:path"
import {
  DEFAULT_INTERPRETER,
  decodeRunnerProperties,
  InvalidTask,
  nearestName,
  RunDuration,
  type RunnerProperties,
  SpecError,
  SpecIssue
} from "@podwright/spec-builder"
import { InputFileValue, inputSource } from "@podwright/task-file"
import { Duration, Result, Schema, SchemaIssue } from "effect"
import { randomId } from "../task/RandomId.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"

const optional = Schema.optionalKey
const Texts = Schema.Array(Schema.String)

const Task = Schema.Struct({
  image: Schema.NonEmptyString,
  commands: optional(Schema.NonEmptyArray(Schema.String)),
  beforeCommands: optional(Texts),
  interpreter: optional(Texts),
  failFast: optional(Schema.Boolean),
  targetOS: optional(Schema.Literals(["LINUX", "WINDOWS", "AUTO"])),
  env: optional(Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))),
  inputFiles: optional(Schema.Record(Schema.String, InputFileValue)),
  outputFiles: optional(Texts),
  outputDirectory: optional(Schema.NonEmptyString),
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

/** A task of plain values. `image` alone runs the image's own entrypoint; with `commands` they run by the interpreter. */
export interface PlainTask {
  readonly image: string
  readonly commands?: readonly [string, ...ReadonlyArray<string>]
  /** Run before `commands`, in the same shell. */
  readonly beforeCommands?: ReadonlyArray<string>
  /** Default: `["/bin/sh", "-c"]`. */
  readonly interpreter?: ReadonlyArray<string>
  /** Whether a shell stops at the first command that fails. Default: true. */
  readonly failFast?: boolean
  /** Default: `AUTO`, which is Linux. `WINDOWS` runs without files and with `runner.logs: "kubelet"` alone. */
  readonly targetOS?: "LINUX" | "WINDOWS" | "AUTO"
  readonly env?: Readonly<Record<string, string | number | boolean>>
  /** By the name below WORKING_DIR: text, a `file:` or `http(s):` URL, or an object that says which it is. Paths are relative to the process's folder. */
  readonly inputFiles?: Readonly<Record<string, InputFileValue>>
  /** Names and patterns below WORKING_DIR to bring back; everything below OUTPUT_DIR comes back anyway. */
  readonly outputFiles?: ReadonlyArray<string>
  /** Where files are put on this machine. Default: a folder of the run's own below `.podwright` in the process's folder. */
  readonly outputDirectory?: string
  /** The task's own limit, such as `PT5M` or `90s`; takes precedence over `runner.waitUntilCompletion`. */
  readonly timeout?: string
  /** The runner's properties by the names of the task file: `{ namespace: "team", resources: { limit: { memory: "64Mi" } } }`. */
  readonly runner?: typeof RunnerProperties.Encoded
  /** Names of the pod's labels; the pod's name begins with them. Default: `task`, in namespace `default`. */
  readonly id?: string
  readonly namespace?: string
  /** Default: random. Runs must not share a `taskRunId`. */
  readonly executionId?: string
  readonly taskRunId?: string
}

const UNKNOWN = "unknown property"
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => (issue._tag === "UnexpectedKey" ? UNKNOWN : SchemaIssue.defaultLeafHook(issue))
})

const explainUnknown = (path: ReadonlyArray<string | number>): string => {
  const name = String(path.at(-1))
  const known = path.length === 1 ? Object.keys(Task.fields) : ["path", "url", "text"]
  const nearest = nearestName(name, known)
  return `${UNKNOWN} '${name}'; ${nearest === undefined ? `known here: ${known.join(", ")}` : `did you mean '${nearest}'?`}`
}

const invalid = (issues: readonly [SpecIssue, ...ReadonlyArray<SpecIssue>]) =>
  new SpecError({ operation: "decodeTask", reason: new InvalidTask({ issues }) })

const decode = Schema.decodeUnknownResult(Task, { errors: "all", onExcessProperty: "error" })

const decodeTask = (input: unknown) =>
  Result.mapError(decode(input), (error) => {
    const issues = format(error.issue).issues.map((issue) => {
      const path = (issue.path ?? []).map((part) => {
        const key = typeof part === "object" ? part.key : part
        return typeof key === "symbol" ? String(key) : key
      })
      const message = issue.message === UNKNOWN ? explainUnknown(path) : issue.message
      return new SpecIssue({ source: "task", path, message })
    })
    const [first = new SpecIssue({ source: "task", path: [], message: error.message }), ...rest] = issues
    return invalid([first, ...rest])
  })

/** The runner's issues are told by their place in the task. */
const inTask = ({ issues }: SpecError): SpecError => {
  const [first, ...rest] = issues.map(
    ({ message, path }) => new SpecIssue({ source: "task", path: ["runner", ...path], message })
  )
  return invalid([first ?? new SpecIssue({ source: "task", path: ["runner"], message: "it is not valid" }), ...rest])
}

/** Reads a task of plain values; `directory` is what relative paths of input files are relative to. */
export const plainTaskRequest = (input: unknown, directory: string): Result.Result<TaskRequest, SpecError> =>
  Result.gen(function* () {
    const task = yield* decodeTask(input)
    const runner = yield* Result.mapError(decodeRunnerProperties(task.runner ?? {}), inTask)
    const { executionId = randomId(), id = "task", namespace = "default", taskRunId = randomId() } = task
    return {
      identity: { namespace, flowId: id, taskId: id, executionId, taskRunId, attempt: 0 },
      image: task.image,
      command:
        task.commands === undefined
          ? { _tag: "Entrypoint" }
          : {
              _tag: "Commands",
              interpreter: task.interpreter ?? DEFAULT_INTERPRETER,
              beforeCommands: task.beforeCommands ?? [],
              commands: task.commands,
              failFast: task.failFast ?? true,
              targetOS: task.targetOS === "WINDOWS" ? "WINDOWS" : "LINUX"
            },
      env: Object.fromEntries(Object.entries(task.env ?? {}).map(([name, value]) => [name, String(value)])),
      inputFiles: Object.entries(task.inputFiles ?? {}).map(([name, value]) => ({
        name,
        source: inputSource(value, directory)
      })),
      outputFiles: task.outputFiles ?? [],
      outputDirectory: task.outputDirectory ?? join(directory, ".podwright", executionId),
      timeout: task.timeout,
      runner
    }
  })
