/**
 * Values that a command hands to its driver through its log: a line that is exactly `::{json}::`,
 * on stdout or stderr, with the keys `outputs` (by name), `metrics` and `logs` (lists). Such a line
 * is taken out of the log. Pure.
 */
import { type ReportedLines, VALUES_MARK } from "@podwright/file-sync"
import { parseRunDuration } from "@podwright/spec-builder"
import { Duration, Option, Result, Schema } from "effect"

export const MetricType = Schema.Literals(["counter", "timer", "gauge"])
export type MetricType = typeof MetricType.Type

/** A number that a command measured; of a timer it is seconds. */
export const Metric = Schema.Struct({
  type: MetricType,
  name: Schema.String,
  value: Schema.Finite,
  tags: Schema.Record(Schema.String, Schema.String)
})
export type Metric = typeof Metric.Type

export const LogLevel = Schema.Literals(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"])
export type LogLevel = typeof LogLevel.Type

/** A message with a level of its own, for which a plain line has no place. */
export const LogEntry = Schema.Struct({ level: LogLevel, message: Schema.String })
export type LogEntry = typeof LogEntry.Type

/** Outputs that a command printed, by name: any JSON. */
export const LogOutputs = Schema.Record(Schema.String, Schema.Json)
export type LogOutputs = typeof LogOutputs.Type

/** What one line says. */
export interface LineValues {
  readonly outputs: LogOutputs
  readonly metrics: ReadonlyArray<Metric>
  readonly logs: ReadonlyArray<LogEntry>
}

/**
 * What became of lines: told as lines, or taken as values, or held until the rest of the line has
 * come (both absent).
 */
export interface TakenLines {
  readonly lines: ReadonlyArray<ReportedLines>
  readonly values: LineValues | undefined
  /** What is wrong with the values, in words for the person who wrote them. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * The longest line that is read as values, in characters: what comes in more pieces is data, and is
 * held by nobody.
 */
export const VALUES_LINE_LIMIT = 4 * 1024 * 1024
/**
 * All outputs of a run together, in characters of their JSON: they are held in memory, and go into
 * events and results.
 */
export const OUTPUTS_LIMIT = 16 * 1024 * 1024
/**
 * Metrics of a run that differ in name or tags; each further value of one of them costs nothing.
 */
export const METRICS_LIMIT = 10_000

const VALUES_END = "}::"
/** How deep an output may be nested; no value that a person made is. */
const DEPTH_LIMIT = 100
/** Of a line that is wrong, as much as tells a person which one it is. */
const SHOWN = 160
const KEYS = ["outputs", "metrics", "logs"]

const shorten = (line: string): string => (line.length <= SHOWN ? line : `${line.slice(0, SHOWN)}…`)

const Scalar = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean])
const WrittenMetric = Schema.Struct({
  type: Schema.String,
  name: Schema.NonEmptyString,
  value: Schema.Union([Schema.Finite, Schema.String]),
  tags: Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Scalar)))
})
const decodeMetric = Schema.decodeUnknownResult(WrittenMetric)
const isMetricType = Schema.is(MetricType)
const decodeEntry = Schema.decodeUnknownResult(Schema.Struct({ level: Schema.String, message: Schema.String }))
const isLevel = Schema.is(LogLevel)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * A number, also when it is written as text, as shells quote it; of a timer also a duration such as
 * PT1.5S or 90s.
 */
const amount = (type: MetricType, written: string | number): number | undefined => {
  const number = typeof written === "string" && written.trim() === "" ? Number.NaN : Number(written)
  if (Number.isFinite(number)) return type === "timer" && number < 0 ? undefined : number
  if (type !== "timer" || typeof written === "number") return undefined
  return Option.getOrUndefined(Option.map(parseRunDuration(written), Duration.toSeconds))
}

/**
 * Whether a parsed value can go into results and be written again: numbers beyond a double parse to
 * infinity, and whoever walks a value of a million brackets runs out of stack.
 */
const isPlain = (value: unknown, room = DEPTH_LIMIT): value is Schema.Json => {
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object" || value === null) return true
  return room > 0 && Object.values(value).every((inner) => isPlain(inner, room - 1))
}

const readMetric = (value: unknown): Result.Result<Metric, string> =>
  Result.gen(function* () {
    const { name, tags, type, value: written } = yield* Result.mapError(decodeMetric(value), ({ message }) => message)
    if (!isMetricType(type)) return yield* Result.fail(`type: expected counter, timer or gauge, not '${type}'`)
    const found = amount(type, written)
    if (found === undefined) {
      const expected = type === "timer" ? "seconds or a duration such as PT1.5S" : "a number"
      return yield* Result.fail(`value: expected ${expected}, not '${written}'`)
    }
    const texts = Object.entries(tags ?? {}).map(([tag, text]) => [tag, String(text)] as const)
    return { type, name, value: found, tags: Object.fromEntries(texts) }
  })

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
  const plain = Object.entries(value).filter((entry): entry is [string, Schema.Json] => {
    if (isPlain(entry[1])) return true
    problems.push(ofLine(`outputs.${entry[0]}: a number beyond 1.8e308, or nested more than ${DEPTH_LIMIT} deep`))
    return false
  })
  return Object.fromEntries(plain)
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

