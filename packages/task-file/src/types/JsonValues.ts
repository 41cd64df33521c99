/** Values of a parsed file, told apart. Pure. */
import type { JsonObject } from "@podwright/spec-builder"

/** An object of a parsed file. */
export type JsonRecord = JsonObject

/** Whether a value is an object, not a list and not null. */
export const isObject = (value: unknown): value is JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value)
