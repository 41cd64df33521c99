/**
 * Which of the runner's properties are texts, though a file may write them as plain numbers or
 * booleans (`labels: { version: 1.50 }`). Pure; told by the schema in `RunnerProperties.ts`.
 */
import { isList, isObject, type JsonObject } from "../values/Json.ts"
import { runnerJsonSchema } from "./RunnerReference.ts"

let known: JsonObject | undefined

/** The part of the schema that describes a place; undefined where there is none. */
const schemaAt = (path: ReadonlyArray<string | number>): JsonObject | undefined => {
  known ??= runnerJsonSchema()
  return path.reduce<JsonObject | undefined>((schema, key) => {
    const properties = schema?.["properties"]
    const own = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined
    const found = own ?? schema?.["additionalProperties"]
    return isObject(found) ? found : undefined
  }, known)
}

/**
 * Whether the property at a path of the runner's properties is a text in whatever way it is written: a
 * reader of files gives it the text of the file, `1.50` and not `1.5`.
 */
export const isTextProperty = (path: ReadonlyArray<string | number>): boolean => {
  const choices = schemaAt(path)?.["anyOf"]
  const types = isList(choices) ? choices.flatMap((one) => (isObject(one) ? [one["type"]] : [])) : []
  return ["string", "number", "boolean"].every((type) => types.includes(type))
}
