/** What the libraries log, in podwright's own lines on stderr. */
import { Cause, Logger } from "effect"
import { masked } from "../ProcessOutput.ts"
import { reportNote } from "./TextReport.ts"

const wordOf = (part: unknown): string => (typeof part === "string" ? part : (JSON.stringify(part) ?? String(part)))

/** A message and its cause as lines; a cause has several, for it holds a stack. Pure. */
export const logLines = (level: string, message: unknown, cause: Cause.Cause<unknown>): ReadonlyArray<string> => {
  const parts = Array.isArray(message) ? message : [message]
  const label = level === "Warn" ? "warning" : level.toLowerCase()
  const stack = cause.reasons.length === 0 ? [] : Cause.pretty(cause).split("\n")
  return [`${label}: ${parts.map(wordOf).join(" ")}`, ...stack]
}

/** Writes at once, as a log must also when the process is about to end. */
export const reportLogger: Logger.Logger<unknown, void> = Logger.make(({ cause, logLevel, message }) => {
  process.stderr.write(masked(reportNote(logLines(logLevel, message, cause)).text))
})
