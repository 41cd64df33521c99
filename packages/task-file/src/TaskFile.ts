/**
 * What a task or flow file says, checked but with its expressions as written. Types and the reading
 * of values.
 */
import {
  type Json,
  type JsonObject,
  JsonValue,
  type RetryProperties,
  type TaskCacheProperties
} from "@podwright/spec-builder"
import { Schema } from "effect"
import { InputFileValue } from "./InputFileValue.ts"
import { type InputDeclaration, InputFields } from "./inputs/InputDeclaration.ts"
import { NamespaceFiles, type NamespaceFolders } from "./namespace/NamespaceFiles.ts"
import type { TaskFileIssue } from "./TaskFileError.ts"
import type { Path, YamlDocument } from "./YamlDocument.ts"

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.BigInt, Schema.Boolean])
const Texts = Schema.Array(Schema.String)

/** What flow tasks and the native form have in common. */
const workFields = {
  description: Schema.optionalKey(Schema.String),
  beforeCommands: Schema.optionalKey(Texts),
  interpreter: Schema.optionalKey(Texts),
  failFast: Schema.optionalKey(Schema.Boolean),
  /** `AUTO` is what pods run on, which is Linux unless somebody says otherwise. */
  targetOS: Schema.optionalKey(Schema.Literals(["LINUX", "WINDOWS", "AUTO"])),
  env: Schema.optionalKey(Schema.Record(Schema.String, Scalar)),
  inputFiles: Schema.optionalKey(Schema.Record(Schema.String, Schema.NullOr(InputFileValue))),
  outputFiles: Schema.optionalKey(Texts),
  timeout: Schema.optionalKey(Schema.String),
  // Read by spec-builder, whose issues say more.
  retry: Schema.optionalKey(JsonValue),
  taskCache: Schema.optionalKey(JsonValue)
}

const Properties = Schema.Record(Schema.String, JsonValue)

/**
 * A task's outputs go to a folder of this name, so it must not lead elsewhere; the same names as on
 * the reference system.
 */
const TaskId = Schema.String.check(
  Schema.isPattern(/^[a-zA-Z0-9][a-zA-Z0-9_-]*$/, {
    message: "expected letters, digits, '-' and '_', a letter or digit first"
  })
)

/** A task of a flow whose type and runner have been translated to commands in a pod. */
export const FlowTask = Schema.Struct({
  id: TaskId,
  type: Schema.String,
  containerImage: Schema.optionalKey(Schema.NonEmptyString),
  commands: Schema.NonEmptyArray(Schema.String),
  disabled: Schema.optionalKey(Schema.Boolean),
  runIf: Schema.optionalKey(Schema.Union([Schema.String, Schema.Boolean])),
  allowFailure: Schema.optionalKey(Schema.Boolean),
  allowWarning: Schema.optionalKey(Schema.Boolean),
  namespaceFiles: Schema.optionalKey(Schema.NullOr(NamespaceFiles)),
  ...workFields
})

const FlowOutput = Schema.Struct({
  id: Schema.NonEmptyString,
  type: Schema.optionalKey(Schema.String),
  value: JsonValue,
  description: Schema.optionalKey(Schema.String),
  displayName: Schema.optionalKey(Schema.String),
  required: Schema.optionalKey(Schema.Boolean)
})

/** A flow file, as it is written. Its tasks are read one by one, by their types. */
export const FlowFile = Schema.Struct({
  id: Schema.NonEmptyString,
  namespace: Schema.NonEmptyString,
  description: Schema.optionalKey(Schema.String),
  labels: Schema.optionalKey(
    Schema.Union([
      Schema.Record(Schema.String, Scalar),
      Schema.Array(Schema.Struct({ key: Schema.String, value: Scalar }))
    ])
  ),
  variables: Schema.optionalKey(Properties),
  inputs: Schema.optionalKey(Schema.Array(InputFields)),
  retry: Schema.optionalKey(JsonValue),
  outputs: Schema.optionalKey(Schema.Array(FlowOutput)),
  tasks: Schema.NonEmptyArray(Properties),
  errors: Schema.optionalKey(Schema.Array(Properties)),
  finally: Schema.optionalKey(Schema.Array(Properties))
})

/** A file of a single task, as it is written. */
export const NativeFile = Schema.Struct({
  id: Schema.optionalKey(Schema.NonEmptyString),
  namespace: Schema.optionalKey(Schema.NonEmptyString),
  image: Schema.NonEmptyString,
  /** Absent: the image's own entrypoint runs. */
  commands: Schema.optionalKey(Schema.NonEmptyArray(Schema.String)),
  inputs: Schema.optionalKey(Schema.Array(InputFields)),
  runner: Schema.optionalKey(Properties),
  ...workFields
})

/**
 * A script that is put at the top of the working folder. `text` may hold expressions and stands at
 * `script` of the task; `head` goes before it as it is.
 */
export interface ScriptFile {
  readonly name: string
  readonly head: string
  readonly text: string
}

