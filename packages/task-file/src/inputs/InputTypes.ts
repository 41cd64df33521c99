/**
 * How a value given as text is read, for each type of input: one table. What is read is what
 * expressions get; what else a value must be is decided in `InputLimits.ts`. Pure but for FILE, whose
 * relative paths lead from the process's folder.
 */
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import {
  isDecimal,
  isJson,
  type Json,
  jsonText,
  keepDecimals,
  numberText,
  parseJson,
  parseRunDuration,
  pathProblem,
  wholeNumber
} from "@podwright/spec-builder"
import { Option, Result } from "effect"
import { messageOf } from "../TaskFileError.ts"
import { YamlDocument } from "../YamlDocument.ts"
import type { InputDeclaration, InputType } from "./InputDeclaration.ts"

type Read = Result.Result<Json, string>
type Reader = (text: string, input: Pick<InputDeclaration, "limits">) => Read

const FILE_URI = /^(file|https?):/
const WHOLE = /^[-+]?\d+$/
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?$/
const ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/
const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/

/** A text that is taken as it is where it is right. */
const checked =
  (isRight: (text: string) => boolean, expected: string): Reader =>
  (text) =>
    isRight(text) ? Result.succeed(text) : Result.fail(`expected ${expected}`)

/** Whether there is such a day: `2026-02-30` is none. */
const isDay = (text: string): boolean => {
  const [, year, month, day] = DATE.exec(text) ?? []
  if (year === undefined || month === undefined || day === undefined) return false
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

const anyText: Reader = (text) => Result.succeed(text)
const bool = (text: string): Read =>
  text === "true" || text === "false" ? Result.succeed(text === "true") : Result.fail("expected true or false")

const json: Reader = (text) =>
  Result.try({
    try: () => parseJson(text),
    // The parser's own words quote the text.
    catch: (error) => `expected JSON; it is not well-formed${/ at position \d+/.exec(messageOf(error))?.[0] ?? ""}`
  })

const yaml: Reader = (text) =>
  Result.flatMap(
    // The parser's own words may quote the text.
    Result.mapError(
      YamlDocument.parse(text, "input"),
      ({ issues: [{ column, line }] }) => `expected YAML; it is not well-formed at line ${line}, column ${column}`
    ),
    ({ value }) => (isJson(value) ? Result.succeed(value) : Result.fail("expected YAML with values that JSON has"))
  )

/** A list in JSON, each of its items read as a value of the item's type. */
const list =
  (expected: string): Reader =>
  (text, { limits }) =>
    Result.gen(function* () {
      const parsed = yield* json(text, { limits })
      if (!Array.isArray(parsed)) return yield* Result.fail(`expected ${expected}`)
      const type = limits.itemType ?? "STRING"
      const items: Array<Json> = []
      for (const [index, item] of parsed.entries()) {
        const isNumber = typeof item === "number" && isDecimal(parsed, String(index))
        const written = typeof item === "string" ? item : isNumber ? numberText(item) : jsonText(item)
        const read = type === "JSON" ? Result.succeed(item) : INPUT_TYPES[type](written, { limits: {} })
        items.push(yield* Result.mapError(read, (problem) => `item ${index + 1}: ${problem}`))
      }
      return keepDecimals(
        items,
        items.flatMap((_, index) => (type === "FLOAT" || isDecimal(parsed, String(index)) ? [String(index)] : []))
      )
    })

/** How a text is read as a value of each type; a failure says what is expected, without the text. */
export const INPUT_TYPES: Readonly<Record<InputType, Reader>> = {
  STRING: anyText,
  SELECT: anyText,
  ENUM: anyText,
  SECRET: anyText,
  INT: (text) =>
    WHOLE.test(text) ? Result.succeed(wholeNumber(text.replace(/^\+/, ""))) : Result.fail("expected a whole number"),
  FLOAT: (text) =>
    text.trim() !== "" && Number.isFinite(Number(text))
      ? Result.succeed(Number(text))
      : Result.fail("expected a number"),
  BOOLEAN: bool,
  BOOL: bool,
  DATETIME: checked(
    (text) =>
      ZONE.test(text) && isDay(text.slice(0, 10)) && TIME.test(text.slice(11).replace(/(Z|[+-]\d\d:?\d\d)$/, "")),
    "a date and time with its zone such as 2026-01-31T12:00:00Z"
  ),
  DATE: checked(isDay, "a date such as 2026-01-31"),
  TIME: checked((text) => TIME.test(text), "a time of day such as 12:30 or 12:30:00"),
  DURATION: checked((text) => Option.isSome(parseRunDuration(text)), "a duration such as PT1H30M, 90s or 1h30m"),
  FILE: (text) => {
    // An empty path would be the current folder; most likely a variable is not set.
    if (text.trim() === "") return Result.fail("expected a path or a URL")
    const problem = pathProblem(text)
    if (problem !== undefined) return Result.fail(problem)
    return Result.succeed(FILE_URI.test(text) ? text : pathToFileURL(resolve(text)).href)
  },
  JSON: json,
  YAML: yaml,
  URI: checked((text) => URL.canParse(text), "a URI"),
  ARRAY: list('a list in JSON such as ["a", "b"]'),
  MULTISELECT: list('a list in JSON such as ["a", "b"]'),
  EMAIL: checked((text) => EMAIL.test(text), "an email address")
}
