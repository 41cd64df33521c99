/**
 * JSON as a type, and how its values are told apart. Pure.
 */

/** Any JSON value. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | JsonObject

/** A JSON object; a key that is not there reads as `undefined`. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** Whether a value is an object, and neither `null` nor a list. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether a value is a list. */
export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)
