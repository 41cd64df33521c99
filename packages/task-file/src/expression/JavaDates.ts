/**
 * Dates written and read by Java's patterns, on Temporal; names of months and days are Intl's.
 * Loaded when an expression first has to do with a date. Its clock is the only thing it touches.
 */
import { Temporal } from "temporal-polyfill"
import { stop } from "./Problem.ts"
import { DateTime, kindOf, type Value } from "./Values.ts"

type Zoned = Temporal.ZonedDateTime

/** Patterns with a name. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ["iso", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"],
  ["iso_sec", "yyyy-MM-dd'T'HH:mm:ssXXX"],
  ["iso_milli", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
  ["sql", "yyyy-MM-dd HH:mm:ss.SSSSSS"],
  ["sql_seq", "yyyy-MM-dd HH:mm:ss"],
  ["iso_zoned_date_time", "yyyy-MM-dd'T'HH:mm:ssXXX'['VV']'"],
  ["iso_date_time", "yyyy-MM-dd'T'HH:mm:ssXXX'['VV']'"],
  ["iso_local_date", "yyyy-MM-dd"]
])

/** Kestra's zone is its server's; a flow has to give the same text everywhere. */
const DEFAULT_ZONE = "UTC"
const DEFAULT_LOCALE = "en-US"

const padded = (value: number, width: number): string =>
  (value < 0 ? "-" : "") + String(Math.abs(value)).padStart(width, "0")

/** The nine digits of a second's fraction. */
const fraction = (date: Zoned): string =>
  padded(date.millisecond, 3) + padded(date.microsecond, 3) + padded(date.nanosecond, 3)

