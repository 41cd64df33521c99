/**
 * JSON whose numbers keep their digits and their kind. Pure; runs wherever `JSON.parse` tells a
 * reviver the source of a number, and `JSON.rawJSON` is there (Node 22, browsers of 2025).
 *
 * A whole number is a `number` within ±(2^53 - 1) and a `bigint` beyond; a decimal is a `number`.
 * What is lost by that, whether `2` was written as `2.0`, the object or list around it knows: it has
 * a `toJSON` that cannot be enumerated, so that `JSON.stringify` writes every digit and `2.0` as
 * `2.0`. A copy of such an object no longer knows.
 */
import { isList, isObject, type Json, type JsonObject } from "./Json.ts"

const DECIMALS = Symbol.for("podwright.decimals")

/** Written alike by JavaScript, whatever they are: fewer than 16 digits, no point, no exponent. */
const SPECIAL = /\d{16}|\d[.eE]/
const WHOLE = /^-?\d+$/

// TypeScript's library knows neither the third argument of a reviver nor this function yet.
const rawJson: unknown = Reflect.get(JSON, "rawJSON")
const raw = (text: string): unknown =>
  typeof rawJson === "function" ? Reflect.apply(rawJson, JSON, [text]) : Number(text)

/** A decimal as JSON has it: never like a whole number. */
const decimalText = (value: number): string => {
  const text = Object.is(value, -0) ? "-0" : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

/** Whether a decimal would be taken for a whole number when JavaScript writes it. */
const looksWhole = (value: number): boolean => Number.isFinite(value) && !/[.e]/.test(String(value))

const decimalsOf = (container: object): ReadonlySet<string> => {
  const found: unknown = Reflect.get(container, DECIMALS)
  return found instanceof Set ? found : new Set()
}

const entryJson = (decimals: ReadonlySet<string>, key: string, value: unknown): unknown => {
  if (typeof value === "bigint") return raw(String(value))
  return typeof value === "number" && decimals.has(key) ? raw(decimalText(value)) : value
}

function toJSON(this: object): unknown {
  const decimals = decimalsOf(this)
  if (Array.isArray(this)) return this.map((one: unknown, index) => entryJson(decimals, String(index), one))
  return Object.fromEntries(Object.entries(this).map(([key, one]) => [key, entryJson(decimals, key, one)]))
}

/**
 * Makes an object or list write its numbers as they are: the decimals among them as decimals. One
 * that JavaScript writes right anyway stays as it is.
 */
const marked = <A extends object>(container: A, decimals: ReadonlySet<string>): A => {
  const values: ReadonlyArray<unknown> = Object.values(container)
  if (decimals.size === 0 && !values.some((one) => typeof one === "bigint")) return container
  if (decimals.size > 0) Object.defineProperty(container, DECIMALS, { value: decimals, configurable: true })
  // A value that is called so is the object's own, and then only `jsonText` writes it.
  if (!Object.hasOwn(container, "toJSON")) Object.defineProperty(container, "toJSON", { value: toJSON })
  return container
}

/** The number that digits stand for: a `bigint` where no `number` holds it. */
export const wholeNumber = (digits: string): number | bigint => {
  const value = Number(digits)
  return Number.isSafeInteger(value) ? value : BigInt(digits)
}

/** Reads JSON; throws a `SyntaxError` as `JSON.parse` does, or a `RangeError` for what is nested too deep. */
export const parseJson = (text: string): Json => {
  if (!SPECIAL.test(text)) return JSON.parse(text)
  const found = new Map<object, Set<string>>()
  const containers: Array<object> = []
  function revive(this: object, key: string, value: unknown, context?: { readonly source?: string }): unknown {
    if (typeof value === "object" && value !== null) containers.push(value)
    const source = context?.source
    if (typeof value !== "number" || source === undefined) return value
    if (WHOLE.test(source)) return wholeNumber(source)
    if (looksWhole(value)) found.set(this, (found.get(this) ?? new Set()).add(key))
    return value
  }
  const value: Json = JSON.parse(text, revive)
  for (const container of containers) marked(container, found.get(container) ?? new Set())
  return value
}

/**
 * The JSON text of a value, with every digit: what `JSON.stringify` writes, and also of values that
 * are copies with a `bigint` in them. `space` as there.
 */
export const jsonText = (value: unknown, space?: number): string => {
  function write(this: object, key: string, one: unknown): unknown {
    return entryJson(decimalsOf(this), key, one)
  }
  return JSON.stringify(value, write, space)
}

/** Whether an entry of an object or list is a decimal, though its value may look whole. */
export const isDecimal = (container: object, key: string): boolean => {
  const value: unknown = Reflect.get(container, key)
  return typeof value === "number" && (decimalsOf(container).has(key) || !Number.isSafeInteger(value))
}

/** Tells an object which of its numbers are decimals, though they may look whole; returns it. */
export const keepDecimals = <A extends object>(object: A, decimals: Iterable<string>): A =>
  marked(
    object,
    new Set(
      Array.from(decimals).filter((key) => {
        const value: unknown = Reflect.get(object, key)
        return typeof value === "number" && looksWhole(value)
      })
    )
  )

/** The text of a number as `exactValue` gives it: a `bigint` is whole, a `number` a decimal. */
export const numberText = (value: bigint | number): string =>
  typeof value === "bigint" ? String(value) : decimalText(value)

/** The names of an object, each with the JSON text of its value. */
export const jsonEntries = (object: JsonObject): ReadonlyArray<readonly [string, string]> =>
  Object.entries(object).map(([key, value]) => [
    key,
    typeof value === "number" && isDecimal(object, key) ? decimalText(value) : jsonText(value)
  ])

/**
 * The value with every whole number as a `bigint` and every decimal as a `number`, a copy: what an
 * evaluator of expressions computes with.
 */
export const exactValue = (value: Json): Json => {
  const entry = (container: object, key: string, one: Json): Json => (isDecimal(container, key) ? one : exactValue(one))
  if (isList(value)) return value.map((one, index) => entry(value, String(index), one))
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, entry(value, key, one)]))
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value
}
