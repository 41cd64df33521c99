/**
 * JSON with the keys of every object in code-unit order, so that equal values have equal text
 * whatever order they were built in. Pure.
 */
import type { Json } from "./Json.ts"
/**
 * The text of a JSON value: equal values give equal texts, whatever the order of their keys; no
 * white space.
 */
export const canonicalJson = (value: Json): string => {
  if (typeof value === "bigint") return String(value)
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonicalJson(one)}`).join(",")}}`
}
