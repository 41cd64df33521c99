/** Renders every expression of a declared task: what comes out is a `Task` that can be run. */
import { posix, resolve } from "node:path"
import {
  CONNECTION_FILES,
  decodeRunnerProperties,
  formatPath,
  type InputFile,
  type Json,
  keepDecimals,
  makeTask,
  OUTPUT_DIRECTORY,
  parseRunDuration,
  processIssues,
  type RunnerProperties,
  shownValue,
  type Task,
  type TaskIdentity,
  TOKEN_EXPRESSION,
  taskValues,
  WORK_DIRECTORY
} from "@podwright/spec-builder"
import { Clock, Duration, Effect, Option, Result } from "effect"
import { CommandFiles } from "./CommandFiles.ts"
import { fileNames, type OutsideScope } from "./ExpressionNames.ts"
import { type ExpressionScope, makeRenderer } from "./expression/Expression.ts"
import { type InputFileValue, inputFile } from "./InputFileValue.ts"
import { INPUT_TYPES } from "./inputs/InputTypes.ts"
import { namespaceInputs } from "./namespace/NamespaceInputs.ts"
import { outputPaths } from "./OutputPaths.ts"
import type { OutputDeclaration, TaskDeclaration, TaskFile } from "./TaskFile.ts"
import { TaskFileError, type TaskFileIssue } from "./TaskFileError.ts"
import type { Path } from "./YamlDocument.ts"

/** What a task that has ended gives to later ones, as `outputs.<task id>`. */
export interface TaskOutputs {
  readonly exitCode: number
  readonly vars: Readonly<Record<string, unknown>>
  /** By name, as `file:` URIs. */
  readonly outputFiles: Readonly<Record<string, string>>
}

/** The task that failed, which tasks of `errors` and `finally` may refer to as `error`. */
export interface FailedTask {
  readonly taskId: string
  readonly message: string
}

/** The folder of a WorkingDirectory, as the task before left it. */
export interface SharedFolder {
  /** Where it lies on this machine; undefined where nothing is in it. */
  readonly path: string | undefined
}

/** What a task's expressions may refer to, besides the file itself. */
export interface TaskScope extends OutsideScope {
  /** Becomes the task's own; expressions know its `execution.id` and `taskrun.id`. */
  readonly identity: TaskIdentity
  /** Values of the file's inputs, as `resolveInputs` gives them. */
  readonly inputs: Readonly<Record<string, unknown>>
  /** Of the tasks before, by task id. */
  readonly outputs: Readonly<Record<string, TaskOutputs>>
  /** When the execution was started; default: now. */
  readonly startedAt?: Date | undefined
  /** Absent where no task has failed. */
  readonly error?: FailedTask
  /** For a task that shares its folder with others; absent for the first of them. */
  readonly folder?: SharedFolder
}

/** What a flow and each of its tasks may refer to alike. */
type OuterScope = Pick<TaskScope, "inputs" | "outputs" | "secret" | "values" | "startedAt">

const dateText = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** What expressions of a whole flow may refer to. */
const flowNames = (file: TaskFile, scope: OuterScope, executionId: string, now: number): ExpressionScope => {
  const names = fileNames(file, scope.inputs, scope)
  const execution = { id: executionId, startDate: dateText(scope.startedAt?.getTime() ?? now) }
  return { ...names, values: { ...names.values, outputs: scope.outputs, execution } }
}

/** Its output files by their paths; `temp` is their older name. */
const ownPaths = ({ outputFiles: written }: TaskDeclaration) => {
  const { outputDirs, outputFiles } = outputPaths(written)
  return {
    ...(Object.keys(outputFiles).length === 0 ? {} : { outputFiles, temp: outputFiles }),
    ...(Object.keys(outputDirs).length === 0 ? {} : { outputDirs })
  }
}

/** What expressions of a task may refer to. */
const taskNames = Effect.fnUntraced(function* (file: TaskFile, task: TaskDeclaration, scope: TaskScope) {
  const now = yield* Clock.currentTimeMillis
  const { attempt, executionId, taskRunId } = scope.identity
  const outer = flowNames(file, scope, executionId, now)
  return {
    ...outer,
    values: {
      ...outer.values,
      workingDir: WORK_DIRECTORY,
      outputDir: OUTPUT_DIRECTORY,
      ...ownPaths(task),
      task: { id: task.id },
      taskrun: { id: taskRunId, startDate: dateText(now), attemptsCount: attempt },
      ...(scope.error === undefined ? {} : { error: scope.error })
    }
  }
})

