/** Renders every expression of a declared task and gives the values that a run needs. */
import { isAbsolute, resolve } from "node:path"
import {
  CONNECTION_FILES,
  DEFAULT_INTERPRETER,
  decodeRunnerProperties,
  type Json,
  parseRunDuration,
  type RunnerProperties,
  TOKEN_EXPRESSION
} from "@podwright/spec-builder"
import { Duration, Effect, Option, Result } from "effect"
import { makeRenderer } from "./Expression.ts"
import type { InputFileValue, TaskDeclaration, TaskFile } from "./TaskFile.ts"
import { TaskFileError, type TaskFileIssue } from "./TaskFileError.ts"
import type { Path, SourcePosition } from "./YamlDocument.ts"

export type ResolvedSource =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Stdin" }
  /** Absolute. */
  | { readonly _tag: "Path"; readonly path: string }
  | { readonly _tag: "Url"; readonly url: string }

export interface ResolvedInputFile {
  /** Relative to the working folder. */
  readonly name: string
  readonly source: ResolvedSource
  /** Where the file says so. */
  readonly at: SourcePosition
}

/** A task with every expression rendered. */
export interface ResolvedTask {
  readonly id: string
  readonly image: string
  readonly interpreter: ReadonlyArray<string>
  readonly beforeCommands: ReadonlyArray<string>
  /** Empty: the image's own entrypoint runs. */
  readonly commands: ReadonlyArray<string>
  readonly failFast: boolean
  readonly targetOS: TaskDeclaration["targetOS"]
  readonly env: Readonly<Record<string, string>>
  readonly inputFiles: ReadonlyArray<ResolvedInputFile>
  readonly outputFiles: ReadonlyArray<string>
  readonly timeout: Duration.Duration | undefined
  readonly runner: RunnerProperties
}

/** What a task that has ended gives to later ones, as `outputs.<task id>`. */
export interface TaskOutputs {
  readonly exitCode: number
  readonly vars: Readonly<Record<string, unknown>>
  /** By name, as `file:` URIs. */
  readonly outputFiles: Readonly<Record<string, string>>
}

export interface TaskScope {
  readonly inputs: Readonly<Record<string, unknown>>
  /** Of the tasks before, by task id. */
  readonly outputs: Readonly<Record<string, TaskOutputs>>
  readonly executionId: string
  readonly taskRunId: string
  /** The task's working folder in the pod. */
  readonly workingDir: string
  readonly outputDir: string
  readonly secret: (name: string) => string | undefined
}

const URI = /^(file|https?):/

const sourceOf = (value: InputFileValue, rendered: string, directory: string): ResolvedSource => {
  if (typeof value === "string")
    return URI.test(rendered) ? { _tag: "Url", url: rendered } : { _tag: "Text", text: rendered }
  if ("path" in value && rendered === "-") return { _tag: "Stdin" }
  if ("path" in value) return { _tag: "Path", path: isAbsolute(rendered) ? rendered : resolve(directory, rendered) }
  return "url" in value ? { _tag: "Url", url: rendered } : { _tag: "Text", text: rendered }
}

/** Where the content of an input file comes from, its value having no expressions. */
export const inputSource = (value: InputFileValue, directory: string): ResolvedSource =>
  sourceOf(value, textOf(value)[0], directory)

/** The one text of an input file's value, and the key it stands under. */
const textOf = (value: InputFileValue): readonly [string, Path] => {
  if (typeof value === "string") return [value, []]
  if ("path" in value) return [value.path, ["path"]]
  return "url" in value ? [value.url, ["url"]] : [value.text, ["text"]]
}

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

/** Renders a task of `file`. All problems of its expressions are reported at once, each at its line and column. */
export const renderTask = Effect.fn("TaskRendering.render")(function* (
  file: TaskFile,
  task: TaskDeclaration,
  scope: TaskScope
): Effect.fn.Return<ResolvedTask, TaskFileError> {
  const issues: Array<TaskFileIssue> = []
  const render = yield* makeRenderer({
    secret: scope.secret,
    values: {
      inputs: scope.inputs,
      outputs: scope.outputs,
      vars: file.variables,
      workingDir: scope.workingDir,
      outputDir: scope.outputDir,
      flow: { id: file.id, namespace: file.namespace },
      task: { id: task.id },
      execution: { id: scope.executionId },
      taskrun: { id: scope.taskRunId }
    }
  })

  const text = Effect.fnUntraced(function* (source: string, path: Path) {
    const rendered = yield* render(source)
    if (Result.isSuccess(rendered)) return rendered.success
    const { at, message } = rendered.failure
    const place = at === undefined ? "value" : file.document.positionInside(path, source, at)
    issues.push(file.document.issue(path, message, place))
    return source
  })
  const texts = (sources: ReadonlyArray<string>, path: Path) =>
    Effect.forEach(sources, (source, index) => text(source, [...path, index]))

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

  const { path } = task
  const image = yield* text(task.image, [...path, task.keys.image])
  const interpreter =
    task.interpreter === undefined ? DEFAULT_INTERPRETER : yield* texts(task.interpreter, [...path, "interpreter"])
  const beforeCommands = yield* texts(task.beforeCommands, [...path, "beforeCommands"])
  const commands = yield* texts(task.commands, [...path, "commands"])
  const env = yield* Effect.forEach(Object.entries(task.env), ([name, value]) =>
    Effect.map(text(value, [...path, "env", name]), (rendered) => [name, rendered] as const)
  )
  const inputFiles = yield* Effect.forEach(Object.entries(task.inputFiles), ([name, value]) => {
    const [source, key] = textOf(value)
    const place = [...path, "inputFiles", name, ...key]
    return Effect.map(
      text(source, place),
      (rendered): ResolvedInputFile => ({
        name,
        source: sourceOf(value, rendered, file.directory),
        at: file.document.positionOf(place)
      })
    )
  })
  const outputFiles = yield* texts(task.outputFiles, [...path, "outputFiles"])
  const limit = task.timeout === undefined ? undefined : yield* text(task.timeout, [...path, "timeout"])
  const timeout = limit === undefined ? undefined : Option.getOrUndefined(parseRunDuration(limit))
  if (limit !== undefined && issues.length === 0 && (timeout === undefined || Duration.isZero(timeout))) {
    const expected = timeout === undefined ? "a duration such as PT1H30M, 90s or 1h30m" : "a time longer than zero"
    issues.push(file.document.issue([...path, "timeout"], `expected ${expected}, not '${limit}'`))
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
  return {
    id: task.id,
    image,
    interpreter,
    beforeCommands,
    commands,
    failFast: task.failFast,
    targetOS: task.targetOS,
    env: Object.fromEntries(env),
    inputFiles,
    outputFiles,
    timeout,
    runner: withFilesOf(file.directory, runner.success)
  }
})
