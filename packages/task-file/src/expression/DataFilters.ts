/** Filters between values and texts in JSON, YAML, jq and dates. Pure. */
import { Scalar, stringify } from "yaml"
import type { Arguments } from "./Arguments.ts"
import type { Host } from "./Host.ts"
import type { DateOptions } from "./JavaDates.ts"
import { Problem, stop } from "./Problem.ts"
import type { Filter } from "./TextFilters.ts"
import { DateTime, Decimal, fromJsonText, isList, isMap, jsonOf, type Value, type ValueList } from "./Values.ts"

type Entry = readonly [string, Filter]

/** A value as the yaml library writes it. */
const yamlValue = (value: Value): unknown => {
  if (value instanceof Decimal) return Number(value.text)
  if (value instanceof DateTime) return value.text
  if (isList(value)) return value.map(yamlValue)
  if (isMap(value)) return new Map(Array.from(value, ([key, one]) => [key, yamlValue(one)]))
  if (typeof value !== "number" || !Number.isInteger(value)) return value
  const scalar = new Scalar(value)
  scalar.minFractionDigits = 1
  return scalar
}

/** Reads a text as JSON; what is wrong is told without quoting it. */
export const readJson = (of: string, text: string): Value => {
  try {
    return fromJsonText(text)
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return stop(`${of}: the text is no JSON`)
    throw error
  }
}

/** Every value that the program gives. */
const jq = (input: Value, program: string, host: Host): ValueList => {
  const json = typeof input === "string" ? jsonOf(readJson("jq", input)) : jsonOf(input)
  try {
    const lines = host.jq.raw(json, program, ["-c"])
    return lines.split("\n").flatMap((line) => (line.trim() === "" ? [] : [fromJsonText(line)]))
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Problem || error.name === "NeedsEngine") throw error
    // jq quotes the value that it fails at.
    const compiles = /syntax error|compile error|not defined/.test(error.message)
    return stop(compiles ? "jq: the program is not valid" : "jq: the program fails on this value")
  }
}

const dateOptions = (args: Arguments): DateOptions => ({
  existingFormat: args.optionalText("existingFormat"),
  timeZone: args.optionalText("timeZone"),
  locale: args.optionalText("locale")
})

const formatted = (input: Value, args: Arguments, { dates }: Host): Value =>
  dates.formatDate(dates.dateOf(input, dateOptions(args)), args.optionalText("format"), args.optionalText("locale"))

const later = (input: Value, args: Arguments, { dates }: Host): Value => {
  const date = dates.addTo(dates.dateOf(input, dateOptions(args)), args.whole("amount"), args.text("unit"))
  return dates.formatDate(date, args.optionalText("format"), args.optionalText("locale"))
}

/** Nanoseconds of each unit. */
const timestamp = (name: string, unit: bigint): Entry => [
  name,
  {
    names: ["existingFormat", "timeZone"],
    call: (input, args, { dates }) =>
      input === null ? null : dates.dateOf(input, dateOptions(args)).epochNanoseconds / unit
  }
]

const json: Filter = { names: [], call: jsonOf }

export const DATA_FILTERS: ReadonlyArray<Entry> = [
  ["toJson", json],
  // Kestra 2 has removed this name; flows still have it.
  ["json", json],
  ["yaml", { names: [], call: (input) => stringify(yamlValue(input)) }],
  ["jq", { names: ["expression"], call: (input, args, host) => jq(input, args.text("expression"), host) }],
  [
    "jqFirst",
    { names: ["expression"], call: (input, args, host) => jq(input, args.text("expression"), host)[0] ?? null }
  ],
  [
    "date",
    {
      names: ["format", "existingFormat", "timeZone", "locale"],
      call: (input, args, host) => (input === null ? null : formatted(input, args, host))
    }
  ],
  [
    "dateAdd",
    {
      names: ["amount", "unit", "format", "existingFormat", "timeZone", "locale"],
      call: (input, args, host) => (input === null ? null : later(input, args, host))
    }
  ],
  timestamp("timestamp", 1_000_000_000n),
  timestamp("timestampMilli", 1_000_000n),
  timestamp("timestampMicro", 1000n),
  timestamp("timestampNano", 1n)
]
