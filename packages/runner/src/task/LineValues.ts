/**
 * One line of a log that is exactly `::{json}::`, by which a command hands values to its driver: the
 * keys `outputs` (by name), `metrics` and `logs` (lists). Numbers keep their digits. Pure.
 */
import { VALUES_MARK } from "@podwright/file-sync"
import { isDecimal, isJson, type JsonObject, JsonObjectValue, keepDecimals, parseJson } from "@podwright/spec-builder"
import { Result, Schema } from "effect"
import { type MeasuredMetric, readMetric } from "./Metric.ts"

export const LogLevel = Schema.Literals(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"])
export type LogLevel = typeof LogLevel.Type

/** A message with a level of its own, for which a plain line has no place. */
export const LogEntry = Schema.Struct({ level: LogLevel, message: Schema.String })
export type LogEntry = typeof LogEntry.Type

/**
 * Outputs that a command printed, by name: any JSON. A whole number beyond ±(2^53 - 1) is a `bigint`,
 * every other number a `number`. `JSON.stringify` of them writes every digit, and `2.0` as `2.0`; a
 * copy has forgotten which numbers were decimals, and `JSON.stringify` refuses its `bigint`s.
 */
export const LogOutputs = JsonObjectValue
export type LogOutputs = JsonObject

/** What one line says. */
export interface LineValues {
  readonly outputs: LogOutputs
  readonly metrics: ReadonlyArray<MeasuredMetric>
  readonly logs: ReadonlyArray<LogEntry>
}

const VALUES_END = "}::"
/** How deep an output may be nested; no value that a person made is. */
const DEPTH_LIMIT = 100
const KEYS = ["outputs", "metrics", "logs"]

const decodeEntry = Schema.decodeUnknownResult(Schema.Struct({ level: Schema.String, message: Schema.String }))
const isLevel = Schema.is(LogLevel)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const readEntry = (value: unknown): Result.Result<LogEntry, string> =>
  Result.gen(function* () {
    const { level, message } = yield* Result.mapError(decodeEntry(value), ({ message: problem }) => problem)
    const upper = level.toUpperCase()
    if (!isLevel(upper)) return yield* Result.fail(`level: expected TRACE, DEBUG, INFO, WARN or ERROR, not '${level}'`)
    return { level: upper, message }
  })

const readList = <A>(
  value: unknown,
  key: string,
  read: (one: unknown) => Result.Result<A, string>,
  problems: Array<ValuesProblem>
): ReadonlyArray<A> => {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    problems.push(ofLine(`${key}: expected a list`))
    return []
  }
  return value.flatMap((one, index) => {
    const found = read(one)
    if (Result.isSuccess(found)) return [found.success]
    problems.push(ofLine(`${key}[${index}]: ${found.failure}`))
    return []
  })
}

const readOutputs = (value: unknown, problems: Array<ValuesProblem>): LogOutputs => {
  if (value === undefined || value === null) return {}
  if (!isObject(value)) {
    problems.push(ofLine("outputs: expected an object with a value for each name"))
    return {}
  }
  const outputs = Object.entries(value).flatMap(([name, one]) => {
    // Numbers beyond a double parse to infinity, and whoever walks a value of a million brackets
    // runs out of stack.
    if (isJson(one, DEPTH_LIMIT)) return [[name, one] as const]
    problems.push(ofLine(`outputs.${name}: a number beyond 1.8e308, or nested more than ${DEPTH_LIMIT} deep`))
    return []
  })
  return keepDecimals(
    Object.fromEntries(outputs),
    outputs.flatMap(([name]) => (isDecimal(value, name) ? [name] : []))
  )
}

/**
 * Whether a line is written as one that carries values. A carriage return at its end is the
 * terminal's, not the line's.
 */
const valuesText = (line: string): string | undefined => {
  const end = line.endsWith("\r") ? line.length - 1 : line.length
  return line.startsWith(VALUES_MARK) && line.endsWith(VALUES_END, end) && end >= VALUES_MARK.length + 2
    ? line.slice(2, end - 2)
    : undefined
}

/** Something that is wrong with values, in words for the person who wrote them. */
export interface ValuesProblem {
  readonly message: string
  /**
   * It says nothing about the line it was found in, so a run reports it once and not with every
   * line.
   */
  readonly once: boolean
}

export interface ReadLine {
  /** Undefined when the line has none and is a line like any other. */
  readonly values: LineValues | undefined
  readonly problems: ReadonlyArray<ValuesProblem>
}

export const ofLine = (message: string): ValuesProblem => ({ message, once: false })
export const ofRun = (message: string): ValuesProblem => ({ message, once: true })

const noValues = (...problems: ReadonlyArray<ValuesProblem>): ReadLine => ({ values: undefined, problems })

/**
 * Reads one whole line. What is valid is taken though another part of it is not; a line with
 * nothing valid, or with no key that is known here, stays a line of the log.
 */
export const readLineValues = (line: string): ReadLine => {
  const text = valuesText(line)
  if (text === undefined) return noValues()
  const parsed = Result.try({
    try: (): unknown => parseJson(text),
    catch: (error) =>
      error instanceof RangeError ? "nested too deep" : `not JSON (${error instanceof Error ? error.message : error})`
  })
  if (Result.isFailure(parsed)) return noValues(ofLine(parsed.failure))
  const given = parsed.success
  // `::{…}::` parses to an object or not at all.
  if (!isObject(given)) return noValues(ofLine("expected an object"))
  const problems: Array<ValuesProblem> = []
  const unknown = Object.keys(given).filter((key) => !KEYS.includes(key))
  if (unknown.length > 0)
    problems.push(ofRun(`unknown key ${unknown.map((key) => `'${key}'`).join(", ")}; known: ${KEYS.join(", ")}`))
  const values: LineValues = {
    outputs: readOutputs(given["outputs"], problems),
    metrics: readList(given["metrics"], "metrics", readMetric, problems),
    logs: readList(given["logs"], "logs", readEntry, problems)
  }
  const some = Object.keys(values.outputs).length + values.metrics.length + values.logs.length > 0
  return { values: some || problems.length === 0 ? values : undefined, problems }
}
