/**
 * Reads a task or flow file: YAML, then its shape, then the runner's properties, with every problem
 * found at its place. The text comes from a file through `loadTaskFile`; all else is pure.
 */
import { basename, dirname, extname } from "node:path"
import {
  decodeRetry,
  decodeRunnerProperties,
  decodeTaskCache,
  propertyDecoder,
  type RetryProperties,
  type SpecError
} from "@podwright/spec-builder"
import { Effect, FileSystem, Result, type Schema } from "effect"
import { FlowFile, FlowTask, type InputFileValue, NativeFile, type TaskDeclaration, type TaskFile } from "./TaskFile.ts"
import { TaskFileError, TaskFileIssue } from "./TaskFileError.ts"
import { type Path, YamlDocument } from "./YamlDocument.ts"

/** The known task types: those that run commands in a container. */
export const TASK_TYPES: ReadonlyArray<string> = ["io.kestra.plugin.scripts.shell.Commands"]
/** The names of the podwright runner. */
export const RUNNER_TYPES: ReadonlyArray<string> = ["io.kestra.plugin.ee.kubernetes.runner.Kubernetes", "podwright"]
/** The reference's image for a task that names none. */
export const DEFAULT_IMAGE = "ubuntu"

/** Of a text that is not read from a file, or was read already. */
export interface ParseOptions {
  /** For messages; as the user wrote it. */
  readonly fileName: string
  /** `{path}` of input files is relative to it. */
  readonly directory: string
  /** For tasks that name no image. Default: `ubuntu`, as the reference has it. */
  readonly defaultImage?: string
}

const inputNames = ["id", "type", "description", "displayName", "required", "defaults"]

/** Names known at a place of either form. */
const knownNames = (place: Path, isFlow: boolean): ReadonlyArray<string> => {
  if (place.length === 0) return Object.keys(isFlow ? FlowFile.fields : NativeFile.fields)
  if (place[0] === "inputs") return inputNames
  if (place[0] === "tasks" && place.length === 2) return Object.keys(FlowTask.fields)
  return ["path", "url", "text"]
}

const decodeShape = <S extends Schema.Decoder<unknown>>(schema: S, document: YamlDocument, isFlow: boolean) => {
  const decode = propertyDecoder(schema, { source: "task", noun: "key", known: (place) => knownNames(place, isFlow) })
  return Result.mapError(
    decode(document.value),
    (issues): ReadonlyArray<TaskFileIssue> =>
      issues.map(({ kind, message, path }) =>
        kind === "unknown-name"
          ? document.issue(path, message, "key")
          : document.issue(path, path.length === 0 ? message : `${lastName(path)}: ${message}`)
      )
  )
}

/** The last part of a path as a person would name it; `commands[2]` for a place in a list. */
const lastName = (path: Path): string =>
  typeof path.at(-1) === "number" ? `${path.at(-2)}[${path.at(-1)}]` : String(path.at(-1))

