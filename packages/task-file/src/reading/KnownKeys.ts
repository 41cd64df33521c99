/**
 * Keys that are known and not read by a schema: those that a run in a pod passes over, each with why.
 * Pure.
 */
import { InputFields } from "../inputs/InputDeclaration.ts"
import { isObject, type JsonRecord } from "../types/JsonValues.ts"
import type { Remark } from "../types/ScriptType.ts"

/** Keys of an input. */
export const INPUT_KEYS: ReadonlyArray<string> = Object.keys(InputFields.fields)

/** What comes of the keys that are passed over: the values without them, and what is said about each. */
export interface KeptKeys {
  readonly kept: JsonRecord
  readonly notices: ReadonlyArray<Remark>
  readonly issues: ReadonlyArray<Remark>
}

/** Keys by name, with what a notice says; undefined says nothing. */
type Sentences = Readonly<Record<string, string | undefined>>

const BY_HAND = "this run is by hand"

/** Keys of a flow that a run by hand passes over. */
export const FLOW_KEYS: Sentences = {
  triggers: `triggers are not run by podwright: ${BY_HAND}`,
  listeners: `listeners are not run by podwright: ${BY_HAND}`,
  concurrency: `concurrency is a Kestra server's to keep: ${BY_HAND}, whatever else runs`,
  sla: `sla is a Kestra server's to watch: set timeout on the tasks`,
  checks: `checks are a Kestra server's to make: ${BY_HAND}`,
  disabled: `disabled is for a Kestra server: ${BY_HAND}`,
  revision: undefined,
  afterExecution: "afterExecution is not run by podwright: what comes after a run is its caller's",
  extend: "extend is the header of the blueprint catalogue; it is passed over"
}

/** Keys of a task that a run in a pod passes over. */
export const TASK_KEYS: Sentences = {
  logLevel: "logLevel is a Kestra server's to keep: every line of the log is shown",
  logToFile: "logToFile is a Kestra server's to keep: redirect podwright's stdout for a file",
  workerSelector: "workerSelector chooses a Kestra worker: the pod goes where nodeSelector says",
  version: "version chooses a version of a Kestra plugin: podwright has one",
  assets: "assets are a Kestra server's to keep: they are passed over",
  pluginDefaultsRef: "pluginDefaultsRef is a Kestra server's to look up: pluginDefaults of the file are used",
  // podwright gives every task its output folder.
  outputDirectory: undefined
}

/** Of keys that both may have. */
const workerGroup = (value: unknown): Pick<KeptKeys, "notices" | "issues"> => {
  const { fallback, key } = isObject(value) ? value : { fallback: undefined, key: value }
  const name = String(key)
  if (fallback === "FAIL") {
    const message = `workerGroup '${name}' must have a worker (fallback FAIL), and podwright has no worker groups: take fallback out, or set nodeSelector on the runner`
    return { notices: [], issues: [{ path: ["workerGroup"], message }] }
  }
  const message = `workerGroup '${name}' is passed over: podwright has no worker groups; the pod goes where nodeSelector says`
  return { notices: [{ path: ["workerGroup"], message }], issues: [] }
}

const warning = (value: unknown): ReadonlyArray<Remark> => {
  // The only state there is: lines on stderr change none.
  if (value !== true) return []
  const message = "warningOnStdErr is passed over: lines on stderr do not change the state of a task"
  return [{ path: ["warningOnStdErr"], message }]
}

const without = (values: JsonRecord, sentences: Sentences, more: ReadonlyArray<string>): KeptKeys => {
  const given = Object.keys(values).filter((key) => values[key] !== null && values[key] !== undefined)
  const notices: Array<Remark> = given.flatMap((key) => {
    const message = Object.hasOwn(sentences, key) ? sentences[key] : undefined
    return message === undefined ? [] : [{ path: [key], message }]
  })
  const group = given.includes("workerGroup") ? workerGroup(values["workerGroup"]) : { notices: [], issues: [] }
  const passed = new Set([...Object.keys(sentences), ...more, "workerGroup"])
  return {
    kept: Object.fromEntries(Object.entries(values).filter(([key]) => !passed.has(key))),
    notices: [...notices, ...group.notices],
    issues: group.issues
  }
}

const DEFAULTS_KEYS: ReadonlyArray<string> = ["pluginDefaults", "taskDefaults"]
const STATE_KEYS: ReadonlyArray<string> = ["warningOnStdErr"]

/** A flow's own values without the keys that a run by hand passes over. */
export const keptOfFlow = (flow: JsonRecord): KeptKeys => without(flow, FLOW_KEYS, DEFAULTS_KEYS)

/** A task's values without the keys that a run in a pod passes over. */
export const keptOfTask = (task: JsonRecord): KeptKeys => {
  const { issues, kept, notices } = without(task, TASK_KEYS, STATE_KEYS)
  return { kept, notices: [...notices, ...warning(task["warningOnStdErr"])], issues }
}

/** Names of a flow's keys besides those of its schema. */
export const FLOW_KEY_NAMES: ReadonlyArray<string> = [...Object.keys(FLOW_KEYS), ...DEFAULTS_KEYS, "workerGroup"]
/** Names of a task's keys besides those of its schema and of its type. */
export const TASK_KEY_NAMES: ReadonlyArray<string> = [
  "taskRunner",
  ...Object.keys(TASK_KEYS),
  ...STATE_KEYS,
  "workerGroup"
]
