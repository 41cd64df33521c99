/** Filters of lists, maps and numbers. Pure. Null stays null where Kestra leaves it. */
import { type Arguments, listInput, numberInput } from "./Arguments.ts"
import { stop } from "./Problem.ts"
import type { Filter } from "./TextFilters.ts"
import {
  compare,
  Decimal,
  identityOf,
  isEmpty,
  isList,
  isMap,
  kindOf,
  textOf,
  type Value,
  type ValueList
} from "./Values.ts"
import { fits } from "./Weight.ts"

type Entry = readonly [string, Filter]

const filter = (name: string, names: ReadonlyArray<string>, call: (input: Value, args: Arguments) => Value): Entry => [
  name,
  { names, call }
]

const list = (name: string, names: ReadonlyArray<string>, call: (input: ValueList, args: Arguments) => Value): Entry =>
  filter(name, names, (input, args) => (input === null ? null : call(listInput(name, input), args)))

const entryAt = (name: string, place: 0 | -1): Entry =>
  filter(name, [], (input) => {
    if (input === null) return null
    if (typeof input === "string") return input.at(place) ?? null
    return listInput(name, input).at(place) ?? null
  })

const lengthOf = (value: Value): Value => {
  if (typeof value === "string" || isList(value)) return BigInt(value.length)
  return isMap(value) ? BigInt(value.size) : 0n
}

const distinct = (values: ValueList): Value => {
  const found = new Map<string, Value>()
  for (const value of values) {
    const identity = identityOf(value)
    if (!found.has(identity)) found.set(identity, value)
  }
  return Array.from(found.values())
}

const joined = (values: ValueList, separator: string): Value => {
  fits(separator.length * values.length)
  return values.map(textOf).join(separator)
}

const chunked = (values: ValueList, size: number): Value => {
  if (size <= 0) return stop("chunk: 'size' is above zero")
  return Array.from({ length: Math.ceil(values.length / size) }, (_one, index) =>
    values.slice(index * size, (index + 1) * size)
  )
}

const sliced = (input: Value, args: Arguments): Value => {
  if (input === null) return null
  const from = args.whole("fromIndex", 0)
  if (typeof input !== "string" && !isList(input)) return stop(`slice needs a list or a text, not ${kindOf(input)}`)
  const to = args.whole("toIndex", input.length)
  if (from < 0 || to > input.length || from > to)
    return stop(`slice goes from 0 to at most ${input.length}, the length, and not backwards`)
  return input.slice(from, to)
}

const merged = (input: Value, other: Value): Value => {
  if (isMap(input))
    return isMap(other) ? new Map([...input, ...other]) : stop(`merge needs two maps, not ${kindOf(other)}`)
  const first = listInput("merge", input)
  return isList(other) ? [...first, ...other] : [...first, other]
}

const keysOf = (input: Value): Value => {
  if (input === null) return null
  if (isList(input)) return input.map((_one, index) => BigInt(index))
  return isMap(input) ? Array.from(input.keys()) : stop(`keys needs a map or a list, not ${kindOf(input)}`)
}

const valuesOf = (input: Value): Value => {
  if (input === null || isList(input)) return input
  return isMap(input) ? Array.from(input.values()) : stop(`values needs a map, not ${kindOf(input)}`)
}

const WHOLE = /^[-+]?\d+$/
const DECIMAL = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/
const WHOLE_TYPES = ["INT", "LONG", "BIGINTEGER"]
const DECIMAL_TYPES = ["FLOAT", "DOUBLE"]

/** Reads a text as a number: whole if it is written as one, unless a type is asked for. */
const numberOf = (input: Value, type: string | undefined): Value => {
  if (input === null) return null
  if (type !== undefined && ![...WHOLE_TYPES, ...DECIMAL_TYPES, "BIGDECIMAL"].includes(type))
    return stop(`number: 'type' is one of ${[...WHOLE_TYPES, ...DECIMAL_TYPES, "BIGDECIMAL"].join(", ")}`)
  if (typeof input !== "string") return stop(`number reads a text, not ${kindOf(input)}`)
  if (!DECIMAL.test(input)) return stop("number: the text is no number")
  if (type === "BIGDECIMAL") return new Decimal(input.replace(/^\+/, ""))
  const whole = WHOLE.test(input)
  if (type !== undefined && WHOLE_TYPES.includes(type) && !whole) return stop("number: the text is no whole number")
  return whole && (type === undefined || WHOLE_TYPES.includes(type)) ? BigInt(input.replace(/^\+/, "")) : Number(input)
}

