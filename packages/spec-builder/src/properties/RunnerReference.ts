/**
 * The runner's properties as others read them: JSON Schema for editors, and a list for help texts
 * and docs. Pure; all of it comes from the schema in `RunnerProperties.ts`.
 */
import { isList, isObject, type Json, type JsonObject } from "../values/Json.ts"
import { fileSchema } from "./FileSchema.ts"
import { RunnerProperties } from "./RunnerProperties.ts"

/** One property, nested ones by their path (`fileSidecar.image`). */
export interface PropertyReference {
  readonly name: string
  /** Its type, in a person's words: `boolean`, `duration`, `container fields`. */
  readonly kind: string
  readonly description: string
  readonly default: string | undefined
}

const document = (): JsonObject => fileSchema(RunnerProperties)

/** Matches a text with an expression, whose value is known only after rendering. */
const EXPRESSION: JsonObject = { type: "string", pattern: "\\{[{%]" }

const DOCUMENTATION: ReadonlySet<string> = new Set(["title", "description", "default"])

const isAnyText = (schema: Json): boolean => isObject(schema) && schema["type"] === "string" && !isRestricted(schema)
const isRestricted = (schema: JsonObject): boolean => ["enum", "pattern", "minLength"].some((word) => word in schema)

/**
 * In a file, an expression may stand for any value. A schema that admits every text needs no change
 * for it.
 */
const withExpressions = (schema: JsonObject): JsonObject => {
  const { additionalProperties, properties, type } = schema
  if (type === "object") {
    return {
      ...schema,
      ...(isObject(properties)
        ? { properties: mapValues(properties, (one) => (isObject(one) ? withExpressions(one) : one)) }
        : {}),
      ...(isObject(additionalProperties) ? { additionalProperties: withExpressions(additionalProperties) } : {})
    }
  }
  if (type === "array") return schema
  const [words, rest] = [true, false].map((wanted) =>
    Object.fromEntries(Object.entries(schema).filter(([key]) => DOCUMENTATION.has(key) === wanted))
  )
  const { anyOf = [rest ?? {}] } = schema
  const choices = isList(anyOf) ? anyOf : []
  return choices.some(isAnyText) ? schema : { ...words, anyOf: [...choices, EXPRESSION] }
}

const mapValues = (object: JsonObject, change: (value: Json) => Json): JsonObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))

/** JSON Schema (draft 2020-12) of the properties as they stand in a file, expressions included. */
export const runnerJsonSchema = (): JsonObject => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Podwright runner properties",
  ...withExpressions(document())
})

const textOf = (value: Json | undefined): string | undefined =>
  value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value)

const references = (schema: JsonObject, prefix: string): ReadonlyArray<PropertyReference> => {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {}
  return Object.entries(properties).flatMap(([key, property]) => {
    if (!isObject(property)) return []
    const name = `${prefix}${key}`
    const required = isList(schema["required"]) && schema["required"].includes(key)
    const own: PropertyReference = {
      name,
      kind: `${textOf(property["title"]) ?? "value"}${required ? ", required" : ""}`,
      description: textOf(property["description"]) ?? "",
      default: textOf(property["default"])
    }
    return [own, ...references(property, `${name}.`)]
  })
}

/** Every property, in the order of the schema; nested properties follow the one that holds them. */
export const runnerReference = (): ReadonlyArray<PropertyReference> => references(document(), "")
