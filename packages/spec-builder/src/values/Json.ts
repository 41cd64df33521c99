/**
 * JSON as a type and as a schema, and how its values are told apart. Pure.
 */
import { Schema } from "effect"

/**
 * Any JSON value. A whole number beyond ±(2^53 - 1), which no `number` can hold, is a `bigint`; every
 * other number is a `number`.
 */
export type Json = null | boolean | number | bigint | string | ReadonlyArray<Json> | JsonObject

/** A JSON object; a key that is not there reads as `undefined`. */
export interface JsonObject {
  readonly [key: string]: Json
}

/** Whether a value is an object, and neither `null` nor a list. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Whether a value is a list. */
export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** Deeper than any value is that a person made; what refers to itself ends here. */
const DEPTH_LIMIT = 1000

const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  // A plain object of another realm has another `Object.prototype`.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Whether a value is JSON: plain objects, lists, texts, finite numbers of any size, booleans, null. */
export const isJson = (value: unknown, room = DEPTH_LIMIT): value is Json => {
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object")
    return typeof value === "string" || typeof value === "boolean" || typeof value === "bigint"
  if (value === null) return true
  if (room === 0) return false
  // A sparse list has no value at some places.
  if (Array.isArray(value)) return Array.from(value).every((one) => isJson(one, room - 1))
  return isPlainObject(value) && Object.values(value).every((one) => isJson(one, room - 1))
}

const isJsonObject = (value: unknown): value is JsonObject => isJson(value) && isObject(value)

/** Like `Schema.Json`, with whole numbers of any size. Values are handed on as they are, not copied. */
export const JsonValue = Schema.declare(isJson, {
  expected: "JSON value",
  representation: { id: "effect/schema/Json", payload: null },
  toCodecJson: () => undefined
})

/** An object of `JsonValue`s. */
export const JsonObjectValue = Schema.declare(isJsonObject, {
  expected: "object",
  representation: { id: "effect/schema/Json", payload: null },
  toCodecJson: () => undefined
})
