/**
 * How much there is in a value, about the characters that it prints: what stands in it twice counts
 * twice, so that lists of lists of themselves are found before anything goes through them. Pure.
 */
import { stop } from "./Problem.ts"
import { isList, isMap, type Value } from "./Values.ts"

/** Characters of a value at most, and of all output. Files are inputs, not expressions. */
export const HEAVIEST = 8 * 1024 * 1024

/** Refuses a text before it is made; the budget only sees those that are. */
export const fits = (characters: number): void => {
  if (characters > HEAVIEST) stop("a text in the expression is too long")
}

/** Of a number, a boolean or null, and of each item with its comma. */
const SMALL = 8

/** Lists and maps never change, and weighing one goes through it once. */
const known = new WeakMap<object, number>()

const weigh = (value: Value & object): number => {
  let weight = SMALL
  if (isList(value)) for (const item of value) weight += SMALL + weightOf(item)
  else if (isMap(value)) for (const [key, item] of value) weight += SMALL + key.length + weightOf(item)
  return weight
}

export const weightOf = (value: Value): number => {
  if (typeof value === "string") return value.length
  if (typeof value !== "object" || value === null) return SMALL
  const before = known.get(value)
  if (before !== undefined) return before
  const weight = weigh(value)
  known.set(value, weight)
  return weight
}
