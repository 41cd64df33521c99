/** What operators do with values that are there. Pure. */
import { stop } from "./Problem.ts"
import { compare, contains, Decimal, equal, isList, isNumber, kindOf, textOf, type Value } from "./Values.ts"

/** Longest list of `range` and `..`. */
const LONGEST_RANGE = 10_000n

/** Whether a condition holds; null, lists and maps are none. */
export const isTrue = (value: Value): boolean => {
  if (typeof value === "boolean") return value
  if (typeof value === "string") return value !== ""
  if (typeof value === "bigint") return value !== 0n
  if (typeof value === "number") return value !== 0
  return stop(`a condition is a boolean, a number or a text, not ${kindOf(value)}`)
}

const whole64 = (value: bigint): bigint =>
  BigInt.asIntN(64, value) === value ? value : stop("the result is beyond 64 bits")

const wholes = (op: string, left: bigint, right: bigint): bigint => {
  if ((op === "/" || op === "%") && right === 0n) return stop("division by zero")
  switch (op) {
    case "+":
      return whole64(left + right)
    case "-":
      return whole64(left - right)
    case "*":
      return whole64(left * right)
    case "/":
      return left / right
    default:
      return left % right
  }
}

const decimals = (op: string, left: number, right: number): number => {
  switch (op) {
    case "+":
      return left + right
    case "-":
      return left - right
    case "*":
      return left * right
    case "/":
      return left / right
    default:
      return left % right
  }
}

const numeric = (op: string, value: Value): bigint | number => {
  if (isNumber(value)) return value
  return value instanceof Decimal ? Number(value.text) : stop(`'${op}' needs numbers, not ${kindOf(value)}`)
}

/** `+ - * / %`: whole numbers stay whole, `+` joins texts and adds to lists. */
export const calculate = (op: "+" | "-" | "*" | "/" | "%", left: Value, right: Value): Value => {
  if (op === "+" && (typeof left === "string" || typeof right === "string")) return textOf(left) + textOf(right)
  if (op === "+" && isList(left)) return isList(right) ? [...left, ...right] : [...left, right]
  const [a, b] = [numeric(op, left), numeric(op, right)]
  return typeof a === "bigint" && typeof b === "bigint" ? wholes(op, a, b) : decimals(op, Number(a), Number(b))
}

export const negate = (value: Value): Value => {
  const number = numeric("-", value)
  return typeof number === "bigint" ? whole64(-number) : -number
}

/** The whole numbers from one to another, both included. */
export const rangeOf = (start: Value, end: Value, step: Value = 1n): Value => {
  if (typeof start !== "bigint" || typeof end !== "bigint" || typeof step !== "bigint")
    return stop("a range goes from one whole number to another, by a whole number")
  if (step === 0n) return stop("a range by 0 has no end")
  const count = (end - start) / step + 1n
  if (count > LONGEST_RANGE) return stop(`a range has at most ${LONGEST_RANGE} numbers`)
  return Array.from({ length: Math.max(0, Number(count)) }, (_one, index) => start + BigInt(index) * step)
}

/** The operators that need both their sides. */
export type StrictOperator =
  | ("==" | "!=" | "<" | ">" | "<=" | ">=" | "contains" | "isIn")
  | ("~" | ".." | "+" | "-" | "*" | "/" | "%")

export const operate = (op: StrictOperator, left: Value, right: Value): Value => {
  switch (op) {
    case "==":
      return equal(left, right)
    case "!=":
      return !equal(left, right)
    case "<":
      return compare(left, right) < 0
    case ">":
      return compare(left, right) > 0
    case "<=":
      return compare(left, right) <= 0
    case ">=":
      return compare(left, right) >= 0
    case "contains":
      return contains(left, right)
    case "isIn":
      return contains(right, left)
    case "~":
      return textOf(left) + textOf(right)
    case "..":
      return rangeOf(left, right)
    default:
      return calculate(op, left, right)
  }
}
