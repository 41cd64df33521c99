/**
 * Telling JSON values apart, and copying them. Pure.
 */
import type { Json, JsonObject } from "../PodManifest.ts"

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** A deep copy without keys whose value is null; `__proto__` stays an ordinary key. */
export const withoutNulls = (value: Json): Json => {
  if (isList(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null && one !== undefined)
      .map(([key, one]) => [key, withoutNulls(one)])
  )
}
