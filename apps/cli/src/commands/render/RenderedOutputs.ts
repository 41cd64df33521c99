/**
 * What a task that is not run gives to later ones when they are rendered: stand-ins that say what
 * they stand for. Pure.
 */
import { pathToFileURL } from "node:url"
import { jsonText } from "@podwright/spec-builder"
import type { TaskOutputs } from "@podwright/task-file"

const PART = String.raw`(?:\.(\w+)|\[\\?["']([^\\"']+)\\?["']\])`
/** `outputs.ID.vars.NAME`, each part also as `['…']` or `["…"]`, which JSON writes as `[\"…\"]`. */
const VALUE = new RegExp(`outputs${PART}\\.vars${PART}`, "g")
/** `outputs.ID.outputFiles.NAME`, in the same forms. */
const FILE = new RegExp(`outputs${PART}\\.outputFiles${PART}`, "g")

/** What a run may bring back under names that nobody can know before: patterns, and folders with what is in them. */
const PATTERN = /[*?[{]|^(?:glob|regex):/

/** The names that `tasks` refer to of one task. */
const namesOf = (expression: RegExp, taskId: string, tasks: ReadonlyArray<object>): ReadonlyArray<string> =>
  Array.from(jsonText(tasks).matchAll(expression), ([, id, quotedId, name, quotedName]) => ({
    id: id ?? quotedId,
    name: name ?? quotedName ?? ""
  })).flatMap(({ id, name }) => (id === taskId ? [name] : []))

/** Which task it is, and what is known of what it gives. */
export interface GivingTask {
  readonly taskId: string
  /** Names and patterns of its output files. */
  readonly files: ReadonlyArray<string>
  /** Whether it may bring back any file, as with its whole working folder. */
  readonly anyFile: boolean
}

/**
 * Outputs of a task: the files it names, at a place that says so, and of values and of files that
 * patterns may match those that `tasks` refer to, as only a run knows them.
 */
export const renderedOutputs = ({ anyFile, files, taskId }: GivingTask, tasks: ReadonlyArray<object>): TaskOutputs => {
  const isPossible = (name: string) =>
    anyFile || files.some((file) => PATTERN.test(file) || name.startsWith(`${file.replace(/\/+$/, "")}/`))
  const named = files.filter((file) => !PATTERN.test(file))
  const referred = namesOf(FILE, taskId, tasks).filter(isPossible)
  return {
    exitCode: 0,
    vars: Object.fromEntries(namesOf(VALUE, taskId, tasks).map((name) => [name, `<outputs.${taskId}.vars.${name}>`])),
    outputFiles: Object.fromEntries(
      [...named, ...referred].map((name) => [name, pathToFileURL(`/rendered/${taskId}/${name}`).href])
    )
  }
}
