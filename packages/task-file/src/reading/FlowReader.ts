/**
 * Reads a flow: its own keys by their schema, each task by its type, with the defaults of its type.
 * Every problem is reported at its place. Pure.
 */
import { decodeRetry, type RetryProperties } from "@podwright/spec-builder"
import { Result } from "effect"
import { hasExpression } from "../expression/ExpressionMarks.ts"
import { INPUT_FILE_KEYS } from "../InputFileValue.ts"
import {
  enabledNamespaceFiles,
  NAMESPACE_FILES_KEYS,
  type NamespaceFolders,
  noNamespaceFolder,
  textsOf
} from "../namespace/NamespaceFiles.ts"
import { FlowFile, FlowTask, type TaskDeclaration, type TaskFile } from "../TaskFile.ts"
import type { TaskFileIssue } from "../TaskFileError.ts"
import { isObject, type JsonRecord } from "../types/JsonValues.ts"
import type { Remark } from "../types/ScriptType.ts"
import { refusedType, scriptType } from "../types/ScriptTypes.ts"
import { ownKeyNames, type Translation, type TypeOptions, translateTask } from "../types/TypeTranslation.ts"
import type { Path, YamlDocument } from "../YamlDocument.ts"
import { decodeShape, repeatedIds } from "./FileShape.ts"
import { FLOW_KEY_NAMES, INPUT_KEYS, keptOfFlow, keptOfTask, TASK_KEY_NAMES } from "./KnownKeys.ts"
import { type DefaultedTask, readDefaults, withDefaults } from "./PluginDefaults.ts"
import { type GroupedTask, type GroupFindings, groupedTasks } from "./TaskGroups.ts"
import { declareInputs, declareTask, readProperties, replacedVariables, runnerIssues } from "./TaskReader.ts"

/** Of a text that is not read from a file, or was read already. */
export interface ParseOptions extends TypeOptions {
  /** For messages; as the user wrote it. */
  readonly fileName: string
  /** `{path}` of input files is relative to it. */
  readonly directory: string
  /** For shell tasks that name no image. Default: `ubuntu`, as the reference has it. */
  readonly defaultImage?: string
  /** Folders with the files of namespaces, absolute, by namespace. Default: none. */
  readonly namespaceFolders?: NamespaceFolders
  /** The same for the file's own namespace. Default: none. */
  readonly namespaceFolder?: string | undefined
  /** Whether a task whose runner is not podwright's is refused. Default: it runs in a pod. */
  readonly runnerStrict?: boolean
}

/** The lists of tasks that a flow may have. */
const LISTS = ["tasks", "errors", "finally"] as const

/** A task that has been translated, on its way to a declaration. */
interface ReadTask extends Pick<GroupedTask, "path" | "groups" | "folder"> {
  readonly type: string
  readonly defaulted: DefaultedTask
  readonly translation: Translation
}

/** What is found while a flow is read. */
interface Findings {
  readonly issues: Array<TaskFileIssue>
  readonly notices: Array<TaskFileIssue>
}

const report = (document: YamlDocument, path: Path, remarks: ReadonlyArray<Remark>): ReadonlyArray<TaskFileIssue> =>
  remarks.map((remark) => document.issue([...path, ...remark.path], remark.message))

/** A task by its type; undefined, with an issue, where the type is not that of a script task. */
const readTask = (
  document: YamlDocument,
  { keys, moved, task }: DefaultedTask,
  { folder, groups, path }: Pick<GroupedTask, "path" | "groups" | "folder">,
  options: TypeOptions,
  { issues, notices }: Findings
): ReadTask | undefined => {
  const { type } = task
  if (typeof type !== "string") {
    issues.push(document.issue([...path, "type"], type === undefined ? "type: Missing key" : "type: expected a text"))
    return undefined
  }
  const row = scriptType(type)
  if (row === undefined) {
    // Its other keys are not checked, as that type defines them.
    const message = refusedType(type)
    // What tells people of a failure is not what the flow is for.
    if (path[0] === "tasks" || message.startsWith("unknown")) issues.push(document.issue([...path, "type"], message))
    else notices.push(document.issue([...path, "type"], `this task of ${path[0]} is not run: ${message}`))
    return undefined
  }
  const kept = keptOfTask(task)
  const translation = translateTask(type, row, kept.kept, options)
  issues.push(...report(document, path, [...kept.issues, ...translation.issues]))
  notices.push(...report(document, path, [...kept.notices, ...translation.notices]))
  return { path, groups, folder, type, defaulted: { keys, moved, task }, translation }
}

const knownOfTask = (type: string, place: Path): ReadonlyArray<string> => {
  if (place.length > 0) return place[0] === "namespaceFiles" ? NAMESPACE_FILES_KEYS : INPUT_FILE_KEYS
  const row = scriptType(type)
  return [...Object.keys(FlowTask.fields), ...(row === undefined ? [] : ownKeyNames(row)), ...TASK_KEY_NAMES]
}

/** Namespaces whose folder is not known, of those that are named without an expression. */
const folderIssues = (
  document: YamlDocument,
  { namespaceFiles, path }: Pick<TaskDeclaration, "namespaceFiles" | "path">,
  namespace: string,
  folders: NamespaceFolders
): ReadonlyArray<TaskFileIssue> => {
  if (namespaceFiles === undefined) return []
  const named = textsOf(namespaceFiles.namespaces).filter((name) => !hasExpression(name))
  const wanted = namespaceFiles.namespaces == null ? [namespace] : named
  return wanted
    .filter((name) => !Object.hasOwn(folders, name))
    .map((name) => document.issue([...path, "namespaceFiles"], noNamespaceFolder(name)))
}

