/**
 * Says what a run says, in the form that was asked for: text for a person, one JSON object, or
 * every event as a line of JSON with the result as the last. In every form but the first, stdout
 * has nothing else.
 */
import { RunEvent } from "@podwright/runner"
import { type FlowEvent, isFlowEvent } from "@podwright/runner/flow"
import { jsonText } from "@podwright/spec-builder"
import { Effect, Fiber, Schema } from "effect"
import { type OutputClosed, writeStderr, writeStdout, writeStdoutParts } from "../ProcessOutput.ts"
import { jsonParts } from "./JsonParts.ts"
import { flowEventJson, jsonReport, type TaskEnd } from "./JsonReport.ts"
import { LASTING_MS, podEventNotice } from "./PodEventNotice.ts"
import { ProgressThinning, reportError, reportEvent, reportNote } from "./TextReport.ts"

export type OutputForm = "text" | "json" | "ndjson"

export interface RunReporter {
  readonly event: (event: RunEvent | FlowEvent) => Effect.Effect<void, OutputClosed>
  /** A failure, with what a person can do about it, a text for each line; always on stderr. */
  readonly problem: (...lines: ReadonlyArray<string>) => Effect.Effect<void, OutputClosed>
  /** A word about the run as a whole; always on stderr. */
  readonly note: (message: string) => Effect.Effect<void, OutputClosed>
  /** The last word on all tasks of the file, and the execution that they are of. */
  readonly end: (
    executionId: string | undefined,
    ends: ReadonlyArray<TaskEnd>,
    outputs: Readonly<Record<string, unknown>>
  ) => Effect.Effect<void, OutputClosed>
}

const encodeEvent = Schema.encodeSync(RunEvent)

/** A result may name very many files: they are neither copied nor made into one string. */
const writeResult = (value: object, space = 0) =>
  writeStdoutParts(
    (function* () {
      yield* jsonParts(value, space)
      yield "\n"
    })()
  )

const writeFinished = (event: Extract<RunEvent, { readonly _tag: "Finished" }>) => {
  const { outputFiles } = event.result
  const { result, ...rest } = encodeEvent({ ...event, result: { ...event.result, outputFiles: {} } }) as typeof event
  return writeResult({ ...rest, result: { ...result, outputFiles } })
}

/**
 * Tells what the cluster says of a pod that does not run yet, and holds back what may be over in a
 * moment.
 */
const podNotices = () => {
  let held: Fiber.Fiber<void, OutputClosed> | undefined
  let running = false
  return Effect.fnUntraced(function* (event: Extract<RunEvent, { readonly _tag: "PodEvent" | "Phase" }>) {
    if (event._tag === "Phase")
      running = event.phase !== "submitted" && event.phase !== "created" && event.phase !== "scheduled"
    if (event._tag === "Phase" && !running) return
    if (held !== undefined) yield* Fiber.interrupt(held)
    held = undefined
    if (event._tag === "Phase" || running) return
    const notice = podEventNotice(event)
    if (notice._tag === "Now") yield* writeStderr(reportNote([notice.text]).text)
    if (notice._tag !== "IfItLasts") return
    const later = writeStderr(reportNote([notice.text]).text).pipe(Effect.delay(LASTING_MS))
    // Outlives the event that it is about, and never the next one.
    held = yield* Effect.forkDetach(later)
  })
}

export const runReporter = (form: OutputForm): RunReporter => {
  const thinning = new ProgressThinning()
  const notices = podNotices()
  let execution: string | undefined
  return {
    event: (event) => {
      if (isFlowEvent(event)) {
        if (form === "ndjson") return writeStdout(`${JSON.stringify(flowEventJson(event))}\n`)
        if (event._tag === "TaskStarted" && event.executionId !== execution) {
          // A retry may have started a new one.
          execution = event.executionId
          return writeStderr(reportNote([`execution ${execution}`]).text)
        }
        if (event._tag !== "TaskLeftOut") return Effect.void
        const why = event.by === "disabled" ? "it is disabled" : "its runIf says no"
        return writeStderr(reportNote([`task ${event.task} is not run: ${why}`]).text)
      }
      if (form === "ndjson" && event._tag === "Finished") return writeFinished(event)
      if (form === "ndjson") return writeStdout(`${JSON.stringify(encodeEvent(event))}\n`)
      if (event._tag === "PodEvent" || event._tag === "Phase") {
        const notice = notices(event)
        if (event._tag === "PodEvent") return notice
        const report = reportEvent(event)
        return report === undefined ? notice : Effect.andThen(notice, writeStderr(report.text))
      }
      const report = thinning.admits(event) ? reportEvent(event) : undefined
      if (report === undefined) return Effect.void
      // With `json` the task's own lines still belong to the person watching.
      return report.to === "stdout" && form === "text" ? writeStdout(report.text) : writeStderr(report.text)
    },
    problem: (...lines) => writeStderr(reportError(lines).text),
    note: (message) => writeStderr(reportNote([message]).text),
    end: (executionId, ends, outputs) => {
      if (form === "json") return writeResult(jsonReport(executionId, ends, outputs), 2)
      if (form === "ndjson") return writeResult({ _tag: "Ended", result: jsonReport(executionId, ends, outputs) })
      const values = Object.entries(outputs).map(([id, value]) => `flow output ${id} = ${jsonText(value)}`)
      return values.length === 0 ? Effect.void : writeStderr(reportNote(values).text)
    }
  }
}