const isExpression = (value: unknown): boolean => typeof value === "string" && /\{\{|\{%/.test(value)

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value
  )

/** Problems of the runner's properties that no expression can mend. */
const runnerIssues = (document: YamlDocument, path: Path, properties: Readonly<Record<string, unknown>>) => {
  const decoded = decodeRunnerProperties(properties)
  if (Result.isSuccess(decoded)) return []
  return placed(
    document,
    path,
    decoded.failure.issues.filter((issue) => !isExpression(valueAt(properties, issue.path)))
  )
}

/** Issues of properties that stand at `path`, in the file. */
const placed = (document: YamlDocument, path: Path, issues: SpecError["issues"]) =>
  issues.map((issue) => {
    const full = [...path, ...issue.path]
    return document.issue(
      full,
      `${String(full.at(-1))}: ${issue.message}`,
      issue.kind === "unknown-name" ? "key" : "value"
    )
  })

/** Reads properties that hold no expressions; what is wrong with them goes to `issues`. */
const readProperties = <A>(
  document: YamlDocument,
  path: Path,
  value: unknown,
  decode: (value: unknown) => Result.Result<A, SpecError>,
  issues: Array<TaskFileIssue>
): A | undefined => {
  // A key without a value reads as absent.
  if (value === undefined || value === null) return undefined
  const decoded = decode(value)
  if (Result.isSuccess(decoded)) return decoded.success
  issues.push(...placed(document, path, decoded.failure.issues))
  return undefined
}

type Work = Pick<
  typeof FlowTask.Type,
  | "beforeCommands"
  | "interpreter"
  | "failFast"
  | "targetOS"
  | "env"
  | "inputFiles"
  | "outputFiles"
  | "timeout"
  | "retry"
  | "taskCache"
>

const declaration = (
  document: YamlDocument,
  work: Work,
  rest: Pick<TaskDeclaration, "id" | "image" | "commands" | "runner" | "path" | "keys">,
  issues: Array<TaskFileIssue>,
  flowRetry?: RetryProperties
): TaskDeclaration => ({
  ...rest,
  retry: readProperties(document, [...rest.path, "retry"], work.retry, decodeRetry, issues) ?? flowRetry,
  taskCache: readProperties(document, [...rest.path, "taskCache"], work.taskCache, decodeTaskCache, issues),
  interpreter: work.interpreter,
  beforeCommands: work.beforeCommands ?? [],
  failFast: work.failFast ?? true,
  targetOS: work.targetOS === "WINDOWS" ? "WINDOWS" : "LINUX",
  // As written: an environment has texts only, and 1.50 must not become 1.5.
  env: Object.fromEntries(
    Object.entries(work.env ?? {}).map(([name, value]) => [
      name,
      typeof value === "string" ? value : (document.textOf([...rest.path, "env", name]) ?? String(value))
    ])
  ),
  inputFiles: Object.fromEntries(
    Object.entries(work.inputFiles ?? {}).filter((entry): entry is [string, InputFileValue] => entry[1] !== null)
  ),
  outputFiles: work.outputFiles ?? [],
  timeout: work.timeout
})

const inputsOf = (inputs: typeof FlowFile.Type.inputs): TaskFile["inputs"] =>
  (inputs ?? []).map((input, index) => ({
    id: input.id,
    type: input.type,
    required: input.required ?? true,
    defaults: input.defaults as TaskFile["inputs"][number]["defaults"],
    path: ["inputs", index]
  }))

const repeated = (document: YamlDocument, ids: ReadonlyArray<string>, list: string) =>
  ids.flatMap((id, index) =>
    ids.indexOf(id) === index ? [] : [document.issue([list, index, "id"], `id '${id}' is used twice in ${list}`)]
  )

/**
 * An issue for every task of an unknown type; its other keys are not checked, as that type defines
 * them.
 */
const unknownTypes = (document: YamlDocument) => {
  const tasks = valueAt(document.value, ["tasks"])
  return (Array.isArray(tasks) ? tasks : []).flatMap((_task, index) => {
    const path: Path = ["tasks", index, "type"]
    const type = valueAt(document.value, path)
    if (typeof type !== "string" || TASK_TYPES.includes(type)) return []
    return [document.issue(path, `unknown task type '${type}'; known: ${TASK_TYPES.join(", ")}`)]
  })
}

const flowShape = (document: YamlDocument) => {
  const strange = unknownTypes(document)
  const shape = Result.mapError(decodeShape(FlowFile, document, true), (issues) => [
    ...strange,
    ...issues.filter(({ path }) => !strange.some((one) => path[0] === "tasks" && path[1] === one.path[1]))
  ])
  return Result.flatMap(shape, (flow) => (strange.length > 0 ? Result.fail(strange) : Result.succeed(flow)))
}

const flowFile = (document: YamlDocument, options: ParseOptions) =>
  Result.flatMap(flowShape(document), (flow): Result.Result<TaskFile, ReadonlyArray<TaskFileIssue>> => {
    const issues = [
      ...repeated(
        document,
        flow.tasks.map((task) => task.id),
        "tasks"
      ),
      ...repeated(
        document,
        (flow.inputs ?? []).map((input) => input.id),
        "inputs"
      )
    ]
    const retry = readProperties(document, ["retry"], flow.retry, decodeRetry, issues)
    const tasks = flow.tasks.map((task, index) => {
      const path: Path = ["tasks", index]
      const { type, ...runner } = task.taskRunner ?? {}
      if (task.taskRunner !== undefined && !RUNNER_TYPES.includes(String(type))) {
        const message = `unknown task runner '${String(type)}'; known: ${RUNNER_TYPES.join(", ")}`
        issues.push(document.issue([...path, "taskRunner", "type"], message))
      }
      issues.push(...runnerIssues(document, [...path, "taskRunner"], runner))
      const own = {
        id: task.id,
        image: task.containerImage ?? options.defaultImage ?? DEFAULT_IMAGE,
        commands: task.commands,
        runner: runner as TaskDeclaration["runner"],
        path,
        keys: { image: "containerImage", runner: "taskRunner" }
      }
      return declaration(document, task, own, issues, retry)
    })
    return issues.length > 0
      ? Result.fail(issues)
      : Result.succeed({
          id: flow.id,
          namespace: flow.namespace,
          fileName: options.fileName,
          directory: options.directory,
          inputs: inputsOf(flow.inputs),
          variables: (flow.variables ?? {}) as TaskFile["variables"],
          tasks,
          document
        })
  })

const nativeFile = (document: YamlDocument, options: ParseOptions) =>
  Result.flatMap(
    decodeShape(NativeFile, document, false),
    (task): Result.Result<TaskFile, ReadonlyArray<TaskFileIssue>> => {
      const runner = (task.runner ?? {}) as TaskDeclaration["runner"]
      const issues = [
        ...repeated(
          document,
          (task.inputs ?? []).map((input) => input.id),
          "inputs"
        ),
        ...runnerIssues(document, ["runner"], runner)
      ]
      const id = task.id ?? basename(options.fileName, extname(options.fileName))
      const own = {
        id,
        image: task.image,
        commands: task.commands ?? [],
        runner,
        path: [],
        keys: { image: "image", runner: "runner" }
      }
      const single = declaration(document, task, own, issues)
      return issues.length > 0
        ? Result.fail(issues)
        : Result.succeed({
            id,
            namespace: task.namespace ?? "default",
            fileName: options.fileName,
            directory: options.directory,
            inputs: inputsOf(task.inputs),
            variables: {},
            tasks: [single],
            document
          })
    }
  )

const failWith = (operation: string, issues: ReadonlyArray<TaskFileIssue>, document: YamlDocument): TaskFileError => {
  const [first = document.issue([], "the file cannot be read"), ...rest] = issues
  return new TaskFileError({ operation, issues: [first, ...rest] })
}

/**
 * Reads a file's text. A document with `tasks` is a flow, any other a single task. All issues are
 * reported at once.
 */
export const parseTaskFile = (source: string, options: ParseOptions): Result.Result<TaskFile, TaskFileError> =>
  Result.flatMap(YamlDocument.parse(source, options.fileName), (document) => {
    const { value } = document
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return Result.fail(
        failWith("parse", [document.issue([], "expected a task or a flow, which are keys and values")], document)
      )
    }
    const parsed = "tasks" in value ? flowFile(document, options) : nativeFile(document, options)
    return Result.mapError(parsed, (issues) => failWith("parse", issues, document))
  })

/** Which file to read. */
export interface LoadOptions {
  /** Also stands in messages; `{path}` of input files is relative to its folder. */
  readonly path: string
  /** For tasks that name no image. Default: `ubuntu`, as the reference has it. */
  readonly defaultImage?: string
}

/**
 * Reads and checks the file at `path`. Fails with a `TaskFileError` of operation `read` where it
 * cannot be read or is not UTF-8, of `parse` with everything that is wrong in it.
 *
 * @example
 * const file = yield* loadTaskFile({ path: "flow.yaml" })
 * file.tasks.map(({ id }) => id)
 */
export const loadTaskFile = Effect.fn("TaskFile.load")(function* (
  options: LoadOptions
): Effect.fn.Return<TaskFile, TaskFileError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (message: string) => {
    const issue = new TaskFileIssue({ message, file: options.path, line: 1, column: 1, path: [] })
    return new TaskFileError({ operation: "read", issues: [issue] })
  }
  const bytes = yield* fs
    .readFile(options.path)
    .pipe(
      Effect.mapError((error) =>
        unreadable(`the file cannot be read: ${error.cause instanceof Error ? error.cause.message : error.message}`)
      )
    )
  // A command must not run with U+FFFD where the file says something else.
  const source = yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => unreadable("the file is not UTF-8 text; save it as UTF-8")
  })
  return yield* Effect.fromResult(
    parseTaskFile(source, {
      fileName: options.path,
      directory: dirname(options.path),
      ...(options.defaultImage === undefined ? {} : { defaultImage: options.defaultImage })
    })
  )
})