const ofLine = (message: string): ValuesProblem => ({ message, once: false })
const ofRun = (message: string): ValuesProblem => ({ message, once: true })

const noValues = (...problems: ReadonlyArray<ValuesProblem>): ReadLine => ({ values: undefined, problems })

/**
 * Reads one whole line. What is valid is taken though another part of it is not; a line with
 * nothing valid, or with no key that is known here, stays a line of the log.
 */
export const readLineValues = (line: string): ReadLine => {
  const text = valuesText(line)
  if (text === undefined) return noValues()
  const parsed = Result.try({
    try: (): unknown => JSON.parse(text),
    catch: (error) => (error instanceof Error ? error.message : String(error))
  })
  if (Result.isFailure(parsed)) return noValues(ofLine(`not JSON (${parsed.failure})`))
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

/** What one run's log has handed over. Reads both streams; holds at most one line of each. */
export class LogValues {
  readonly #outputs = new Map<string, { readonly value: Schema.Json; readonly length: number }>()
  readonly #metrics = new Map<string, Metric>()
  readonly #held: Record<"stdout" | "stderr", Array<ReportedLines>> = { stdout: [], stderr: [] }
  readonly #reported = new Set<string>()
  #length = 0

  /**
   * By name; the last value that a name was given. Of two streams, the one whose line was read
   * last.
   */
  get outputs(): LogOutputs {
    return Object.fromEntries(Array.from(this.#outputs, ([name, { value }]) => [name, value]))
  }

  /**
   * One for each type, name and tags: a counter's and a timer's values added up, a gauge's last
   * one.
   */
  get metrics(): ReadonlyArray<Metric> {
    return [...this.#metrics.values()]
  }

  /**
   * Takes lines as their source tells them: one that carries values comes alone, or alone in
   * pieces.
   */
  take(event: ReportedLines): TakenLines {
    const { ending, lines, stream } = event
    const [first = ""] = lines
    const held = this.#held[stream]
    if (held.length === 0 && (lines.length !== 1 || !first.startsWith(VALUES_MARK)))
      return { lines: [event], values: undefined, warnings: [] }
    const pieces = [...held, event]
    const length = pieces.reduce((sum, piece) => sum + (piece.lines[0]?.length ?? 0), 0)
    if (ending === "continues" && length <= VALUES_LINE_LIMIT) {
      this.#held[stream] = pieces
      return { lines: [], values: undefined, warnings: [] }
    }
    this.#held[stream] = []
    if (ending === "continues") {
      const megabytes = VALUES_LINE_LIMIT / 1024 / 1024
      return {
        lines: pieces,
        values: undefined,
        warnings: this.#warnings([ofLine(`longer than ${megabytes} Mi characters`)], first)
      }
    }
    const line = pieces.map((piece) => piece.lines[0] ?? "").join("")
    const { problems, values } = readLineValues(line)
    const kept = values === undefined ? [] : this.#keep(values)
    return {
      lines: values === undefined ? pieces : [],
      values,
      warnings: this.#warnings([...problems, ...kept], line)
    }
  }

  /** Lines of which the rest will not come. */
  release(): ReadonlyArray<ReportedLines> {
    const { stderr, stdout } = this.#held
    this.#held.stdout = []
    this.#held.stderr = []
    return [...stdout, ...stderr]
  }

  #warnings(problems: ReadonlyArray<ValuesProblem>, line: string): ReadonlyArray<string> {
    return problems.flatMap(({ message, once }) => {
      if (once && this.#reported.has(message)) return []
      if (once) this.#reported.add(message)
      return [`values in the log: ${message}: ${shorten(line)}`]
    })
  }

  #keep({ metrics, outputs }: LineValues): ReadonlyArray<ValuesProblem> {
    const problems: Array<ValuesProblem> = []
    for (const [name, value] of Object.entries(outputs)) {
      const length = name.length + JSON.stringify(value).length
      const after = this.#length + length - (this.#outputs.get(name)?.length ?? 0)
      if (after > OUTPUTS_LIMIT) {
        problems.push(
          ofRun(`too much: outputs are kept up to ${OUTPUTS_LIMIT / 1024 / 1024} Mi characters; '${name}' is not`)
        )
        continue
      }
      this.#length = after
      this.#outputs.set(name, { value, length })
    }
    for (const metric of metrics) {
      const tags = Object.entries(metric.tags).sort(([left], [right]) => (left < right ? -1 : 1))
      const key = JSON.stringify([metric.type, metric.name, tags])
      const before = this.#metrics.get(key)
      if (before === undefined && this.#metrics.size >= METRICS_LIMIT) {
        problems.push(ofRun(`too much: ${METRICS_LIMIT} different metrics are kept, and no more`))
        continue
      }
      const value = before === undefined || metric.type === "gauge" ? metric.value : before.value + metric.value
      // Of two numbers near the greatest the sum is infinity, which no JSON can say.
      this.#metrics.set(key, { ...metric, value: Number.isFinite(value) ? value : metric.value })
    }
    return problems
  }
}