const declaration = (
  document: YamlDocument,
  { defaulted, folder, groups, path, translation, type }: ReadTask,
  issues: Array<TaskFileIssue>,
  retry: RetryProperties | undefined
): TaskDeclaration | undefined => {
  const shape = decodeShape(FlowTask, document, path, translation.task, (place) => knownOfTask(type, place))
  issues.push(...runnerIssues(document, [...path, "taskRunner"], translation.runner))
  if (Result.isFailure(shape)) {
    issues.push(...shape.failure)
    return undefined
  }
  const own = {
    id: shape.success.id,
    image: translation.image,
    commands: shape.success.commands,
    runner: translation.runner,
    path,
    keys: { image: "containerImage", runner: "taskRunner" },
    script: translation.script,
    literalFiles: translation.literalFiles,
    namespaceFiles: enabledNamespaceFiles(shape.success.namespaceFiles),
    groups,
    folder,
    disabled: groups.some((group) => group.disabled) || (shape.success.disabled ?? false),
    runIf: shape.success.runIf === undefined ? undefined : String(shape.success.runIf),
    allowFailure: shape.success.allowFailure ?? false,
    allowWarning: shape.success.allowWarning ?? false,
    defaults: defaulted.keys
  }
  return declareTask(document, shape.success, own, issues, retry)
}

const knownOfFlow = (place: Path): ReadonlyArray<string> =>
  place.length === 0
    ? [...Object.keys(FlowFile.fields), ...FLOW_KEY_NAMES]
    : place[0] === "inputs"
      ? INPUT_KEYS
      : ["key", "value"]

/** Labels by key, in either form that a flow may have them in. */
const labelsOf = (document: YamlDocument, labels: typeof FlowFile.Type.labels = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.isArray(labels)
      ? labels.map(({ key, value }, index) => [key, document.textOf(["labels", index, "value"]) ?? String(value)])
      : Object.entries(labels).map(([key, value]) => [key, String(value)])
  )

/** A document that is a flow. */
export const readFlow = (
  source: YamlDocument,
  flow: JsonRecord,
  options: ParseOptions
): Result.Result<TaskFile, ReadonlyArray<TaskFileIssue>> => {
  const issues: Array<TaskFileIssue> = []
  const notices: Array<TaskFileIssue> = []
  const kept = keptOfFlow(flow)
  const { defaults, issues: wrong } = readDefaults(flow)
  issues.push(...report(source, [], [...kept.issues, ...wrong]))
  notices.push(...report(source, [], kept.notices))
  const shape = decodeShape(FlowFile, source, [], kept.kept, knownOfFlow)
  if (Result.isFailure(shape)) issues.push(...shape.failure)
  const retry = readProperties(source, ["retry"], flow["retry"], decodeRetry, issues)

  const groupIds: GroupFindings["ids"] = []
  const written = LISTS.flatMap((list) => {
    const tasks = flow[list]
    return groupedTasks(source, Array.isArray(tasks) ? tasks : [], [list], { issues, notices, ids: groupIds }).map(
      (grouped) => [withDefaults(grouped.task, grouped.path, defaults), grouped] as const
    )
  })
  const merged = source.withMoved(written.flatMap(([{ moved }]) => moved))
  const read = written.flatMap(([defaulted, grouped]) => {
    const task = readTask(merged, defaulted, grouped, options, { issues, notices })
    return task === undefined ? [] : [task]
  })
  const document = merged.withMoved(
    read.flatMap(({ path, translation }) =>
      translation.moved.map(
        ([to, from]) =>
          [
            [...path, ...to],
            [...path, ...from]
          ] as const
      )
    )
  )
  const declared = read.flatMap((task) => {
    const one = declaration(document, task, issues, retry)
    return one === undefined ? [] : [one]
  })
  notices.push(...declared.flatMap((task) => replacedVariables(document, task)))
  const of = (list: (typeof LISTS)[number]) => declared.filter(({ path }) => path[0] === list)
  const namespaceFolders = Result.isSuccess(shape)
    ? {
        ...options.namespaceFolders,
        ...(options.namespaceFolder === undefined ? {} : { [shape.success.namespace]: options.namespaceFolder })
      }
    : {}
  if (Result.isSuccess(shape)) {
    const { namespace } = shape.success
    const folders = new Map(
      declared.flatMap(({ folder }) => (folder === undefined ? [] : [[folder.id, folder] as const]))
    )
    const owners = [...declared, ...folders.values()]
    issues.push(...owners.flatMap((owner) => folderIssues(document, owner, namespace, namespaceFolders)))
  }
  const inputs = Result.isSuccess(shape) ? declareInputs(document, shape.success.inputs, issues) : []
  issues.push(
    ...repeatedIds(document, [...groupIds, ...declared.map(({ id, path }) => [id, path] as const)], "tasks"),
    ...repeatedIds(
      document,
      inputs.map(({ id, path }) => [id, path]),
      "inputs"
    )
  )
  if (issues.length > 0 || Result.isFailure(shape)) return Result.fail(issues)
  return Result.succeed({
    id: shape.success.id,
    namespace: shape.success.namespace,
    fileName: options.fileName,
    directory: options.directory,
    namespaceFolders,
    inputs,
    // As the document has them: a copy would not know which of their numbers are decimals.
    variables: isObject(flow["variables"]) ? flow["variables"] : {},
    labels: labelsOf(document, shape.success.labels),
    tasks: of("tasks"),
    errors: of("errors"),
    finally: of("finally"),
    outputs: (shape.success.outputs ?? []).map(({ id, type = "STRING", value }, index) => ({
      id,
      type,
      value,
      path: ["outputs", index, "value"]
    })),
    notices,
    document
  })
}
