/**
 * What a task that is not run gives to later ones when they are rendered: stand-ins that say what
 * they stand for. Pure.
 */
import { pathToFileURL } from "node:url"
import { jsonText } from "@podwright/spec-builder"
import type { TaskOutputs } from "@podwright/task-file"

/** `outputs.ID.vars.NAME`, each part also as `['…']` or `["…"]`, which JSON writes as `[\"…\"]`. */
const VALUE = /outputs(?:\.(\w+)|\[\\?["']([^\\"']+)\\?["']\])\.vars(?:\.(\w+)|\[\\?["']([^\\"']+)\\?["']\])/g

/**
 * Outputs of a task: the files it names, at a place that says so, and of values those that `tasks`
 * refer to, as only a run knows what it prints.
 */
export const renderedOutputs = (
  taskId: string,
  files: ReadonlyArray<string>,
  tasks: ReadonlyArray<object>
): TaskOutputs => {
  const names = Array.from(jsonText(tasks).matchAll(VALUE), ([, id, quotedId, name, quotedName]) => ({
    id: id ?? quotedId,
    name: name ?? quotedName ?? ""
  }))
  const own = names.filter(({ id }) => id === taskId)
  return {
    exitCode: 0,
    vars: Object.fromEntries(own.map(({ name }) => [name, `<outputs.${taskId}.vars.${name}>`])),
    outputFiles: Object.fromEntries(files.map((name) => [name, pathToFileURL(`/rendered/${taskId}/${name}`).href]))
  }
}
