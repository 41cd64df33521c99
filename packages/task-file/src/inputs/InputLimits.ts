/** What a value of an input must be besides of its type: choices, bounds, patterns. Pure. */
import { type Json, parseRunDuration, shownValue } from "@podwright/spec-builder"
import { Duration, Option, Result } from "effect"
import type { InputDeclaration, InputLimits } from "./InputDeclaration.ts"

/** What is wrong with a value, or with the limit itself, which stands at `key`. */
export interface LimitProblem {
  readonly message: string
  readonly key?: keyof InputLimits
}

const expected = (message: string): LimitProblem => ({ message: `expected ${message}` })
const wrong = (key: keyof InputLimits, message: string): LimitProblem => ({ key, message: `${key}: ${message}` })

/** Whole numbers are compared as such: a double has not all their digits. */
type Measure = bigint | number

const measureNumber = (value: Json | undefined): Measure | undefined => {
  if (typeof value === "bigint" || typeof value === "number") return value
  if (typeof value !== "string" || value.trim() === "") return undefined
  const number = /^[-+]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, "")) : Number(value)
  return typeof number === "bigint" || Number.isFinite(number) ? number : undefined
}

const measureDuration = (value: Json | undefined): Measure | undefined =>
  typeof value === "string"
    ? Option.getOrUndefined(Option.map(parseRunDuration(value), (length) => Duration.toMillis(length)))
    : undefined

/** Nanoseconds since midnight. */
const measureTime = (value: Json | undefined): Measure | undefined => {
  const [, hours, minutes, seconds = "0", fraction = ""] =
    /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?$/.exec(typeof value === "string" ? value : "") ?? []
  if (hours === undefined || minutes === undefined) return undefined
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1e9 + Number(fraction.padEnd(9, "0"))
}

const measureMoment = (value: Json | undefined): Measure | undefined => {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** By type: how values and bounds are measured, and the keys that bound them. */
const MEASURES: Readonly<
  Partial<
    Record<
      InputDeclaration["type"],
      readonly [measure: (value: Json | undefined) => Measure | undefined, low: "min" | "after", high: "max" | "before"]
    >
  >
> = {
  INT: [measureNumber, "min", "max"],
  FLOAT: [measureNumber, "min", "max"],
  DURATION: [measureDuration, "min", "max"],
  DATE: [measureMoment, "after", "before"],
  DATETIME: [measureMoment, "after", "before"],
  TIME: [measureTime, "after", "before"]
}

const WORDS = { min: "at least", max: "at most", after: "no earlier than", before: "no later than" } as const

const bound = ({ limits, type }: InputDeclaration, value: Json): ReadonlyArray<LimitProblem> => {
  const [measure, ...keys] = MEASURES[type] ?? []
  if (measure === undefined) return []
  const measured = measure(value)
  return keys.flatMap((key) => {
    const limit = limits[key]
    if (limit === undefined) return []
    const measuredLimit = measure(limit)
    if (measuredLimit === undefined)
      return [wrong(key, `expected a value of type ${type}, not '${shownValue(String(limit))}'`)]
    if (measured === undefined) return []
    const isWithin = key === "min" || key === "after" ? measured >= measuredLimit : measured <= measuredLimit
    return isWithin ? [] : [expected(`${WORDS[key]} ${limit}`)]
  })
}

/** Java's way to ask for no difference between upper and lower case. */
const FLAG = /^\(\?i\)/

const pattern = ({ limits: { validator } }: InputDeclaration, value: Json): ReadonlyArray<LimitProblem> => {
  if (validator === undefined || typeof value !== "string") return []
  const compiled = Result.try(
    () => new RegExp(`^(?:${validator.replace(FLAG, "")})$`, FLAG.test(validator) ? "isu" : "su")
  )
  if (Result.isFailure(compiled)) return [wrong("validator", "expected a regular expression that JavaScript knows")]
  return compiled.success.test(value) ? [] : [expected(`a text that '${validator}' matches`)]
}

/** Choices that a message shows: enough to choose from, and few enough to read. */
const SHOWN_CHOICES = 20

const choice = (
  { limits: { allowCustomValue = false } }: InputDeclaration,
  value: Json,
  choices: ReadonlyArray<string> | undefined
): ReadonlyArray<LimitProblem> => {
  if (choices === undefined || allowCustomValue) return []
  const chosen = Array.isArray(value) ? value : [value]
  if (chosen.every((one: Json) => choices.includes(String(one)))) return []
  const shown = choices.slice(0, SHOWN_CHOICES).join(", ")
  const more = choices.length > SHOWN_CHOICES ? ` and ${choices.length - SHOWN_CHOICES} more` : ""
  return [expected(`${Array.isArray(value) ? "some of" : "one of"} ${shown}${more}`)]
}

/** Endings that are accepted; undefined where any is, or where media types say what is. */
const endings = ({ accept, allowedFileExtensions }: InputLimits): ReadonlyArray<string> | undefined => {
  const given = allowedFileExtensions ?? (typeof accept === "string" ? accept.split(",") : accept)
  const all = (given ?? []).map((one) => one.trim().toLowerCase()).filter((one) => one !== "")
  return all.length === 0 || all.some((one) => one.includes("/")) ? undefined : all
}

const ending = ({ limits }: InputDeclaration, value: Json): ReadonlyArray<LimitProblem> => {
  const accepted = endings(limits)
  if (accepted === undefined || typeof value !== "string") return []
  const { pathname } = new URL(value)
  return accepted.some((one) => pathname.toLowerCase().endsWith(one))
    ? []
    : [expected(`a file whose name ends in ${accepted.join(" or ")}`)]
}

/**
 * Everything that is wrong with a value that was read by its type. `choices` are those of `values`,
 * or of `expression`.
 */
export const limitProblems = (
  input: InputDeclaration,
  value: Json,
  choices: ReadonlyArray<string> | undefined
): ReadonlyArray<LimitProblem> => {
  switch (input.type) {
    case "SELECT":
    case "ENUM":
    case "MULTISELECT":
      if (choices === undefined && input.limits.allowCustomValue !== true)
        return [
          { key: "values", message: `an input of type ${input.type} needs values, the list of what can be chosen` }
        ]
      return choice(input, value, choices)
    case "FILE":
      return ending(input, value)
    case "STRING":
    case "SECRET":
      return pattern(input, value)
    default:
      return bound(input, value)
  }
}
