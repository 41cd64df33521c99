/**
 * Values that a command hands to its driver through its log, line by line (`LineValues.ts`). Such a
 * line is taken out of the log. Pure.
 */
import { type ReportedLines, VALUES_MARK } from "@podwright/file-sync"
import { isDecimal, type Json, jsonEntries, keepDecimals } from "@podwright/spec-builder"
import {
  type LineValues,
  type LogEntry,
  type LogOutputs,
  ofLine,
  ofRun,
  readLineValues,
  type ValuesProblem
} from "./LineValues.ts"
import { addMetric, type MeasuredMetric, type Metric, metricKey, metricOf } from "./Metric.ts"

/** The values of a line, as an event has them. */
export interface TakenValues {
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
  readonly values: TakenValues | undefined
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

/** Of a line that is wrong, as much as tells a person which one it is. */
const SHOWN = 160

const shorten = (line: string): string => (line.length <= SHOWN ? line : `${line.slice(0, SHOWN)}…`)

/** An output, with what `LogOutputs` knows of it. */
interface KeptOutput {
  readonly value: Json
  readonly isDecimal: boolean
  readonly length: number
}

/** What one run's log has handed over. Reads both streams; holds at most one line of each. */
export class LogValues {
  readonly #outputs = new Map<string, KeptOutput>()
  readonly #metrics = new Map<string, MeasuredMetric>()
  readonly #held: Record<"stdout" | "stderr", Array<ReportedLines>> = { stdout: [], stderr: [] }
  readonly #reported = new Set<string>()
  #length = 0

  /**
   * By name; the last value that a name was given. Of two streams, the one whose line was read
   * last.
   */
  get outputs(): LogOutputs {
    const outputs = Array.from(this.#outputs, ([name, { value }]) => [name, value] as const)
    const decimals = Array.from(this.#outputs).flatMap(([name, kept]) => (kept.isDecimal ? [name] : []))
    return keepDecimals(Object.fromEntries(outputs), decimals)
  }

  /**
   * One for each type, name and tags: a counter's and a timer's values added up, a gauge's last
   * one.
   */
  get metrics(): ReadonlyArray<Metric> {
    return Array.from(this.#metrics.values(), metricOf)
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
      values: values === undefined ? undefined : { ...values, metrics: values.metrics.map(metricOf) },
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
    for (const [name, text] of jsonEntries(outputs)) {
      const length = name.length + text.length
      const after = this.#length + length - (this.#outputs.get(name)?.length ?? 0)
      if (after > OUTPUTS_LIMIT) {
        problems.push(
          ofRun(`too much: outputs are kept up to ${OUTPUTS_LIMIT / 1024 / 1024} Mi characters; '${name}' is not`)
        )
        continue
      }
      this.#length = after
      this.#outputs.set(name, { value: outputs[name] ?? null, isDecimal: isDecimal(outputs, name), length })
    }
    for (const metric of metrics) {
      const key = metricKey(metric)
      const before = this.#metrics.get(key)
      if (before === undefined && this.#metrics.size >= METRICS_LIMIT) {
        problems.push(ofRun(`too much: ${METRICS_LIMIT} different metrics are kept, and no more`))
        continue
      }
      this.#metrics.set(key, addMetric(before, metric))
    }
    return problems
  }
}
