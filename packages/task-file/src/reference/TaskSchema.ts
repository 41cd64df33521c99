/**
 * JSON Schema of the tasks of a flow: for each type the keys that it has, its own and those of every
 * task. All of it comes from the schemas and tables that files are read by. Pure.
 */
import {
  fileSchema,
  type Json,
  type JsonObject,
  retryJsonSchema,
  runnerJsonSchema,
  taskCacheJsonSchema
} from "@podwright/spec-builder"
import { TASK_KEYS } from "../reading/KnownKeys.ts"
import { GROUPS, PASSED } from "../reading/TaskGroups.ts"
import { FlowTask } from "../TaskFile.ts"
import { isObject } from "../types/JsonValues.ts"
import { OTHER_RUNNER_TYPES, RUNNER_TYPES } from "../types/RunnerTypes.ts"
import type { KeyKind, ScriptType } from "../types/ScriptType.ts"
import { scriptType, scriptTypeNames } from "../types/ScriptTypes.ts"

/** A place among the definitions of a document. */
export const refersTo = (name: string): JsonObject => ({ $ref: `#/definitions/${name}` })

/** The properties of an object's schema. */
export const propertiesOf = (schema: JsonObject): JsonObject => {
  const { properties } = schema
  return isObject(properties) ? properties : {}
}

/** A key's schema in place of the loose one that its file's schema has, with the words of that. */
export const inPlaceOf = (keys: JsonObject, key: string, schema: JsonObject): JsonObject => {
  const { description = "", title = "" } = isObject(keys[key]) ? keys[key] : {}
  return { [key]: worded(schema, { title, description }) }
}

/** A schema with words of its own in place of those that it has. */
export const worded = (schema: JsonObject, words: JsonObject): JsonObject => ({ ...schema, ...words })

const TEXT: JsonObject = { type: ["string", "number", "boolean"] }

/** What keys of a kind hold. Those of a type's own may be without a value. */
const KINDS: Readonly<Record<KeyKind, { readonly title: string; readonly schema: JsonObject }>> = {
  text: { title: "text", schema: { anyOf: [TEXT, { type: "null" }] } },
  texts: { title: "list of texts", schema: { anyOf: [{ type: "array", items: TEXT }, TEXT, { type: "null" }] } },
  flag: {
    title: "boolean",
    schema: { anyOf: [{ type: "boolean" }, { enum: ["true", "false"] }, { type: "null" }] }
  },
  any: { title: "any value", schema: {} },
  none: { title: "any value", schema: {} }
}

const shortName = (type: string): string => type.split(".").slice(-2).join(".")

const ownKey = (type: string, kind: KeyKind): JsonObject =>
  worded(KINDS[kind].schema, {
    title: KINDS[kind].title,
    description: kind === "none" ? "Known, without effect in a pod." : `As in Kestra's ${shortName(type)}.`
  })

/** The schema of a task that every type has, with what its loose keys hold. */
const everyTask = (): JsonObject => {
  const keys = propertiesOf(fileSchema(FlowTask))
  return {
    ...keys,
    ...inPlaceOf(keys, "retry", retryJsonSchema()),
    ...inPlaceOf(keys, "taskCache", taskCacheJsonSchema())
  }
}

/** Keys that stand beside those of the schema, and what each is. */
const besides = (): JsonObject => ({
  taskRunner: refersTo("taskRunner"),
  runner: { enum: ["DOCKER", "PROCESS", null], title: "older key", description: "An older form of `taskRunner`." },
  docker: {
    type: ["object", "null"],
    title: "older key",
    description: "Options of Docker, an older form of `taskRunner`."
  },
  dockerOptions: {
    type: ["object", "null"],
    title: "older key",
    description: "Options of Docker, an older form of `taskRunner`."
  },
  workerGroup: {
    title: "any value",
    description: "Passed over with a notice: podwright has no worker groups. Refused with `fallback: FAIL`."
  },
  warningOnStdErr: { title: "boolean", description: "Lines on stderr do not change the state of a task." },
  ...Object.fromEntries(
    Object.entries(TASK_KEYS).map(([key, sentence]) => [
      key,
      { title: "any value", description: sentence === undefined ? "Known, without effect." : `${sentence}.` }
    ])
  )
})

/** Definitions that the types share: each key of every task, by name. */
const sharedKeys = (): JsonObject =>
  Object.fromEntries(Object.entries({ ...everyTask(), ...besides() }).map(([key, schema]) => [`task.${key}`, schema]))

