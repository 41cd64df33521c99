/**
 * A task of any script type as the task of shell commands that it comes to: the rows of the tables
 * applied. Works on the file's values as they are written; expressions are rendered afterwards. Pure.
 */
import { type Json, WORK_DIRECTORY } from "@podwright/spec-builder"
import type { ScriptFile } from "../TaskFile.ts"
import type { Path } from "../YamlDocument.ts"
import { isObject, type JsonRecord } from "./JsonValues.ts"
import { podRunner } from "./RunnerTypes.ts"
import type { KeyKind, Parts, Remark, ScriptType, TaskKeys, Written } from "./ScriptType.ts"

/** A task as commands, and where its parts were written. All paths lead from the task. */
export interface Translation {
  /** With the keys of shell commands alone: those of the type and of other runners are gone. */
  readonly task: JsonRecord
  /** The runner's properties, without `type`. */
  readonly runner: JsonRecord
  readonly image: string
  readonly script: ScriptFile | undefined
  /** Names of input files that are delivered as written: `{{` in them belongs to the tool. */
  readonly literalFiles: ReadonlyArray<string>
  /** Where what stands at `to` was written, for what does not stand where it was written. */
  readonly moved: ReadonlyArray<readonly [to: Path, from: Path]>
  readonly issues: ReadonlyArray<Remark>
  readonly notices: ReadonlyArray<Remark>
}

/** What the command line says about types. */
export interface TypeOptions {
  /** For shell tasks that name no image. */
  readonly defaultImage?: string | undefined
  /** Refuses runners that are not podwright's. */
  readonly runnerStrict?: boolean | undefined
}

/** Of shells, which `defaultImage` replaces. */
const SHELL_IMAGE = "ubuntu"

/** Keys of other runners, which are read and do not go on. */
const RUNNER_KEYS: ReadonlyArray<string> = ["taskRunner", "runner", "docker", "dockerOptions"]

const scriptName = (extension: string): string => `podwright-script${extension}`

const isText = (value: Json | undefined): boolean =>
  typeof value === "string" || typeof value === "number" || typeof value === "bigint" || typeof value === "boolean"

const EXPECTED: Readonly<Record<KeyKind, string>> = {
  text: "a text",
  texts: "a list of texts, or one text",
  flag: "true or false",
  any: "",
  none: ""
}

/** Whether a value is of a kind. A key without a value reads as absent. */
const fits = (value: Json | undefined, kind: KeyKind): boolean => {
  if (value === undefined || value === null || kind === "any" || kind === "none") return true
  if (kind === "flag") return typeof value === "boolean" || value === "true" || value === "false"
  return isText(value) || (kind === "texts" && Array.isArray(value) && value.every(isText))
}

const keysOf = (task: JsonRecord): TaskKeys => ({
  text: (key) => {
    const value = task[key]
    return isText(value) ? { text: String(value), from: [key] } : undefined
  },
  texts: (key) => {
    const value = task[key]
    if (Array.isArray(value)) {
      return value.flatMap((item: Json, index) => (isText(item) ? [{ text: String(item), from: [key, index] }] : []))
    }
    return isText(value) ? [{ text: String(value), from: [key] }] : []
  },
  flag: (key, otherwise) => {
    const value = task[key]
    return value === true || value === "true" ? true : value === false || value === "false" ? false : otherwise
  },
  value: (key) => task[key]
})

const samePath = (one: Path, other: Path): boolean =>
  one.length === other.length && one.every((part, index) => part === other[index])

/** A list whose items may have been written elsewhere. */
const list = (key: string, written: ReadonlyArray<Written>, moved: Array<readonly [Path, Path]>): Json => {
  for (const [index, { from }] of written.entries()) {
    if (from !== undefined && !samePath(from, [key, index])) moved.push([[key, index], from])
  }
  return written.map(({ text }) => text)
}

const record = (
  key: string,
  written: Readonly<Record<string, Written>>,
  moved: Array<readonly [Path, Path]>
): JsonRecord => {
  for (const [name, { from }] of Object.entries(written)) if (from !== undefined) moved.push([[key, name], from])
  return Object.fromEntries(Object.entries(written).map(([name, { text }]) => [name, text]))
}

/** The script of a task, as a command and perhaps a file. */
const scriptParts = (type: ScriptType, keys: TaskKeys): { readonly file?: ScriptFile; readonly command?: Written } => {
  const text = keys.text("script")
  if (type.script === undefined || text === undefined) return {}
  if (type.script === "inline") return { command: text }
  const name = scriptName(keys.text("extension")?.text ?? type.script.extension)
  const head = type.script.head?.(text.text) ?? ""
  return {
    file: { name, head, text: text.text },
    command: { text: type.script.run(`${WORK_DIRECTORY}/${name}`, keys) }
  }
}

const keyIssues = (name: string, type: ScriptType, task: JsonRecord): ReadonlyArray<Remark> => {
  const own = Object.entries(type.keys ?? {}).flatMap(([key, kind]) =>
    fits(task[key], kind) ? [] : [{ path: [key], message: `${key}: expected ${EXPECTED[kind]}` }]
  )
  if (type.script === undefined) return own
  const script = task["script"]
  const shown = name.split(".").slice(-2).join(".")
  const missing =
    script === undefined || script === null ? "Missing key" : isText(script) ? undefined : "expected a text"
  return [
    ...own,
    ...(missing === undefined ? [] : [{ path: ["script"], message: `script: ${missing}` }]),
    ...(task["commands"] === undefined
      ? []
      : [{ path: ["commands"], message: `${shown} has a script and no commands` }])
  ]
}

