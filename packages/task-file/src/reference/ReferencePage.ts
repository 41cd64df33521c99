/**
 * The reference of task and flow files as a page of Markdown: every key with its type, default and
 * meaning, and every type of task. All of it comes from the JSON Schema. Pure.
 */
import { type Json, type JsonObject, runnerReference } from "@podwright/spec-builder"
import { GROUPS } from "../reading/TaskGroups.ts"
import { isObject } from "../types/JsonValues.ts"
import { scriptType, scriptTypeNames } from "../types/ScriptTypes.ts"
import { fileJsonSchema } from "./FileSchema.ts"
import { propertiesOf } from "./TaskSchema.ts"

type Row = ReadonlyArray<string>

/** A table whose columns are aligned, as the repository's documents have them. */
const table = (head: Row, rows: ReadonlyArray<Row>): string => {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const line = (row: Row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  const [first = [], ...rest] = cells
  return [line(first), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rest.map(line), ""].join("\n")
}

const code = (text: string): string => (text === "" ? "" : `\`${text}\``)

const shown = (value: Json | undefined): string =>
  value === undefined || typeof value === "object" ? "" : code(String(value))

const textOf = (value: Json | undefined): string => (typeof value === "string" ? value : "")

/** The definition that a schema refers to, or the schema itself. */
const followed = (schema: Json | undefined, definitions: JsonObject): JsonObject => {
  if (!isObject(schema)) return {}
  const { $ref } = schema
  return typeof $ref === "string" ? followed(definitions[$ref.split("/").at(-1) ?? ""], definitions) : schema
}

/** A row for each key of an object's schema, required ones named as that. */
const keyRows = (schema: JsonObject, definitions: JsonObject): ReadonlyArray<Row> => {
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  return Object.entries(propertiesOf(schema)).map(([key, value]) => {
    const { default: otherwise, description, title } = followed(value, definitions)
    const kind = `${textOf(title)}${required.includes(key) ? ", required" : ""}`
    return [code(key), kind, shown(otherwise), textOf(description)]
  })
}

const KEYS: Row = ["key", "value", "default", "meaning"]

/** The choices of a union, which `type` tells apart. */
const choices = (schema: Json | undefined): ReadonlyArray<JsonObject> => {
  const { anyOf } = isObject(schema) ? schema : { anyOf: undefined }
  return Array.isArray(anyOf) ? anyOf.filter(isObject) : []
}

/** Every key of a union once, in the order of its choices. */
const unionRows = (schemas: ReadonlyArray<JsonObject>): ReadonlyArray<Row> => {
  const rows = schemas.flatMap((one) => keyRows(one, {}))
  return rows.filter(([key], index) => key !== "`type`" && rows.findIndex(([other]) => other === key) === index)
}

const retryText = (schema: Json | undefined): string => {
  const types = choices(schema).map((one) => {
    const { type } = propertiesOf(one)
    const { description, enum: names } = isObject(type) ? type : { description: "", enum: [] }
    const required = Array.isArray(one["required"]) ? one["required"].filter((key) => key !== "type") : []
    const name = Array.isArray(names) ? String(names[0]) : ""
    return [code(name), textOf(description), required.map((key) => code(String(key))).join(", ")]
  })
  return [table(["`type`", "meaning", "needs"], types), table(KEYS, unionRows(choices(schema)))].join("\n")
}

const typeRows = (): ReadonlyArray<Row> =>
  scriptTypeNames().flatMap((name) => {
    const type = scriptType(name)
    if (type === undefined) return []
    const keys = [type.script === undefined ? "commands" : "script", ...Object.keys(type.keys ?? {})]
    return [[code(name.replace(/^io\.kestra\./, "")), code(type.image), keys.map(code).join(", ")]]
  })

/** The whole page. */
export const referencePage = (): string => {
  const task = fileJsonSchema("task")
  const flow = fileJsonSchema("flow")
  const definitions = isObject(flow["definitions"]) ? flow["definitions"] : {}
  const keys = propertiesOf(task)
  const everyTask: JsonObject = followed({ $ref: "#/definitions/io.kestra.plugin.scripts.shell.Commands" }, definitions)
  const { inputs, outputs } = propertiesOf(flow)
  const items = (schema: Json | undefined) => (isObject(schema) && isObject(schema["items"]) ? schema["items"] : {})
  const runner = runnerReference().map((one) => [code(one.name), one.kind, code(one.default ?? ""), one.description])
  return [
    "# Reference of task and flow files",
    "Written by `podwright schema --output markdown` from what files are read by. [Kestra flows](../guide/flows.md) says what a flow's keys come to, [files](../guide/files.md) and [values](../guide/values.md) what goes in and out.",
    "## A file of a single task",
    table(KEYS, keyRows(task, definitions)),
    "## A flow",
    table(KEYS, keyRows(flow, definitions)),
    "## An input",
    table(KEYS, keyRows(items(inputs), definitions)),
    "## An output of a flow",
    table(KEYS, keyRows(items(outputs), definitions)),
    "## A task of a flow",
    "Keys that every type has; a task of a `Script` type has `script` in place of `commands`.",
    table(KEYS, keyRows(everyTask, definitions)),
    "## Types of task",
    "Below `io.kestra.`; each has the keys above and its own.",
    table(["type", "image", "its own keys"], typeRows()),
    "## Groups of tasks",
    "Below `io.kestra.`. Other keys of a task are passed over with a notice.",
    table(
      ["type", "meaning", "its keys"],
      GROUPS.map(({ fields, types, what }) => [
        types.map((type) => code(type.replace(/^io\.kestra\./, ""))).join(", "),
        what,
        Object.keys(fields.fields).map(code).join(", ")
      ])
    ),
    "## retry",
    retryText(keys["retry"]),
    "## taskCache",
    table(KEYS, keyRows(isObject(keys["taskCache"]) ? keys["taskCache"] : {}, {})),
    "## Properties of the runner",
    "`runner` of a task file, `taskRunner` of a flow's task; `podwright properties` lists them too.",
    table(["property", "value", "default", "meaning"], runner)
  ]
    .map((part) => part.trimEnd())
    .join("\n\n")
    .concat("\n")
}