/** A task of one type. Its `commands` may come from `pluginDefaults`, so nothing but id and type is required. */
const typeSchema = (name: string, type: ScriptType): JsonObject => {
  const shared = Object.keys({ ...everyTask(), ...besides() }).filter(
    (key) => type.script === undefined || key !== "commands"
  )
  const script: JsonObject =
    type.script === undefined
      ? {}
      : { script: { ...TEXT, title: "text", description: "The script; it becomes a file of the working folder." } }
  const own = Object.entries(type.keys ?? {}).map(([key, kind]) => [key, ownKey(name, kind)] as const)
  return {
    type: "object",
    description: `${type.script === undefined ? "Runs commands" : "Runs a script"} in the image ${type.image}, where the task names no other.`,
    properties: {
      ...Object.fromEntries(shared.map((key) => [key, refersTo(`task.${key}`)])),
      ...script,
      ...Object.fromEntries(own)
    },
    required: ["id", "type"],
    additionalProperties: false
  }
}

/** A group of tasks: its own keys, and those that a run passes over. */
const groupSchema = ({ fields, types, what }: (typeof GROUPS)[number]): JsonObject => {
  const schema = fileSchema(fields)
  const keys = propertiesOf(schema)
  const passed = [...Object.entries(PASSED), ...Object.entries(TASK_KEYS)].map(([key, sentence]) => [
    key,
    { title: "any value", description: sentence === undefined ? "Known, without effect." : `${sentence}.` }
  ])
  return {
    ...schema,
    description: what,
    properties: {
      ...Object.fromEntries(passed),
      workerGroup: refersTo("task.workerGroup"),
      warningOnStdErr: refersTo("task.warningOnStdErr"),
      ...keys,
      ...inPlaceOf(keys, "type", { enum: [...types] }),
      ...inPlaceOf(keys, "tasks", { type: "array", items: refersTo("task"), minItems: 1 })
    },
    required: ["id", "type", "tasks"]
  }
}

/** `taskRunner`: podwright's own properties, or any of another runner. */
const taskRunner = (): JsonObject => {
  const type: JsonObject = {
    enum: [...RUNNER_TYPES, ...OTHER_RUNNER_TYPES],
    title: "type",
    description: "The runner; the task runs in a pod whatever it is."
  }
  const { $schema: _schema, title: _title, ...own } = runnerJsonSchema()
  return {
    type: ["object", "null"],
    title: "properties",
    description: "The runner, and properties of the pod and of its run.",
    properties: { type },
    required: ["type"],
    if: { properties: { type: { enum: [...RUNNER_TYPES] } } },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema.
    then: { ...own, properties: { type, ...propertiesOf(own) } }
  }
}

/** Chooses the schema of a task by its type. */
const byType = (names: ReadonlyArray<string>, schema: Json): JsonObject => ({
  if: { properties: { type: names.length === 1 ? { const: names[0] ?? "" } : { enum: [...names] } } },
  // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema.
  then: schema
})

/** All that a flow's schema refers to: `task` in `tasks`, `followUp` in `errors` and `finally`. */
export const taskDefinitions = (): JsonObject => {
  const types = scriptTypeNames().flatMap((name) => {
    const type = scriptType(name)
    return type === undefined ? [] : [[name, type] as const]
  })
  const choices: ReadonlyArray<JsonObject> = [
    ...types.map(([name]) => byType([name], refersTo(name))),
    ...GROUPS.map(({ name, types: names }) => byType(names, refersTo(name)))
  ]
  const known = [...types.map(([name]) => name), ...GROUPS.flatMap((group) => group.types)]
  const type: JsonObject = { title: "type", description: "What kind of task it is, by Kestra's name." }
  return {
    task: {
      type: "object",
      properties: { type: worded(type, { enum: known }) },
      required: ["type"],
      allOf: [refersTo("oneOfTheTypes")]
    },
    followUp: {
      type: "object",
      description: "A task of another type than podwright runs is passed over with a notice.",
      properties: { type: worded(type, { anyOf: [{ enum: known }, { type: "string" }] }) },
      required: ["type"],
      allOf: [refersTo("oneOfTheTypes")]
    },
    oneOfTheTypes: { allOf: [...choices] },
    ...Object.fromEntries(GROUPS.map((group) => [group.name, groupSchema(group)])),
    taskRunner: taskRunner(),
    ...sharedKeys(),
    ...Object.fromEntries(types.map(([name, one]) => [name, typeSchema(name, one)]))
  }
}
