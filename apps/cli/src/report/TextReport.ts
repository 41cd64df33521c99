/**
 * How a run looks to a person: the task's own lines untouched, ours told apart by a prefix. Pure:
 * an event gives the text for stdout or stderr.
 */
import type { RunEvent } from "@podwright/runner"
import { escapeText, isDecimal, jsonEntries, numberText, type SpecError } from "@podwright/spec-builder"
import type { FileRunError } from "./JsonReport.ts"

/** Marks our lines on stderr; the task's lines have none. */
export const PREFIX = "podwright: "

export interface Report {
  readonly to: "stdout" | "stderr"
  readonly text: string
}

/**
 * Lines on a terminal, each whole: names, values and servers' words in it neither end it nor reach
 * the terminal as controls. Everything that podwright says of its own passes through here.
 */
export const safeLines = (lines: ReadonlyArray<string>): string => lines.map((line) => `${escapeText(line)}\n`).join("")

const ours = (lines: ReadonlyArray<string>): Report => ({
  to: "stderr",
  text: safeLines(lines.map((line) => `${PREFIX}${line}`))
})

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`

const describeGap = ({ after, before, cause }: Extract<RunEvent, { readonly _tag: "LogGap" }>): string => {
  if (cause === "unread") return "the log's end was not read within waitForLogs; lines may be missing"
  const place = `between ${after ?? "the log's beginning"} and ${before ?? "the log's end"}`
  return `lines of the log may be missing ${place}: the node rotated its file before it was read; logs: volume loses none`
}

/** Of an output, as much as a line of a terminal takes. */
const SHOWN = 200

const describeValues = ({ logs, metrics, outputs }: Extract<RunEvent, { readonly _tag: "Values" }>) => {
  const values = jsonEntries(outputs).map(([name, text]) => {
    return `output ${name} = ${text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text}`
  })
  const measured = metrics.map((metric) => {
    const { name, tags, type } = metric
    const value = numberText(isDecimal(metric, "value") ? metric.value : BigInt(metric.value))
    const more = Object.entries(tags).map(([tag, text]) => `, ${tag}: ${text}`)
    return `metric ${name} = ${value}${type === "timer" ? " s" : ""} (${type}${more.join("")})`
  })
  const said = [...values, ...measured, ...logs.map(({ level, message }) => `${level} ${message}`)]
  return said.length === 0 ? undefined : ours(said)
}

/** In the largest unit that it has one of. */
export const describeAge = (ms: number): string => {
  const units = [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000]
  ] as const
  for (const [unit, length] of units) if (ms >= length) return `${(ms / length).toFixed(1)} ${unit}`
  return `${(ms / 1000).toFixed(1)} s`
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)

/** What to print for an event, if anything. */
export const reportEvent = (event: RunEvent): Report | undefined => {
  switch (event._tag) {
    case "Log":
      // A last line without newline gets one: other lines follow it on the same terminal.
      return { to: event.stream, text: event.lines.join("\n") + (event.ending === "continues" ? "" : "\n") }
    case "Values":
      return describeValues(event)
    case "LogGap":
      return ours([`warning: ${describeGap(event)}`])
    case "Phase": {
      if (event.phase === "submitted") return undefined
      const node = event.phase === "scheduled" && event.node !== undefined ? ` on node ${event.node}` : ""
      const pod = event.phase === "created" || event.phase === "adopted" ? ` pod ${event.pod}` : ""
      return ours([`${event.phase}${pod}${node}${event.detail === undefined ? "" : ` (${event.detail})`}`])
    }
    case "Progress": {
      const { bytes, bytesPerSecond, direction, files, totalBytes, totalFiles } = event
      const sizes = totalBytes === undefined ? megabytes(bytes) : `${megabytes(bytes)} of ${megabytes(totalBytes)}`
      const count = totalFiles === undefined ? `${files}` : `${files} of ${totalFiles}`
      return ours([`${direction}: ${sizes} MB, ${count} files, ${megabytes(bytesPerSecond)} MB/s`])
    }
    case "Cached": {
      const { at, by, cluster, executionId, namespace, pod, storedAt } = event
      const age = describeAge(at - storedAt)
      if (by === "execution") return ours([`not rerun: this task of the execution completed ${age} ago`])
      const where = `pod ${namespace}/${pod}${cluster === undefined ? "" : ` on ${cluster}`}`
      return ours([
        `not run: an equal task succeeded ${age} ago (${where}, execution ${executionId}), and its result is used; its log is not kept`
      ])
    }
    case "Retrying": {
      const { attempt, budget, delayMs, why } = event
      const whose = budget === "retry" ? "" : ": the pod was lost, not the task"
      return ours([
        `attempt ${attempt - 1} did not succeed: ${why}`,
        `retrying in ${seconds(delayMs)} (attempt ${attempt})${whose}`
      ])
    }
    case "PodEvent":
      // `PodEventNotice.ts` decides which are printed, and when.
      return undefined
    case "Waiting":
      return ours([`waiting: ${event.diagnosis.summary}`, `what to do: ${event.diagnosis.remedy}`])
    case "Warning":
      return ours([`warning: ${event.message}`])
    case "Finished": {
      const { result } = event
      const files = Object.values(result.outputFiles).map((file) => `output ${file.path} (${file.bytes} bytes)`)
      const attempt = result.attempts === undefined ? "" : `, at attempt ${result.attempts.at(-1)?.attempt}`
      const end =
        result.cached !== undefined
          ? `${result.state} from the cache`
          : result.diagnosis === null
            ? `${result.state} in ${seconds(result.timings["collected"] ?? 0)}${attempt}`
            : `${result.state}${attempt}: ${result.diagnosis.summary}`
      return ours([...files, end])
    }
  }
}

/** Between two lines about a transfer: enough to see that it continues, and few in a log that is kept. */
const PROGRESS_EVERY_MS = 5000

/**
 * Leaves progress out that comes sooner than five seconds after a transfer's first event or its
 * last line.
 */
export class ProgressThinning {
  #direction: string | undefined
  #since = 0

  /** Whether to print the event. */
  admits(event: RunEvent): boolean {
    if (event._tag !== "Progress") return true
    if (event.direction !== this.#direction) {
      this.#direction = event.direction
      this.#since = event.at
      return false
    }
    if (event.at - this.#since < PROGRESS_EVERY_MS) return false
    this.#since = event.at
    return true
  }
}

/**
 * The lines of an error. One about a file or properties has a line for each issue, in which what it
 * quotes is escaped; any other has one.
 */
export const errorLines = (error: FileRunError | SpecError): ReadonlyArray<string> => {
  const hasIssues =
    error._tag === "SpecError" ||
    error._tag === "TaskFileError" ||
    (error._tag === "RunError" && error.reason._tag === "Spec")
  return hasIssues ? error.message.split("\n") : [error.message]
}

/** What to print where nothing came of a command. */
export const reportError = (lines: ReadonlyArray<string>): Report =>
  ours(lines.map((line, index) => (index === 0 ? `error: ${line}` : line)))

/** What to print about the run as a whole. */
export const reportNote = (lines: ReadonlyArray<string>): Report => ours(lines)
