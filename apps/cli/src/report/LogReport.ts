/**
 * A log that is read beside its driver, as the events that a run reports of its own. Pure.
 */
import type { Interruption, LogEvent } from "@podwright/file-sync"
import type { RunEvent } from "@podwright/runner"

/** Undefined for what is no news: the log's end, and lines that were not asked for. */
export const logRunEvent = (event: LogEvent | Interruption, at: number): RunEvent | undefined => {
  switch (event._tag) {
    case "Lines": {
      const { cursor, ending, lines, stream } = event
      return { _tag: "Log", at, stream, lines, cursor, ...(ending === "newline" ? {} : { ending }) }
    }
    case "Gap": {
      const { after = null, before = null, cause } = event.gap
      return { _tag: "LogGap", at, after, before, cause }
    }
    case "Interrupted":
      return { _tag: "Warning", at, message: `reconnecting: ${event.error.message}` }
    case "Replayed":
    case "LogEnded":
      return undefined
  }
}
