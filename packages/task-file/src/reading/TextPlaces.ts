/**
 * Where in a file a text is meant, though it may be written as a plain number or boolean: `1.50` there
 * is no other text than `"1.50"`, and a leading zero does no harm. Pure.
 */
import { isTextProperty } from "@podwright/spec-builder"
import { isObject } from "../types/JsonValues.ts"
import type { Path } from "../YamlDocument.ts"
import { valueAt } from "./FileShape.ts"

/** Types of inputs whose defaults are numbers, or may hold some. */
const NUMBER_TYPES: ReadonlyArray<unknown> = ["INT", "FLOAT", "JSON", "YAML", "ARRAY"]

/** Lists of tasks, of a flow and of groups of tasks. */
const TASK_LISTS: ReadonlyArray<string | number> = ["tasks", "errors", "finally"]
const DEFAULTS: ReadonlyArray<string | number | undefined> = ["pluginDefaults", "taskDefaults"]

/** Below a task of a flow. */
const isTaskText = ([key, ...below]: Path): boolean =>
  (key === "env" && below.length === 1) || (key === "taskRunner" && isTextProperty(below))

/** Whether a text is meant at a path of a task or flow file. */
export const isTextPlace = (path: Path, root: unknown): boolean => {
  const [first, index, key] = path
  if (!(isObject(root) && "tasks" in root)) {
    if (first === "env") return path.length === 2
    if (first === "runner") return isTextProperty(path.slice(1))
  }
  if (first === "labels") return path.length === 2
  if (first === "inputs" && (key === "values" || key === "options")) return path.length === 4
  if (first === "inputs" && key === "defaults")
    return path.length === 3 && !NUMBER_TYPES.includes(valueAt(root, ["inputs", index ?? 0, "type"]))
  // The defaults of a task, or of its runner.
  if (DEFAULTS.includes(first) && key === "values") return isTaskText(path.slice(3)) || isTextProperty(path.slice(3))
  const list = path.findLastIndex((part, at) => TASK_LISTS.includes(part) && typeof path[at + 1] === "number")
  return list >= 0 && isTaskText(path.slice(list + 2))
}