/** Renders one text of a file; what is wrong with it is a `TaskFileError` at its place. */
const renderText = Effect.fnUntraced(function* (
  file: TaskFile,
  source: string,
  path: Path,
  scope: Parameters<typeof makeRenderer>[0]
) {
  const rendered = yield* (yield* makeRenderer(scope))(source)
  if (Result.isSuccess(rendered)) return rendered.success
  const { at, message } = rendered.failure
  const place = at === undefined ? "value" : file.document.positionInside(path, source, at)
  return yield* new TaskFileError({ operation: "render", issues: [file.document.issue(path, message, place)] })
})

/** The input that is the working folder itself. */
const ROOT_INPUT = "."

/** Of inputs that go to one place the last. */
const lastOfPlace = (inputs: ReadonlyArray<InputFile>): ReadonlyArray<InputFile> =>
  Array.from(new Map(inputs.map((input) => [posix.normalize(input.name), input])).values())

/** Texts that mean no, as the reference has them; every other one means yes. */
const FALSY: ReadonlyArray<string> = ["", "0", "-0", "false"]

/** Whether a task runs: what its `runIf` and those of its groups render to. Fails where it cannot be rendered. */
export const renderRunIf = Effect.fn("TaskRendering.runIf")(function* (
  file: TaskFile,
  task: TaskDeclaration,
  scope: TaskScope
): Effect.fn.Return<boolean, TaskFileError> {
  const names = yield* taskNames(file, task, scope)
  for (const { path, runIf } of [...task.groups, task]) {
    if (runIf === undefined) continue
    const text = yield* renderText(file, runIf, [...path, "runIf"], names)
    if (FALSY.includes(text.trim())) return false
  }
  return true
})

/** What a flow's outputs may refer to, besides the file itself. */
export interface FlowScope extends OuterScope {
  readonly executionId: string
}

/** A rendered text as the type of its output says; a failure says what is expected. */
const typedOutput = ({ type }: OutputDeclaration, text: string): Result.Result<Json, string> => {
  switch (type) {
    case "INT":
    case "FLOAT":
    case "BOOLEAN":
    case "BOOL":
    case "JSON":
      return INPUT_TYPES[type](text.trim(), { limits: {} })
    default:
      return Result.succeed(text)
  }
}

/** The values of a flow's outputs by id, once its tasks have ended. Fails where one cannot be rendered. */
export const renderFlowOutputs = Effect.fn("TaskRendering.outputs")(function* (
  file: TaskFile,
  scope: FlowScope
): Effect.fn.Return<Readonly<Record<string, unknown>>, TaskFileError> {
  const names = flowNames(file, scope, scope.executionId, yield* Clock.currentTimeMillis)
  const rendered: (value: Json, path: Path) => Effect.Effect<Json, TaskFileError> = Effect.fnUntraced(
    function* (value, path) {
      if (typeof value === "string") return yield* renderText(file, value, path, names)
      if (Array.isArray(value))
        return yield* Effect.forEach(value, (item: Json, index) => rendered(item, [...path, index]))
      if (typeof value !== "object" || value === null) return value
      const entries = yield* Effect.forEach(Object.entries(value), ([name, inner]) =>
        Effect.map(rendered(inner, [...path, name]), (one) => [name, one] as const)
      )
      return Object.fromEntries(entries)
    }
  )
  // Numbers that are no whole ones, though they may look so.
  const decimals: Array<string> = []
  const outputs = yield* Effect.forEach(file.outputs, (output) =>
    Effect.gen(function* () {
      const value = yield* rendered(output.value, output.path)
      if (typeof value !== "string") return [output.id, value] as const
      const typed = typedOutput(output, value)
      if (Result.isSuccess(typed)) {
        if (output.type === "FLOAT") decimals.push(output.id)
        return [output.id, typed.success] as const
      }
      const issue = file.document.issue(output.path, `output '${output.id}': ${typed.failure}`)
      return yield* new TaskFileError({ operation: "render", issues: [issue] })
    })
  )
  return keepDecimals(Object.fromEntries(outputs), decimals)
})

/** Paths of a connection are relative to the file that names them, as those of input files are. */
const withFilesOf = (directory: string, runner: RunnerProperties): RunnerProperties => {
  const { config } = runner
  if (config === undefined) return runner
  const files = CONNECTION_FILES.flatMap((field) => {
    const path = config[field]
    return path === undefined ? [] : [[field, resolve(directory, path)] as const]
  })
  return { ...runner, config: { ...config, ...Object.fromEntries(files) } }
}

