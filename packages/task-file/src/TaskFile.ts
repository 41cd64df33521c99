/**
 * What a task or flow file says, checked but with its expressions as written. Types and the reading
 * of values.
 */
import {
  described,
  explained,
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
const Properties = Schema.Record(Schema.String, JsonValue)

const description = described(Schema.String, "text", "For people to read.")

/** What flow tasks and the native form have in common. */
const workFields = {
  description,
  beforeCommands: described(Texts, "list of texts", "Lines that run before the commands, in the same shell."),
  interpreter: described(
    Texts,
    "list of texts",
    "The program, with its arguments, that gets the commands as its last argument. Default: a shell, `/bin/sh -c`, where the type has no other."
  ),
  failFast: described(
    Schema.Boolean,
    "boolean",
    "Whether the shell stops at the first command that fails. Default: true, where the type does not say otherwise."
  ),
  targetOS: described(
    Schema.Literals(["LINUX", "WINDOWS", "AUTO"]),
    "LINUX, WINDOWS or AUTO",
    "What the commands run on. `AUTO` is Linux.",
    "AUTO"
  ),
  env: described(
    Schema.Record(Schema.String, Scalar),
    "texts",
    "Environment variables. A plain number or boolean is the text that the file has."
  ),
  inputFiles: described(
    Schema.Record(Schema.String, Schema.NullOr(InputFileValue)),
    "files by name",
    "Files that are placed in the working folder before the commands start: a text, a `file:` or `http(s):` URI, or an object with `path`, `url` or `text`."
  ),
  outputFiles: described(
    Texts,
    "list of names and patterns",
    "Files of the working folder that come back. Everything in `OUTPUT_DIR` comes back in any case."
  ),
  timeout: described(
    Schema.String,
    "duration",
    "How long an attempt may run, such as `PT30M` or `90s`. Default: the runner's `waitUntilCompletion`."
  ),
  // Read by spec-builder, whose issues say more.
  retry: described(JsonValue, "retry", "When a failed task runs again, and how often."),
  taskCache: described(JsonValue, "cache", "Whether the result of an equal task is used again, and for how long.")
}

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
  id: explained(TaskId, "name", "Names the task. Later tasks refer to what it gives as `outputs.ID`."),
  type: explained(Schema.String, "type", "What kind of task it is, by Kestra's name."),
  containerImage: described(
    Schema.NonEmptyString,
    "image",
    "The image that the task runs in. Default: that of its type."
  ),
  commands: explained(Schema.NonEmptyArray(Schema.String), "list of texts", "What runs, line by line in one shell."),
  disabled: described(Schema.Boolean, "boolean", "Whether the task is left out.", false),
  runIf: described(
    Schema.Union([Schema.String, Schema.Boolean]),
    "expression",
    "The task is left out where this renders to an empty text, `0` or `false`."
  ),
  allowFailure: described(
    Schema.Boolean,
    "boolean",
    "Whether the flow continues when the task fails; it ends as WARNING.",
    false
  ),
  allowWarning: described(Schema.Boolean, "boolean", "Whether a task that ends as WARNING counts as SUCCESS.", false),
  namespaceFiles: described(
    Schema.NullOr(NamespaceFiles),
    "object",
    "Files of a namespace that are placed in the working folder; those of `inputFiles` win."
  ),
  ...workFields
})

const FlowOutput = Schema.Struct({
  id: explained(Schema.NonEmptyString, "name", "Names the output."),
  type: described(Schema.String, "type", "What the rendered text is read as, such as `INT` or `JSON`.", "STRING"),
  value: explained(JsonValue, "any value", "The value; each text in it may have expressions."),
  description,
  displayName: described(Schema.String, "text", "For people to read."),
  required: described(Schema.Boolean, "boolean", "Known, without effect.")
})

const inputs = described(Schema.Array(InputFields), "list of inputs", "What a run may be given with `--input`.")

/** A flow file, as it is written. Its tasks are read one by one, by their types. */
export const FlowFile = Schema.Struct({
  id: explained(Schema.NonEmptyString, "name", "Names the flow."),
  namespace: explained(Schema.NonEmptyString, "name", "The flow's namespace in Kestra; not that of its pods."),
  description,
  labels: described(
    Schema.Union([
      Schema.Record(Schema.String, Scalar),
      Schema.Array(Schema.Struct({ key: Schema.String, value: Scalar }))
    ]),
    "texts",
    "Labels of the flow. They do not become labels of pods."
  ),
  variables: described(Properties, "values by name", "Values that expressions read as `vars.NAME`."),
  inputs,
  retry: described(JsonValue, "retry", "For tasks that have no `retry` of their own."),
  outputs: described(
    Schema.Array(FlowOutput),
    "list of outputs",
    "Values that are rendered when all tasks have ended."
  ),
  tasks: explained(
    Schema.NonEmptyArray(Properties),
    "list of tasks",
    "Run one after the other, to the first that fails."
  ),
  errors: described(Schema.Array(Properties), "list of tasks", "Run when one of `tasks` has failed."),
  finally: described(Schema.Array(Properties), "list of tasks", "Run at the end, whatever became of the others.")
})

/** A file of a single task, as it is written. */
export const NativeFile = Schema.Struct({
  id: described(Schema.NonEmptyString, "name", "Names the task. Default: the file's name without its ending."),
  namespace: described(Schema.NonEmptyString, "name", "For labels and expressions; not that of the pod.", "default"),
  image: explained(Schema.NonEmptyString, "image", "The image that the task runs in."),
  commands: described(
    Schema.NonEmptyArray(Schema.String),
    "list of texts",
    "What runs, line by line in one shell. Absent: the image's own entrypoint."
  ),
  inputs,
  runner: described(Properties, "properties", "Properties of the pod and of its run."),
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
