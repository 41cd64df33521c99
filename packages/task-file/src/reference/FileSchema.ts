/**
 * JSON Schema of task and flow files, for editors: from the schemas that files are read by. A
 * reader refuses more, and takes keys without a value, which reads as if they were not there. Pure.
 */
import {
  fileSchema,
  type JsonObject,
  retryJsonSchema,
  runnerJsonSchema,
  taskCacheJsonSchema
} from "@podwright/spec-builder"
import { FLOW_KEYS } from "../reading/KnownKeys.ts"
import { FlowFile, NativeFile } from "../TaskFile.ts"
import { inPlaceOf, propertiesOf, refersTo, taskDefinitions } from "./TaskSchema.ts"

/** What a file may be: a single task, a flow, or either. */
export type FileKind = "task" | "flow" | "any"

/** The draft that editors read best. */
const DRAFT = "http://json-schema.org/draft-07/schema#"

const taskSchema = (): JsonObject => {
  const schema = fileSchema(NativeFile)
  const keys = propertiesOf(schema)
  const { $schema: _schema, ...runner } = runnerJsonSchema()
  return {
    ...schema,
    description: "A file of a single task.",
    properties: {
      ...keys,
      ...inPlaceOf(keys, "runner", runner),
      ...inPlaceOf(keys, "retry", retryJsonSchema()),
      ...inPlaceOf(keys, "taskCache", taskCacheJsonSchema())
    }
  }
}

/** Defaults may hold any key of any type; each is checked where it is used. */
const pluginDefaults = (description: string): JsonObject => ({
  type: ["array", "null"],
  title: "list of defaults",
  description,
  items: {
    type: "object",
    properties: {
      type: { type: "string", title: "type", description: "A type, or the beginning of several." },
      forced: {
        type: "boolean",
        title: "boolean",
        description: "Whether they replace what a task says.",
        default: false
      },
      values: { type: ["object", "null"], title: "values by key", description: "The defaults, by key." }
    },
    required: ["type"],
    additionalProperties: false
  }
})

/** Keys of a flow besides those of its schema. */
const besides = (): JsonObject => ({
  pluginDefaults: pluginDefaults("Values for every task whose type begins with a text."),
  taskDefaults: pluginDefaults("The older name of `pluginDefaults`."),
  workerGroup: {
    title: "any value",
    description: "Passed over with a notice: podwright has no worker groups. Refused with `fallback: FAIL`."
  },
  ...Object.fromEntries(
    Object.entries(FLOW_KEYS).map(([key, sentence]) => [
      key,
      { title: "any value", description: sentence === undefined ? "Known, without effect." : `${sentence}.` }
    ])
  )
})

const flowSchema = (): JsonObject => {
  const schema = fileSchema(FlowFile)
  const keys = propertiesOf(schema)
  const list = (of: string): JsonObject => ({ type: "array", items: refersTo(of) })
  return {
    ...schema,
    description: "A flow: tasks that run one after the other.",
    properties: {
      ...keys,
      ...inPlaceOf(keys, "retry", retryJsonSchema()),
      ...inPlaceOf(keys, "tasks", { ...list("task"), minItems: 1 }),
      ...inPlaceOf(keys, "errors", list("followUp")),
      ...inPlaceOf(keys, "finally", list("followUp")),
      ...besides()
    }
  }
}

/** JSON Schema (draft 7) of a file of a kind, as it is written, expressions included. */
export const fileJsonSchema = (kind: FileKind): JsonObject => {
  switch (kind) {
    case "task":
      return { $schema: DRAFT, title: "Podwright task file", ...taskSchema() }
    case "flow":
      return { $schema: DRAFT, title: "Podwright flow file", ...flowSchema(), definitions: taskDefinitions() }
    case "any":
      return {
        $schema: DRAFT,
        title: "Podwright task or flow file",
        if: { required: ["tasks"] },
        // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema.
        then: refersTo("flow file"),
        else: refersTo("task file"),
        definitions: { "task file": taskSchema(), "flow file": flowSchema(), ...taskDefinitions() }
      }
  }
}