/** In place of the content of an input file whose expression is null; no text of a file is this one. */
const NOTHING = "\0null"

/** The keys of an input file that say what is in it; without another one there would still be a file. */
const CONTENT: ReadonlyArray<string> = ["path", "url", "text"]

/** Whether an input file's content is null, so that there is no such file. */
const isNothing = (value: InputFileValue): boolean =>
  (typeof value === "string" ? [value] : Object.values(value)).includes(NOTHING)

/**
 * Renders a task of `file`. All problems of its expressions are reported at once, each at its line
 * and column. Paths of input files and of the connection become absolute; they are relative to the
 * file's folder.
 */
export const renderTask = Effect.fn("TaskRendering.render")(function* (
  file: TaskFile,
  task: TaskDeclaration,
  scope: TaskScope
): Effect.fn.Return<Task, TaskFileError> {
  const issues: Array<TaskFileIssue> = []
  const render = yield* makeRenderer(yield* taskNames(file, task, scope))

  const text = Effect.fnUntraced(function* (source: string, path: Path, nothing?: string) {
    const rendered = yield* render(source, nothing)
    if (Result.isSuccess(rendered)) return rendered.success
    const { at, message } = rendered.failure
    const place = at === undefined ? "value" : file.document.positionInside(path, source, at)
    issues.push(file.document.issue(path, message, place))
    return source
  })
  const texts = (sources: ReadonlyArray<string>, path: Path) =>
    Effect.forEach(sources, (source, index) => text(source, [...path, index]))

  /** An object with each text among its fields rendered. */
  const fields = Effect.fnUntraced(function* <A extends object>(value: A, place: Path) {
    const rendered: Record<string, string> = {}
    for (const [key, field] of Object.entries(value))
      if (typeof field === "string")
        rendered[key] = yield* text(field, [...place, key], CONTENT.includes(key) ? NOTHING : undefined)
    return { ...value, ...rendered }
  })

  const tokenExpression = [...task.path, task.keys.runner, ...TOKEN_EXPRESSION].join("\0")

  /** Every text inside a value, keys included: labels may have expressions in both. */
  const json: (value: Json, path: Path) => Effect.Effect<Json> = Effect.fnUntraced(function* (value, path) {
    if (path.join("\0") === tokenExpression) return value
    if (typeof value === "string") return yield* text(value, path)
    if (Array.isArray(value)) return yield* Effect.forEach(value, (item: Json, index) => json(item, [...path, index]))
    if (typeof value !== "object" || value === null) return value
    const entries = yield* Effect.forEach(Object.entries(value), ([name, inner]) =>
      Effect.all([text(name, [...path, name]), json(inner, [...path, name])])
    )
    return Object.fromEntries(entries)
  })

  const files = new CommandFiles(file, scope.inputs, scope.outputs)
  /** Texts that a process reads as paths. */
  const commandTexts = (sources: ReadonlyArray<string>, place: Path) =>
    Effect.map(texts(sources, place), (all) => all.map((one) => files.replace(one)))

  const { path } = task
  const image = yield* text(task.image, [...path, task.keys.image])
  const interpreter =
    task.interpreter === undefined ? undefined : yield* commandTexts(task.interpreter, [...path, "interpreter"])
  const beforeCommands = yield* commandTexts(task.beforeCommands, [...path, "beforeCommands"])
  const commands = yield* commandTexts(task.commands, [...path, "commands"])
  const env = yield* Effect.forEach(Object.entries(task.env), ([name, value]) =>
    Effect.map(text(value, [...path, "env", name]), (rendered) => [name, rendered] as const)
  )
  /** The input files that stand at a place; those of `literal` names as they are written. */
  const inputsAt = Effect.fnUntraced(function* (
    values: TaskDeclaration["inputFiles"],
    at: Path,
    literal: ReadonlyArray<string>
  ) {
    const inputs: Array<InputFile> = []
    for (const [name, value] of Object.entries(values)) {
      const place = [...at, name]
      const before = issues.length
      const rendered = yield* literal.includes(name)
        ? Effect.succeed(value)
        : typeof value === "string"
          ? text(value, place, NOTHING)
          : fields(value, place)
      if (issues.length > before || isNothing(rendered)) continue
      const made = inputFile(name, rendered, file.directory)
      if (Result.isSuccess(made)) inputs.push(made.success)
      else
        for (const { key, message } of made.failure)
          issues.push(file.document.issue([...place, key], `${key}: ${message}`))
    }
    return inputs
  })
  /** The files of namespaces that `namespaceFiles` at a place choose. */
  const keptAt = Effect.fnUntraced(function* (files: TaskDeclaration["namespaceFiles"], at: Path) {
    const place = [...at, "namespaceFiles"]
    const kept = yield* namespaceInputs(file, files, (source, inner) => text(source, [...place, ...inner]))
    if (Result.isFailure(kept)) issues.push(file.document.issue(place, kept.failure))
    return Result.getOrElse(kept, () => [])
  })
  const { folder } = task
  const ofFolder: ReadonlyArray<InputFile> =
    folder === undefined
      ? []
      : scope.folder === undefined
        ? [
            ...(yield* keptAt(folder.namespaceFiles, folder.path)),
            ...(yield* inputsAt(folder.inputFiles, [...folder.path, "inputFiles"], []))
          ]
        : scope.folder.path === undefined
          ? []
          : [{ name: ROOT_INPUT, source: { _tag: "Path", path: scope.folder.path, whole: true } }]
  const inputFiles = lastOfPlace([
    ...ofFolder,
    ...(yield* keptAt(task.namespaceFiles, path)),
    ...(yield* inputsAt(task.inputFiles, [...path, "inputFiles"], task.literalFiles))
  ])
  const script: ReadonlyArray<InputFile> =
    task.script === undefined
      ? []
      : [
          {
            name: task.script.name,
            source: {
              _tag: "Text",
              text: task.script.head + files.replace(yield* text(task.script.text, [...path, "script"]))
            }
          }
        ]
  const ownOutputs = yield* texts(task.outputFiles, [...path, "outputFiles"])
  const folderOutputs = folder?.isLast === true ? yield* texts(folder.outputFiles, [...folder.path, "outputFiles"]) : []
  const outputFiles = [...ownOutputs, ...folderOutputs.filter((name) => !ownOutputs.includes(name))]
  const limit = task.timeout === undefined ? undefined : yield* text(task.timeout, [...path, "timeout"])
  const timeout = limit === undefined ? undefined : Option.getOrUndefined(parseRunDuration(limit))
  if (limit !== undefined && issues.length === 0 && (timeout === undefined || Duration.isZero(timeout))) {
    const expected = timeout === undefined ? "a duration such as PT1H30M, 90s or 1h30m" : "a time longer than zero"
    issues.push(file.document.issue([...path, "timeout"], `expected ${expected}, not '${shownValue(limit)}'`))
  }
  const properties = yield* json(task.runner, [...path, task.keys.runner])
  const runner = decodeRunnerProperties(properties)
  if (Result.isFailure(runner) && issues.length === 0) {
    for (const issue of runner.failure.issues) {
      const place = [...path, task.keys.runner, ...issue.path]
      issues.push(file.document.issue(place, `${String(place.at(-1))}: ${issue.message}`))
    }
  }

  const [first, ...rest] = issues
  if (first !== undefined || Result.isFailure(runner)) {
    const all: [TaskFileIssue, ...Array<TaskFileIssue>] = [
      first ?? file.document.issue(path, "the runner's properties are wrong"),
      ...rest
    ]
    return yield* new TaskFileError({ operation: "render", issues: all })
  }
  const made = makeTask({
    identity: scope.identity,
    image,
    ...(interpreter === undefined ? {} : { interpreter }),
    beforeCommands,
    commands,
    failFast: task.failFast,
    targetOS: task.targetOS,
    env: Object.fromEntries(env),
    inputFiles: [...inputFiles, ...script, ...files.inputFiles],
    outputFiles,
    timeout,
    runner: {
      ...withFilesOf(file.directory, runner.success),
      // The tasks after it find what it leaves in the folder.
      ...(folder?.isLast === false ? { syncWorkingDirectory: true } : {})
    }
  })
  // Found by buildPod too, which does not know the file.
  const [wrong, ...more] = processIssues(taskValues(made)).map((issue) => {
    const [field = "", ...below] = issue.path
    const place = [...path, field === "image" ? task.keys.image : field, ...below]
    return file.document.issue(place, `${formatPath(issue.path)}: ${issue.message}`)
  })
  if (wrong !== undefined) return yield* new TaskFileError({ operation: "render", issues: [wrong, ...more] })
  return made
})
