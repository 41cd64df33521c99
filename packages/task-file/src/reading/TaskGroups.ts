/**
 * Groups of tasks: a Sequential, whose tasks stand in its place, and a WorkingDirectory, whose tasks
 * share one folder. Lists them in the order they run, each with the groups it is in. Pure.
 */
import { described, explained, type Json } from "@podwright/spec-builder"
import { Result, Schema } from "effect"
import { INPUT_FILE_KEYS, type InputFileValue } from "../InputFileValue.ts"
import { enabledNamespaceFiles, NAMESPACE_FILES_KEYS } from "../namespace/NamespaceFiles.ts"
import { FlowTask, type FolderPlace, type TaskGroup } from "../TaskFile.ts"
import type { TaskFileIssue } from "../TaskFileError.ts"
import { isObject, type JsonRecord } from "../types/JsonValues.ts"
import type { Path, YamlDocument } from "../YamlDocument.ts"
import { decodeShape } from "./FileShape.ts"
import { keptOfTask } from "./KnownKeys.ts"

const SEQUENTIAL: ReadonlyArray<string> = [
  "io.kestra.plugin.core.flow.Sequential",
  "io.kestra.core.tasks.flows.Sequential"
]
const FOLDER: ReadonlyArray<string> = [
  "io.kestra.plugin.core.flow.WorkingDirectory",
  "io.kestra.core.tasks.flows.WorkingDirectory",
  "io.kestra.core.tasks.flows.Worker"
]

/** Keys that a group has as a task of commands has them. */
const { allowFailure, description, disabled, inputFiles, namespaceFiles, outputFiles, runIf } = FlowTask.fields

const common = {
  id: explained(Schema.NonEmptyString, "name", "Names the group."),
  type: explained(Schema.String, "type", "What kind of group it is, by Kestra's name."),
  description,
  disabled,
  runIf,
  allowFailure,
  // Read one by one, by their types.
  tasks: described(Schema.Unknown, "list of tasks", "Its tasks, which run one after the other.")
}

const SequentialFields = Schema.Struct(common)

const FolderFields = Schema.Struct({ ...common, inputFiles, outputFiles, namespaceFiles })

/** What there is in groups: the names of each, its keys, and what it does. */
export const GROUPS = [
  { name: "Sequential", types: SEQUENTIAL, fields: SequentialFields, what: "A group whose tasks run in its place." },
  { name: "WorkingDirectory", types: FOLDER, fields: FolderFields, what: "A group whose tasks share one folder." }
] as const

const isOneOf = (types: ReadonlyArray<string>, type: Json | undefined): boolean =>
  typeof type === "string" && types.includes(type)

/** Keys of a group that a run passes over, each with why. */
export const PASSED: Readonly<Record<string, string>> = {
  errors: "errors of a group are not run: write them as errors of the flow",
  finally: "finally of a group is not run: write it as finally of the flow",
  cache: "cache is a Kestra server's to keep: the folder begins empty; set taskCache on the tasks instead"
}

/** A task as it is written, where it stands, and what it is in. */
export interface GroupedTask {
  readonly task: JsonRecord
  readonly path: Path
  /** The outermost first. */
  readonly groups: ReadonlyArray<TaskGroup>
  readonly folder: FolderPlace | undefined
}

/** What is found while a list is read. */
export interface GroupFindings {
  readonly issues: Array<TaskFileIssue>
  readonly notices: Array<TaskFileIssue>
  /** Ids of groups, which no task may have. */
  readonly ids: Array<readonly [id: string, path: Path]>
}

type Around = Pick<GroupedTask, "groups" | "folder">

/** A group with what a folder has; nothing of it where it has no folder. */
type ReadGroup = TaskGroup & Pick<FolderPlace, "inputFiles" | "outputFiles" | "namespaceFiles">

const groupOf = (
  document: YamlDocument,
  written: JsonRecord,
  path: Path,
  findings: GroupFindings
): ReadGroup | undefined => {
  const fields = isOneOf(FOLDER, written["type"]) ? FolderFields : SequentialFields
  const { issues, kept, notices } = keptOfTask(written)
  for (const remark of issues) findings.issues.push(document.issue([...path, ...remark.path], remark.message))
  for (const remark of notices) findings.notices.push(document.issue([...path, ...remark.path], remark.message))
  for (const [key, message] of Object.entries(PASSED)) {
    const value = kept[key]
    const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.length === 0)
    if (!isEmpty) findings.notices.push(document.issue([...path, key], message, "key"))
  }
  const own = Object.fromEntries(Object.entries(kept).filter(([key]) => !Object.hasOwn(PASSED, key)))
  const known = (place: Path) =>
    place.length === 0
      ? Object.keys(fields.fields)
      : place[0] === "namespaceFiles"
        ? NAMESPACE_FILES_KEYS
        : INPUT_FILE_KEYS
  const shape = decodeShape<Schema.Decoder<typeof FolderFields.Type>>(fields, document, path, own, known)
  if (Result.isFailure(shape)) {
    findings.issues.push(...shape.failure)
    return undefined
  }
  const { allowFailure = false, disabled = false, id, inputFiles = {}, outputFiles = [], runIf } = shape.success
  const { namespaceFiles } = shape.success
  findings.ids.push([id, path])
  return {
    id,
    path,
    disabled,
    runIf: runIf === undefined ? undefined : String(runIf),
    allowFailure,
    inputFiles: Object.fromEntries(
      Object.entries(inputFiles).filter((entry): entry is [string, InputFileValue] => entry[1] !== null)
    ),
    outputFiles,
    namespaceFiles: enabledNamespaceFiles(namespaceFiles)
  }
}

const folderOf = ({ id, inputFiles, namespaceFiles, outputFiles, path }: ReadGroup): FolderPlace => ({
  id,
  path,
  inputFiles,
  namespaceFiles,
  outputFiles,
  isLast: false
})

/** The tasks of a list in the order they run, without the groups, which each of them knows. */
export const groupedTasks = (
  document: YamlDocument,
  list: ReadonlyArray<unknown>,
  path: Path,
  findings: GroupFindings,
  around: Around = { groups: [], folder: undefined }
): ReadonlyArray<GroupedTask> =>
  list.flatMap((task, index): ReadonlyArray<GroupedTask> => {
    const place = [...path, index]
    if (!isObject(task)) {
      findings.issues.push(document.issue(place, "expected a task, which is keys and values"))
      return []
    }
    const isFolder = isOneOf(FOLDER, task["type"])
    if (!(isFolder || isOneOf(SEQUENTIAL, task["type"]))) return [{ task, path: place, ...around }]
    if (around.folder !== undefined) {
      const message = "tasks of a WorkingDirectory are no groups: write its tasks one after the other"
      findings.issues.push(document.issue([...place, "type"], message))
      return []
    }
    const group = groupOf(document, task, place, findings)
    const { tasks } = task
    if (!Array.isArray(tasks) || tasks.length === 0) {
      findings.issues.push(document.issue([...place, "tasks"], "tasks: expected a list of tasks"))
      return []
    }
    // What is wrong with its tasks is reported, too.
    const groups = group === undefined ? around.groups : [...around.groups, group]
    const folder = group === undefined || !isFolder ? undefined : folderOf(group)
    const below = groupedTasks(document, tasks, [...place, "tasks"], findings, { groups, folder })
    return below.map((one, at) =>
      one.folder !== undefined && one.folder === folder && at === below.length - 1
        ? { ...one, folder: { ...one.folder, isLast: true } }
        : one
    )
  })