/** A key of a task that `pluginDefaults` has set. */
export interface DefaultedKey {
  /** Of the task, such as `["env", "STAGE"]`. */
  readonly key: Path
  /** Where it was written: `["pluginDefaults", 1, "values", "env", "STAGE"]`. */
  readonly from: Path
  /** Whether it replaced what the task says. */
  readonly forced: boolean
}

/** A Sequential or a WorkingDirectory that a task is in. */
export interface TaskGroup {
  readonly id: string
  readonly path: Path
  /** Whether its tasks are left out of every run. */
  readonly disabled: boolean
  /** A text that renders to whether its tasks run; undefined where they always do. */
  readonly runIf: string | undefined
  /** Whether the flow continues after the group, with a warning, when one of its tasks fails. */
  readonly allowFailure: boolean
}

/** The folder of a WorkingDirectory, and where in it a task stands. */
export interface FolderPlace {
  /** Of the WorkingDirectory. */
  readonly id: string
  readonly path: Path
  /** What is in the folder before its first task. */
  readonly inputFiles: Readonly<Record<string, InputFileValue>>
  readonly namespaceFiles: NamespaceFiles | undefined
  /** What comes back of the folder after its last task, besides that task's own output files. */
  readonly outputFiles: ReadonlyArray<string>
  /** Whether no task of the folder comes after this one. */
  readonly isLast: boolean
}

/** A task as declared: every text may hold expressions. `path` leads to it in the file. */
export interface TaskDeclaration {
  readonly id: string
  readonly image: string
  readonly interpreter: ReadonlyArray<string> | undefined
  readonly beforeCommands: ReadonlyArray<string>
  readonly commands: ReadonlyArray<string>
  readonly failFast: boolean
  readonly targetOS: "LINUX" | "WINDOWS"
  readonly env: Readonly<Record<string, string>>
  readonly inputFiles: Readonly<Record<string, InputFileValue>>
  readonly outputFiles: ReadonlyArray<string>
  readonly timeout: string | undefined
  /** The task's own, else the flow's; as it is written, without expressions. */
  readonly retry: RetryProperties | undefined
  readonly taskCache: TaskCacheProperties | undefined
  /** The runner's properties as written, without `type`. */
  readonly runner: Readonly<Record<string, Json>>
  readonly path: Path
  /** A script that becomes a file of the working folder; undefined where `commands` are all there is. */
  readonly script: ScriptFile | undefined
  /** Names of input files that are delivered as written: `{{` in them belongs to the tool that reads them. */
  readonly literalFiles: ReadonlyArray<string>
  /** Files of namespaces that the task gets; undefined where it gets none. */
  readonly namespaceFiles: NamespaceFiles | undefined
  /** The groups that the task is in, the outermost first. */
  readonly groups: ReadonlyArray<TaskGroup>
  /** The folder that the task shares with others; undefined for a task with one of its own. */
  readonly folder: FolderPlace | undefined
  /** Whether the task is left out of every run. */
  readonly disabled: boolean
  /** A text that renders to whether the task runs; undefined for one that always does. */
  readonly runIf: string | undefined
  /** Whether the flow continues, with a warning, when the task fails. */
  readonly allowFailure: boolean
  /** Whether a warning of the task counts as a success. */
  readonly allowWarning: boolean
  /** What `pluginDefaults` gave to the task. */
  readonly defaults: ReadonlyArray<DefaultedKey>
  /** Names of the keys that hold image and runner: they differ between the two forms. */
  readonly keys: { readonly image: string; readonly runner: string }
}

/** An output of a flow: a value with expressions, rendered when all tasks have ended. */
export interface OutputDeclaration {
  readonly id: string
  /** As written, such as `STRING`; a text where there is none. */
  readonly type: string
  readonly value: Json
  readonly path: Path
}

/** A file that has been read and checked. A task file is a flow of one task. */
export interface TaskFile {
  readonly id: string
  readonly namespace: string
  readonly fileName: string
  /** Folder that `{path}` of an input file is relative to. */
  readonly directory: string
  /** Folders with the files of namespaces; `read()` of expressions looks into that of the file's own. */
  readonly namespaceFolders: NamespaceFolders
  readonly inputs: ReadonlyArray<InputDeclaration>
  /** Numbers as `JsonNumbers.ts` of spec-builder has them. */
  readonly variables: JsonObject
  /** As texts. */
  readonly labels: Readonly<Record<string, string>>
  readonly tasks: ReadonlyArray<TaskDeclaration>
  /** Tasks that run when one of `tasks` has failed. */
  readonly errors: ReadonlyArray<TaskDeclaration>
  /** Tasks that run at the end, whatever became of the others. */
  readonly finally: ReadonlyArray<TaskDeclaration>
  readonly outputs: ReadonlyArray<OutputDeclaration>
  /**
   * What is in the file and has no effect here, or another than one may think. The file runs all the
   * same.
   */
  readonly notices: ReadonlyArray<TaskFileIssue>
  /** The file itself, for issues that are found later. */
  readonly document: YamlDocument
}