const named = (date: Zoned, locale: string, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(locale, { ...options, timeZone: date.timeZoneId }).format(new Date(date.epochMilliseconds))

/** `X`, `x` and `Z`: +01, +0100, +01:00 by width. */
const offsetText = (date: Zoned, width: number, zulu: boolean): string => {
  const minutes = Math.round(date.offsetNanoseconds / 60e9)
  if (minutes === 0 && zulu) return "Z"
  const hours = padded(Math.trunc(Math.abs(minutes) / 60), 2)
  const rest = padded(Math.abs(minutes) % 60, 2)
  const whole = (minutes < 0 ? "-" : "+") + hours
  if (width === 1) return rest === "00" ? whole : whole + rest
  return width === 2 || width === 4 ? whole + rest : `${whole}:${rest}`
}

/** Java writes CET where Intl writes GMT+1, which is no name: the offset is said in its place. */
const zoneName = (date: Zoned, width: number, locale: string): string => {
  if (date.timeZoneId === "UTC") return "UTC"
  const parts = new Intl.DateTimeFormat(locale, {
    timeZone: date.timeZoneId,
    timeZoneName: width < 4 ? "short" : "long"
  }).formatToParts(new Date(date.epochMilliseconds))
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? offsetText(date, 3, true)
}

const textWidth = (width: number): "short" | "long" | "narrow" =>
  width <= 3 ? "short" : width === 4 ? "long" : "narrow"

type Write = (date: Zoned, width: number, locale: string) => string

const year: Write = (date, width) => (width === 2 ? padded(date.year % 100, 2) : padded(date.year, width))
const month: Write = (date, width, locale) =>
  width <= 2 ? padded(date.month, width) : named(date, locale, { month: textWidth(width) })

/** Java's letters. */
const LETTERS: ReadonlyMap<string, Write> = new Map<string, Write>([
  ["y", year],
  ["u", year],
  ["Y", (date, width) => padded(date.yearOfWeek ?? date.year, width)],
  ["w", (date, width) => padded(date.weekOfYear ?? 0, width)],
  ["M", month],
  ["L", month],
  ["d", (date, width) => padded(date.day, width)],
  ["D", (date, width) => padded(date.dayOfYear, width)],
  ["E", (date, width, locale) => named(date, locale, { weekday: textWidth(width) })],
  ["e", (date, width) => padded((date.dayOfWeek % 7) + 1, width)],
  ["Q", (date, width) => padded(Math.ceil(date.month / 3), width)],
  ["H", (date, width) => padded(date.hour, width)],
  ["k", (date, width) => padded(date.hour === 0 ? 24 : date.hour, width)],
  ["h", (date, width) => padded(date.hour % 12 === 0 ? 12 : date.hour % 12, width)],
  ["K", (date, width) => padded(date.hour % 12, width)],
  ["m", (date, width) => padded(date.minute, width)],
  ["s", (date, width) => padded(date.second, width)],
  ["S", (date, width) => fraction(date).padEnd(width, "0").slice(0, width)],
  ["n", (date, width) => padded(Number(fraction(date)), width)],
  ["a", (date) => (date.hour < 12 ? "AM" : "PM")],
  ["X", (date, width) => offsetText(date, width, true)],
  ["x", (date, width) => offsetText(date, width, false)],
  ["Z", (date, width) => (width < 4 ? offsetText(date, 2, false) : `GMT${offsetText(date, 3, false)}`)],
  ["V", (date) => date.timeZoneId],
  ["z", zoneName]
])

type Part = { readonly text: string } | { readonly letter: string; readonly width: number }

const PART = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/g

/** Longer than any that is meant; a part takes a look into the locale's names. */
const LONGEST_PATTERN = 200

const partsOf = (pattern: string): ReadonlyArray<Part> =>
  pattern.length > LONGEST_PATTERN
    ? stop(`a date pattern has at most ${LONGEST_PATTERN} letters`)
    : Array.from((NAMED.get(pattern) ?? pattern).matchAll(PART), ([all, quoted, letter]): Part => {
        if (quoted !== undefined) return { text: quoted === "" ? "'" : quoted.replaceAll("''", "'") }
        return letter === undefined ? { text: all } : { letter, width: all.length }
      })

/** Writes a date by a pattern. */
export const formatDate = (date: Zoned, pattern = "iso", locale = DEFAULT_LOCALE): string =>
  partsOf(pattern)
    .map((part) => {
      if ("text" in part) return part.text
      const write = LETTERS.get(part.letter)
      if (write === undefined) return stop(`there is no date letter '${part.letter}'; put text between single quotes`)
      return checked(locale, () => write(date, part.width, locale))
    })
    .join("")

const checked = <A>(locale: string, step: () => A): A => {
  try {
    return step()
  } catch (error) {
    if (error instanceof RangeError) return stop(`there is no locale '${locale.slice(0, 40)}'`)
    throw error
  }
}

const dateTime = (zoned: Zoned): DateTime => new DateTime(zoned, formatDate(zoned))

const ESCAPED = /[.*+?^${}()|[\]\\]/g

/** What a letter reads, as much as it can and never less, so that no text takes long. */
const readPattern = ({ letter, width }: { readonly letter: string; readonly width: number }): string => {
  if ((letter === "M" && width > 2) || letter === "E") return "(\\p{L}+\\.?)"
  if (letter === "a") return "(AM|PM|am|pm)"
  if ("XxZ".includes(letter)) return "(Z|[+-]\\d\\d(?::?\\d\\d)?)"
  if (letter === "V" || letter === "z") return "([\\w/+-]+)"
  return width > 1 ? `(\\d{${width}})` : "(\\d{1,9})"
}

const monthOf = (name: string, width: number, locale: string): number => {
  const style = width === 3 ? "short" : "long"
  const format = new Intl.DateTimeFormat(locale, { month: style, timeZone: "UTC" })
  const names = Array.from({ length: 12 }, (_one, index) => format.format(Date.UTC(2024, index, 1)).toLowerCase())
  return names.indexOf(name.toLowerCase()) + 1
}

const withColon = (offset: string): string => {
  if (offset === "Z") return "UTC"
  if (offset.length === 3) return `${offset}:00`
  return offset.includes(":") ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`
}

/** JavaScript has no atomic groups; what looks ahead is one. */
const atomic = (group: string, index: number): string => `(?=${group})\\${index + 1}`

/** Reads a text by a pattern; undefined where it is no such date. */
const readBy = (text: string, pattern: string, zone: string, locale: string): Zoned | undefined => {
  const parts = partsOf(pattern)
  const letters = parts.flatMap((part) => ("letter" in part ? [part] : []))
  const source = parts
    .map((part) =>
      "text" in part ? part.text.replace(ESCAPED, "\\$&") : atomic(readPattern(part), letters.indexOf(part))
    )
    .join("")
  const match = new RegExp(`^${source}$`, "u").exec(text)
  if (match === null) return undefined
  const found = new Map(letters.map(({ letter }, index) => [letter, match[index + 1] ?? ""]))
  const number = (letter: string, otherwise: number) => Number(found.get(letter) ?? otherwise)
  const monthLetter = letters.find(({ letter }) => letter === "M")
  const monthText = found.get("M") ?? "1"
  const half = number("h", 0) % 12
  const hour = found.has("h") ? half + (/pm/i.test(found.get("a") ?? "") ? 12 : 0) : number("H", 0)
  const digits = (found.get("S") ?? "").padEnd(9, "0")
  const written = found.get("y") ?? found.get("u") ?? "1970"
  const offset = found.get("X") ?? found.get("x") ?? found.get("Z")
  const local = Temporal.PlainDateTime.from(
    {
      year: written.length === 2 ? 2000 + Number(written) : Number(written),
      month: (monthLetter?.width ?? 0) > 2 ? monthOf(monthText, monthLetter?.width ?? 0, locale) : Number(monthText),
      day: number("d", 1),
      hour,
      minute: number("m", 0),
      second: number("s", 0),
      millisecond: Number(digits.slice(0, 3)),
      microsecond: Number(digits.slice(3, 6)),
      nanosecond: Number(digits.slice(6))
    },
    { overflow: "reject" }
  )
  return local.toZonedDateTime(found.get("V") ?? (offset === undefined ? zone : withColon(offset)))
}

/** ISO 8601 with a zone, with an offset, without either, and a day alone. */
const ISO: ReadonlyArray<(text: string, zone: string) => Zoned> = [
  (text) => Temporal.ZonedDateTime.from(text),
  (text) => Temporal.Instant.from(text).toZonedDateTimeISO("UTC"),
  (text, zone) => Temporal.PlainDateTime.from(text, { overflow: "reject" }).toZonedDateTime(zone)
]

const attempt = (read: () => Zoned | undefined): Zoned | undefined => {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** How a date is read and where it is meant. */
export interface DateOptions {
  readonly existingFormat?: string | undefined
  readonly timeZone?: string | undefined
  readonly locale?: string | undefined
}

const inZone = (date: Zoned, zone: string): Zoned =>
  attempt(() => date.withTimeZone(zone)) ?? stop(`there is no time zone '${zone.slice(0, 40)}'`)

/** A value as a date: a date, epoch milliseconds, or a text by its format or ISO 8601. */
export const dateOf = (value: Value, options: DateOptions = {}): Zoned => {
  const { existingFormat, locale = DEFAULT_LOCALE, timeZone = DEFAULT_ZONE } = options
  if (value instanceof DateTime) return inZone(value.zoned, timeZone)
  if (typeof value === "bigint" || typeof value === "number") {
    const milliseconds = Number(value)
    const date = attempt(() => Temporal.Instant.fromEpochMilliseconds(milliseconds).toZonedDateTimeISO("UTC"))
    return inZone(date ?? stop("the number is no date: epoch milliseconds are"), timeZone)
  }
  if (typeof value !== "string") return stop(`a date is a text or a number of milliseconds, not ${kindOf(value)}`)
  if (existingFormat !== undefined) {
    const date = attempt(() => readBy(value, existingFormat, timeZone, locale))
    return inZone(date ?? stop("the text is no date of its existingFormat"), timeZone)
  }
  for (const read of ISO) {
    const date = attempt(() => read(value, timeZone))
    if (date !== undefined) return inZone(date, timeZone)
  }
  return stop("the text is no date: ISO 8601 is one, another needs existingFormat='…'")
}

/** This moment. */
export const currentDate = (zone = DEFAULT_ZONE): DateTime =>
  dateTime(inZone(Temporal.Now.zonedDateTimeISO("UTC"), zone))

const UNITS = ["YEARS", "MONTHS", "WEEKS", "DAYS", "HOURS", "MINUTES", "SECONDS"]

/** A date, later by so many of a unit. */
export const addTo = (date: Zoned, amount: number, unit: string): Zoned => {
  if (!UNITS.includes(unit)) return stop(`there is no such unit; units are ${UNITS.join(", ")}`)
  return attempt(() => date.add({ [unit.toLowerCase()]: amount })) ?? stop("the date is beyond what can be told")
}
