/**
 * The values of expressions, and how they become text: as JSON where they are printed, as Java
 * writes them inside an expression. Pure.
 *
 * A whole number is a `bigint`, every other number a `number`: `2` and `2.0` differ.
 */
import { isDecimal } from "@podwright/spec-builder"
import type { Temporal } from "temporal-polyfill"
import { stop } from "./Problem.ts"

/** A number with every digit it was written with. */
export class Decimal {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A moment in a zone, with the text that it prints. */
export class DateTime {
  readonly zoned: Temporal.ZonedDateTime
  readonly text: string
  constructor(zoned: Temporal.ZonedDateTime, text: string) {
    this.zoned = zoned
    this.text = text
  }
}

export type ValueMap = ReadonlyMap<string, Value>
export type ValueList = ReadonlyArray<Value>

export type Value = null | boolean | string | bigint | number | Decimal | DateTime | ValueList | ValueMap

export const isMap = (value: Value): value is ValueMap => value instanceof Map
export const isList = (value: Value): value is ValueList => Array.isArray(value)
export const isNumber = (value: Value): value is bigint | number =>
  typeof value === "bigint" || typeof value === "number"

/** What a value is called in a message, which never shows the value. */
export const kindOf = (value: Value): string => {
  if (value === null) return "null"
  if (isList(value)) return "a list"
  if (value instanceof DateTime) return "a date"
  if (isMap(value)) return "a map"
  if (typeof value === "string") return "a text"
  return typeof value === "boolean" ? "a boolean" : "a number"
}

const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * A value of JavaScript as one of expressions. A whole `number` is a whole number, unless the object
 * or list around it knows it as a decimal (`keepDecimals`). A `Map` is a value of expressions already.
 * What is no JSON is null.
 */
export const toValue = (value: unknown): Value => {
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "bigint") return value
  if (typeof value !== "object" || value === null) return null
  if (value instanceof Decimal || value instanceof DateTime) return value
  if (Array.isArray(value)) return value.map((one: unknown, index) => entryOf(value, String(index), one))
  if (value instanceof Map) return ofExact(value)
  if (!isPlain(value)) return null
  return new Map(
    Object.entries(value).flatMap(([key, one]) => (one === undefined ? [] : [[key, entryOf(value, key, one)]]))
  )
}

const entryOf = (container: object, key: string, value: unknown): Value =>
  typeof value === "number" && isDecimal(container, key) ? value : toValue(value)

const WHOLE = /^-?\d+$/

/** A value whose whole numbers are all `bigint`s: every `number` in it is a decimal. */
export const ofExact = (value: unknown): Value => {
  if (typeof value === "number") return value
  if (Array.isArray(value)) return value.map(ofExact)
  if (value instanceof Map) return new Map(Array.from(value, ([key, one]) => [String(key), ofExact(one)]))
  if (typeof value !== "object" || value === null) return toValue(value)
  return new Map(Object.entries(value).map(([key, one]) => [key, ofExact(one)]))
}

/** Reads JSON; numbers stay as they are written. Throws a `SyntaxError` as `JSON.parse` does. */
export const fromJsonText = (text: string): Value => {
  const revive = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source
    return typeof value === "number" && source !== undefined && WHOLE.test(source) ? BigInt(source) : value
  }
  return ofExact(JSON.parse(text, revive))
}

/** A decimal as Java writes it: `2.0`, `1.0E10`. */
export const doubleText = (value: number): string => {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size === 0) return Object.is(value, -0) ? "-0.0" : "0.0"
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value)
    return text.includes(".") ? text : `${text}.0`
  }
  const [digits = "", exponent] = value.toExponential().split("e")
  return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`
}

/** A value as compact JSON. */
export const jsonOf = (value: Value): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "number") return doubleText(value)
  if (value instanceof Decimal) return value.text
  if (value instanceof DateTime) return JSON.stringify(value.text)
  if (isList(value)) return `[${value.map(jsonOf).join(",")}]`
  if (isMap(value)) return `{${Array.from(value, ([key, one]) => `${JSON.stringify(key)}:${jsonOf(one)}`).join(",")}}`
  return String(value)
}

/** A value as it is printed: null is nothing, a list or map is JSON. */
export const printed = (value: Value): string => {
  if (value === null) return ""
  if (typeof value === "string") return value
  return value instanceof DateTime ? value.text : jsonOf(value)
}

/** A value as a text inside an expression: Java writes `[1, 2]` and `{a=1}`. */
export const textOf = (value: Value): string => {
  const inner = (one: Value) => (one === null ? "null" : textOf(one))
  if (isList(value)) return `[${value.map(inner).join(", ")}]`
  if (isMap(value)) return `{${Array.from(value, ([key, one]) => `${key}=${inner(one)}`).join(", ")}}`
  return printed(value)
}

/** A text that two values share if they are of one kind and equal, however deep. */
export const identityOf = (value: Value): string => {
  if (typeof value === "string") return JSON.stringify(value)
  if (typeof value === "number") return doubleText(value === 0 ? 0 : value)
  if (value instanceof DateTime) return `date ${value.zoned.epochNanoseconds}`
  if (value instanceof Decimal) return `decimal ${value.text}`
  if (isList(value)) return `[${value.map(identityOf).join(",")}]`
  if (!isMap(value)) return String(value)
  return `{${Array.from(value, ([key, one]) => `${JSON.stringify(key)}:${identityOf(one)}`)
    .sort()
    .join(",")}}`
}

/** `==`: numbers by what they are worth, the rest by kind and content. */
export const equal = (left: Value, right: Value): boolean => {
  if (isNumber(left) && isNumber(right)) return left <= right && left >= right
  return typeof left === "object" && typeof right === "object" ? identityOf(left) === identityOf(right) : left === right
}

const comparable = (value: Value): bigint | number | string | undefined => {
  if (value instanceof DateTime) return value.zoned.epochNanoseconds
  if (value instanceof Decimal) return Number(value.text)
  return isNumber(value) || typeof value === "string" ? value : undefined
}

/** Below zero, zero or above, as `<` and `sort` ask; numbers with numbers and texts with texts. */
export const compare = (left: Value, right: Value): number => {
  const [a, b] = [comparable(left), comparable(right)]
  if (a === undefined || b === undefined || (typeof a === "string") !== (typeof b === "string"))
    return stop(`${kindOf(left)} cannot be compared with ${kindOf(right)}`)
  return a < b ? -1 : a > b ? 1 : 0
}

/** `contains`: a part of a text, items of a list, a key of a map. */
export const contains = (whole: Value, part: Value): boolean => {
  if (whole === null) return false
  if (typeof whole === "string") return part !== null && whole.includes(printed(part))
  if (isList(whole)) {
    const items = new Set(whole.map(identityOf))
    return (isList(part) ? part : [part]).every((one) => items.has(identityOf(one)))
  }
  if (isMap(whole)) return typeof part === "string" && whole.has(part)
  return stop(`a text, a list or a map contains something, not ${kindOf(whole)}`)
}

/** Whether `default` takes its place: null, a text of white space, an empty list or map. */
export const isEmpty = (value: Value): boolean => {
  if (typeof value === "string") return value.trim() === ""
  return value === null || (isList(value) && value.length === 0) || (isMap(value) && value.size === 0)
}
