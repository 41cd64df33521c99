/**
 * Telling JSON values apart. Pure.
 */
import type { Json, JsonObject } from "../pod/PodManifest.ts"

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)