/** What the keys of a type that mean nothing in a pod come to: one notice for all of them. */
const passedOver = (type: ScriptType, task: JsonRecord): ReadonlyArray<Remark> => {
  const names = Object.entries(type.keys ?? {}).flatMap(([key, kind]) =>
    kind === "none" && task[key] !== undefined && task[key] !== null ? [key] : []
  )
  const [first] = names
  return first === undefined
    ? []
    : [{ path: [first], message: `${names.join(", ")}: passed over; podwright has no use for it` }]
}

/** The names of all keys that a task of a type may have, besides those of shell commands. */
export const ownKeyNames = (type: ScriptType): ReadonlyArray<string> => [
  ...(type.script === undefined ? [] : ["script"]),
  ...Object.keys(type.keys ?? {})
]

/**
 * A task of a type as the commands that it comes to. Never fails: what is wrong is among `issues`,
 * and the shape of what is left is for the reader of shell commands to check.
 */
export const translateTask = (
  name: string,
  type: ScriptType,
  task: JsonRecord,
  options: TypeOptions = {}
): Translation => {
  const keys = keysOf(task)
  const older = name.startsWith("io.kestra.core.")
  const parts: Parts = type.parts?.(keys) ?? {}
  const runner = podRunner(task, older)
  const { command, file } = scriptParts(type, keys)
  const moved: Array<readonly [Path, Path]> = runner.moved.map(([to, from]) => [["taskRunner", ...to], from])
  const issues: Array<Remark> = [...keyIssues(name, type, task), ...(parts.issues ?? []), ...runner.issues]
  const notices: Array<Remark> = [...(parts.notices ?? []), ...runner.notices, ...passedOver(type, task)]

  const named = keys.text("containerImage")
  const fallback = type.image === SHELL_IMAGE ? (options.defaultImage ?? SHELL_IMAGE) : type.image
  const image: Written = (runner.image?.rank === "first" ? runner.image : undefined) ??
    named ??
    runner.image ??
    parts.image ?? { text: fallback }
  if (image.from !== undefined && image !== named) moved.push([["containerImage"], image.from])

  if (runner.foreign !== undefined && options.runnerStrict === true) {
    issues.push({ path: runner.foreign.path, message: `${runner.foreign.message}, and --runner-strict takes no other` })
  } else if (older || runner.isProcess) {
    const what = [
      ...(older ? [`${name} is an old name of a type`] : []),
      ...(runner.isProcess ? ["Kestra runs this task on its server's own machine"] : [])
    ]
    const message = `${what.join(", and ")}; here it runs in a pod of image ${image.text}`
    notices.push({ path: older ? ["type"] : (runner.foreign?.path ?? ["type"]), message })
  }

  const own = new Set([...ownKeyNames(type), ...RUNNER_KEYS])
  const kept = Object.fromEntries(Object.entries(task).filter(([key]) => !own.has(key)))
  const commands = parts.commands ?? (command === undefined ? undefined : [command])
  const before = [...(parts.before ?? []), ...keys.texts("beforeCommands")]
  const given = isObject(task["inputFiles"]) ? task["inputFiles"] : undefined
  const files = Object.fromEntries(Object.entries(parts.files ?? {}).filter(([file]) => given?.[file] === undefined))
  const outputs = [...keys.texts("outputFiles"), ...(parts.outputFiles ?? [])]
  const interpreter = parts.interpreter ?? type.interpreter
  const failFast = parts.failFast ?? type.failFast
  const typeEnv = Object.fromEntries(Object.entries(type.env ?? {}).map(([key, text]) => [key, { text }]))
  const env = { ...typeEnv, ...parts.env }
  return {
    task: {
      ...kept,
      ...(commands === undefined ? {} : { commands: list("commands", commands, moved) }),
      ...(parts.before === undefined || parts.before.length === 0
        ? {}
        : { beforeCommands: list("beforeCommands", before, moved) }),
      ...(Object.keys(env).length === 0 || !(task["env"] === undefined || task["env"] === null || isObject(task["env"]))
        ? {}
        : { env: { ...(isObject(task["env"]) ? task["env"] : {}), ...record("env", env, moved) } }),
      ...(Object.keys(files).length === 0 || (given === undefined && task["inputFiles"] != null)
        ? {}
        : { inputFiles: { ...record("inputFiles", files, moved), ...given } }),
      ...((parts.outputFiles ?? []).length === 0 ? {} : { outputFiles: list("outputFiles", outputs, moved) }),
      ...(interpreter === undefined || (task["interpreter"] != null && parts.interpreter === undefined)
        ? {}
        : { interpreter: [...interpreter] }),
      ...(failFast === undefined || (task["failFast"] != null && !("failFast" in (type.keys ?? {})))
        ? {}
        : { failFast })
    },
    runner: runner.properties,
    image: image.text,
    script: file,
    literalFiles: type.literalFiles === true ? Object.keys(given ?? {}) : [],
    moved,
    issues,
    notices
  }
}
