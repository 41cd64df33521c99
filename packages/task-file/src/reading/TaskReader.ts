/** A task's values, checked by their shape, as its declaration: the part that both forms share. Pure. */
import {
  decodeRetry,
  decodeRunnerProperties,
  decodeTaskCache,
  type RetryProperties,
  type SpecError
} from "@podwright/spec-builder"
import { Result } from "effect"
import { hasExpression } from "../expression/ExpressionMarks.ts"
import type { InputFileValue } from "../InputFileValue.ts"
import { declareInput } from "../inputs/InputDeclaration.ts"
import type { FlowFile, FlowTask, TaskDeclaration, TaskFile } from "../TaskFile.ts"
import type { TaskFileIssue } from "../TaskFileError.ts"
import type { Path, YamlDocument } from "../YamlDocument.ts"
import { placed, valueAt } from "./FileShape.ts"

/** Problems of the runner's properties that no expression can mend. */
export const runnerIssues = (
  document: YamlDocument,
  path: Path,
  properties: Readonly<Record<string, unknown>>
): ReadonlyArray<TaskFileIssue> => {
  const decoded = decodeRunnerProperties(properties)
  if (Result.isSuccess(decoded)) return []
  const certain = decoded.failure.issues.filter((issue) => {
    const value = valueAt(properties, issue.path)
    return typeof value !== "string" || !hasExpression(value)
  })
  return placed(document, path, certain)
}

/** Reads properties that hold no expressions; what is wrong with them goes to `issues`. */
export const readProperties = <A>(
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

/** Variables that podwright sets, and what it means to set them otherwise. */
const REPLACED: Readonly<Record<string, string>> = {
  OUTPUT_DIR: "what is written there does not come back; the folder that does is {{ outputDir }}",
  WORKING_DIR: "the commands start in {{ workingDir }} all the same"
}

/** A notice for each variable of podwright that a task replaces. */
export const replacedVariables = (
  document: YamlDocument,
  { env, path }: Pick<TaskDeclaration, "env" | "path">
): ReadonlyArray<TaskFileIssue> =>
  Object.entries(REPLACED).flatMap(([name, meaning]) =>
    env[name] === undefined
      ? []
      : [document.issue([...path, "env", name], `env: ${name} replaces podwright's: ${meaning}`)]
  )

/** The keys of a task that both forms have. */
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

/** What a form decides by itself. */
type Own = Omit<
  TaskDeclaration,
  | "retry"
  | "taskCache"
  | "interpreter"
  | "beforeCommands"
  | "failFast"
  | "targetOS"
  | "env"
  | "inputFiles"
  | "outputFiles"
  | "timeout"
>

/** A task as declared. What is wrong with its retry and cache goes to `issues`. */
export const declareTask = (
  document: YamlDocument,
  work: Work,
  own: Own,
  issues: Array<TaskFileIssue>,
  flowRetry?: RetryProperties
): TaskDeclaration => ({
  ...own,
  retry: readProperties(document, [...own.path, "retry"], work.retry, decodeRetry, issues) ?? flowRetry,
  taskCache: readProperties(document, [...own.path, "taskCache"], work.taskCache, decodeTaskCache, issues),
  interpreter: work.interpreter,
  beforeCommands: work.beforeCommands ?? [],
  failFast: work.failFast ?? true,
  targetOS: work.targetOS === "WINDOWS" ? "WINDOWS" : "LINUX",
  // As written (`TextPlaces.ts`): an environment has texts only, and 1.50 must not become 1.5.
  env: Object.fromEntries(Object.entries(work.env ?? {}).map(([name, value]) => [name, String(value)])),
  inputFiles: Object.fromEntries(
    Object.entries(work.inputFiles ?? {}).filter((entry): entry is [string, InputFileValue] => entry[1] !== null)
  ),
  outputFiles: work.outputFiles ?? [],
  timeout: work.timeout
})

/** The inputs that a file declares. What is wrong with their keys together goes to `issues`. */
export const declareInputs = (
  document: YamlDocument,
  inputs: typeof FlowFile.Type.inputs,
  issues: Array<TaskFileIssue>
): TaskFile["inputs"] =>
  (inputs ?? []).map((input, index) => {
    const path: Path = ["inputs", index]
    if (input.id === undefined && input.name === undefined) issues.push(document.issue(path, "id: Missing key"))
    return declareInput(input, path)
  })
