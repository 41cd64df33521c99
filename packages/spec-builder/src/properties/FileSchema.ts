/**
 * JSON Schema of what stands in a file, for editors: of any schema, and of the properties that this
 * package reads. Pure.
 */
import { Schema } from "effect"
import { canonicalJson } from "../values/CanonicalJson.ts"
import { isList, isObject, type Json, type JsonObject } from "../values/Json.ts"
import { RetryFields } from "./RetryProperties.ts"
import { TaskCacheProperties } from "./TaskCacheProperties.ts"

/** What Effect writes for a `bigint`, which JSON Schema knows as a whole number. */
const isBigInt = (schema: Json): boolean =>
  isObject(schema) && schema["type"] === "string" && schema["pattern"] === "^-?\\d+$"

/**
 * Without what a file cannot have or what not every draft of JSON Schema reads alike: whole numbers as
 * texts, and lists whose first item stands apart from equal ones.
 */
const simplified = (schema: Json): Json => {
  if (isList(schema)) return schema.filter((one) => !isBigInt(one)).map(simplified)
  if (!isObject(schema)) return schema
  const { prefixItems, ...rest } = schema
  const first = isList(prefixItems) ? prefixItems[0] : undefined
  const kept = first !== undefined && canonicalJson(first) === canonicalJson(rest["items"] ?? null) ? rest : schema
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, simplified(value)]))
}

/** JSON Schema of a schema's encoded side, which is how a file has it; unknown names are refused. */
export const fileSchema = (schema: Schema.Top): JsonObject => {
  const made = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" }).schema
  // JSON by its nature: plain objects, and no key without a value after this.
  const plain: Json = simplified(JSON.parse(JSON.stringify(made)))
  return isObject(plain) ? plain : {}
}

/** Of `retry`. */
export const retryJsonSchema = (): JsonObject => fileSchema(RetryFields)

/** Of `taskCache`. */
export const taskCacheJsonSchema = (): JsonObject => fileSchema(TaskCacheProperties)