/** Java's patterns as far as they are `#,##0.00`. */
const FORMAT = /^([^#0,.]*)([#0,]*)(?:\.([0#]+))?([^#0,.]*)$/

/** As many as Intl takes. */
const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] as const

const digitsOf = (pattern: string) => DIGITS.find((digits) => digits === pattern.replace(/[#,]/g, "").length) ?? 20

const numberText = (input: Value, format: string): string => {
  const parts = FORMAT.exec(format)
  if (parts === null) return stop("numberFormat: 'format' is a pattern such as #,##0.00")
  const [, before = "", whole = "", fraction = "", after = ""] = parts
  const number = input instanceof Decimal ? Number(input.text) : numberInput("numberFormat", input)
  const text = number.toLocaleString("en-US", {
    useGrouping: whole.includes(","),
    minimumIntegerDigits: digitsOf(whole) || 1,
    minimumFractionDigits: digitsOf(fraction),
    maximumFractionDigits: digitsOf(fraction.replaceAll("#", "0")),
    roundingMode: "halfEven"
  })
  return before + text + after
}

const className = (value: Value): string => {
  if (value === null) return stop("null has no class")
  if (typeof value === "bigint") return BigInt.asIntN(32, value) === value ? "java.lang.Integer" : "java.lang.Long"
  if (typeof value === "number") return "java.lang.Float"
  if (value instanceof Decimal) return "java.math.BigDecimal"
  if (typeof value === "boolean") return "java.lang.Boolean"
  if (typeof value === "string") return "java.lang.String"
  return isList(value) ? "java.util.ArrayList" : "java.util.LinkedHashMap"
}

const absolute = (value: Value): Value => {
  const number = numberInput("abs", value)
  return number < 0 ? -number : number
}

export const LIST_FILTERS: ReadonlyArray<Entry> = [
  entryAt("first", 0),
  entryAt("last", -1),
  filter("length", [], lengthOf),
  list("join", ["separator"], (input, args) => joined(input, args.text("separator", ""))),
  list("sort", [], (input) => [...input].sort(compare)),
  list("rsort", [], (input) => [...input].sort((left, right) => compare(right, left))),
  list("reverse", [], (input) => input.toReversed()),
  list("chunk", ["size"], (input, args) => chunked(input, args.whole("size"))),
  list("distinct", [], distinct),
  list("flatten", [], (input) => input.flatMap((item): ValueList => (isList(item) ? item : [item]))),
  filter("slice", ["fromIndex", "toIndex"], sliced),
  filter("merge", ["items"], (input, args) => merged(input, args.any("items"))),
  filter("keys", [], keysOf),
  filter("values", [], valuesOf),
  filter("abs", [], (input) => (input === null ? null : absolute(input))),
  filter("number", ["type"], (input, args) => numberOf(input, args.optionalText("type"))),
  filter("numberFormat", ["format"], (input, args) => (input === null ? null : numberText(input, args.text("format")))),
  filter("className", [], className)
]

/** Tests, as in `x is even`. */
export const TESTS: ReadonlyMap<string, (value: Value) => boolean> = new Map([
  ["null", (value: Value) => value === null],
  ["empty", isEmpty],
  ["even", (value: Value) => wholeInput("even", value) % 2n === 0n],
  ["odd", (value: Value) => wholeInput("odd", value) % 2n !== 0n],
  ["iterable", isList],
  ["map", isMap],
  ["json", (value: Value) => typeof value === "string" && isJsonText(value)]
])

const wholeInput = (test: string, value: Value): bigint =>
  typeof value === "bigint" ? value : stop(`'${test}' asks about a whole number, not ${kindOf(value)}`)

const isJsonText = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
