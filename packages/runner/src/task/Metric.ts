/**
 * Numbers that a command measured and handed over in a line `::{"metrics":[…]}::`: how one is read,
 * and how values of one are added up. Pure.
 */
import { exactValue, isJson, keepDecimals, numberText, parseRunDuration, wholeNumber } from "@podwright/spec-builder"
import { Duration, Option, Result, Schema } from "effect"

export const MetricType = Schema.Literals(["counter", "timer", "gauge"])
export type MetricType = typeof MetricType.Type

const MetricFields = Schema.Struct({
  type: MetricType,
  name: Schema.String,
  value: Schema.Union([Schema.Finite, Schema.BigInt]),
  tags: Schema.Record(Schema.String, Schema.String)
})

/**
 * A number that a command measured; of a timer it is seconds. A whole number beyond ±(2^53 - 1) is a
 * `bigint`; `JSON.stringify` of a metric writes its digits.
 */
export interface Metric {
  readonly type: MetricType
  readonly name: string
  readonly value: number | bigint
  readonly tags: Readonly<Record<string, string>>
}
/** A metric as it is: a copy would not write its digits. */
export const Metric = Schema.declare<Metric>(Schema.is(MetricFields), { expected: "a metric" })

/** A whole number, or a decimal as a `number`. */
type Amount = bigint | number

/** A metric whose value knows whether it is whole. */
export interface MeasuredMetric extends Omit<Metric, "value"> {
  readonly amount: Amount
}

/** The metric as results and events have it. */
export const metricOf = ({ amount, name, tags, type }: MeasuredMetric): Metric => {
  const value = typeof amount === "bigint" ? wholeNumber(String(amount)) : amount
  return keepDecimals({ type, name, value, tags }, typeof amount === "bigint" ? [] : ["value"])
}

const ExactNumber = Schema.Union([Schema.Finite, Schema.BigInt])
const WrittenMetric = Schema.Struct({
  type: Schema.String,
  name: Schema.NonEmptyString,
  value: Schema.Union([ExactNumber, Schema.String]),
  tags: Schema.optionalKey(
    Schema.NullOr(Schema.Record(Schema.String, Schema.Union([Schema.String, ExactNumber, Schema.Boolean])))
  )
})
const decodeMetric = Schema.decodeUnknownResult(WrittenMetric)
const isMetricType = Schema.is(MetricType)

const WHOLE_TEXT = /^\s*[-+]?\d+\s*$/

/** A number written as text, as shells quote it. */
const amountOfText = (text: string): Amount | undefined => {
  if (WHOLE_TEXT.test(text)) return BigInt(text.trim().replace(/^\+/, ""))
  const value = text.trim() === "" ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** A number; of a timer also a duration such as PT1.5S or 90s. */
const amountOf = (type: MetricType, written: string | Amount): Amount | undefined => {
  const amount = typeof written === "string" ? amountOfText(written) : written
  if (amount !== undefined) return type === "timer" && amount < 0 ? undefined : amount
  if (type !== "timer" || typeof written !== "string") return undefined
  const seconds = Option.getOrUndefined(Option.map(parseRunDuration(written), Duration.toSeconds))
  return seconds !== undefined && Number.isSafeInteger(seconds) ? BigInt(seconds) : seconds
}

/** Reads one entry of `metrics`; a failure says what is wrong, for the person who wrote it. */
export const readMetric = (value: unknown): Result.Result<MeasuredMetric, string> =>
  Result.gen(function* () {
    if (!isJson(value)) return yield* Result.fail("a number beyond 1.8e308, or nested too deep")
    const decoded = decodeMetric(exactValue(value))
    const { name, tags, type, value: written } = yield* Result.mapError(decoded, ({ message }) => message)
    if (!isMetricType(type)) return yield* Result.fail(`type: expected counter, timer or gauge, not '${type}'`)
    const amount = amountOf(type, written)
    if (amount === undefined) {
      const expected = type === "timer" ? "seconds or a duration such as PT1.5S" : "a number"
      return yield* Result.fail(`value: expected ${expected}, not '${written}'`)
    }
    const texts = Object.entries(tags ?? {}).map(([tag, text]) => {
      const isNumber = typeof text === "number" || typeof text === "bigint"
      return [tag, isNumber ? numberText(text) : String(text)] as const
    })
    return { type, name, amount, tags: Object.fromEntries(texts) }
  })

/** What tells one metric from another: type, name and tags. */
export const metricKey = ({ name, tags, type }: MeasuredMetric): string => {
  const sorted = Object.entries(tags).sort(([left], [right]) => (left < right ? -1 : 1))
  return JSON.stringify([type, name, sorted])
}

/**
 * A metric after a further value: a gauge has the last one, the others their sum. Of two decimals
 * near the greatest the sum is infinity, which no JSON can say; then the last one stands.
 */
export const addMetric = (before: MeasuredMetric | undefined, metric: MeasuredMetric): MeasuredMetric => {
  if (before === undefined || metric.type === "gauge") return metric
  const { amount: one } = before
  const { amount: other } = metric
  if (typeof one === "bigint" && typeof other === "bigint") return { ...metric, amount: one + other }
  const sum = Number(one) + Number(other)
  return Number.isFinite(sum) ? { ...metric, amount: sum } : metric
}
