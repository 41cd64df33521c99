/**
 * Lengths of time as people write them in a task file: ISO 8601 (`PT1H30M`, `P1DT2H`) or Go's form
 * (`90s`, `1h30m`, `1.5h`). Both decode to an Effect `Duration`.
 */

import { Duration, Option, Schema, SchemaGetter } from "effect"
import { shownValue } from "../error/PathText.ts"

/**
 * Milliseconds per unit of Go's `time.ParseDuration`, without the units below a millisecond that no
 * clock here can keep.
 */
const GO_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }

const GO_FORM = /^(?:(?:\d+(?:\.\d+)?|\.\d+)(?:ms|s|m|h))+$/
const GO_PART = /(\d+(?:\.\d+)?|\.\d+)(ms|s|m|h)/g

/** ISO 8601 durations start with P, in either case, as `java.time.Duration.parse` takes them. */
const ISO_START = /^[pP]/

/**
 * Reads one length of time. `None` for anything else: negative lengths, years and months (they have
 * no fixed length), and numbers without a unit other than `0`.
 */
export const parseRunDuration = (text: string): Option.Option<Duration.Duration> => {
  const trimmed = text.trim()
  if (trimmed === "0") return Option.some(Duration.zero)
  if (ISO_START.test(trimmed)) return Duration.fromIso(trimmed.toUpperCase())
  if (!GO_FORM.test(trimmed)) return Option.none()
  let millis = 0
  for (const [, amount, unit] of trimmed.matchAll(GO_PART)) millis += Number(amount) * (GO_UNITS[unit ?? ""] ?? 0)
  return Option.some(Duration.millis(Math.round(millis)))
}

/** What a reader without this code can check: Go's form, or ISO 8601 without years and months. */
const PATTERN = "^\\s*(0|([0-9]*\\.?[0-9]+(ms|s|m|h))+|[pP]([0-9.,]+[wWdD])*([tT]([0-9.,]+[hHmMsS])+)?)\\s*$"

const readable = (text: string): boolean => Option.isSome(Option.filter(parseRunDuration(text), isCountable))
const isCountable = (duration: Duration.Duration): boolean =>
  Duration.isFinite(duration) && Duration.toMillis(duration) >= 0

/** Decodes either form; encodes to ISO 8601. */
export const RunDuration = Schema.String.pipe(
  Schema.check(
    Schema.makeFilter(
      (text: string) =>
        readable(text) ? undefined : `expected a duration such as PT1H30M, 90s or 1h30m, not '${shownValue(text)}'`,
      { toJsonSchema: () => [{ pattern: PATTERN }, true] }
    )
  ),
  Schema.decodeTo(Schema.Duration, {
    decode: SchemaGetter.transform((text: string) => Option.getOrElse(parseRunDuration(text), () => Duration.zero)),
    encode: SchemaGetter.transform((duration: Duration.Duration) => `PT${Duration.toMillis(duration) / 1_000}S`)
  })
)
