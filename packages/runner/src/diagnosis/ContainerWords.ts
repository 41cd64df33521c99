/**
 * Adds to a diagnosis what a container printed last: to its log on the volume, or to the kubelet's
 * log of it where its command never ran. Pure.
 */
import { Diagnosis, diagnosis } from "./Diagnosis.ts"

/** The diagnosis of a container of the task's own that failed, with the end of its log. */
export const withContainerWords = (found: Diagnosis, log: string): Diagnosis => {
  const lines = log.split("\n").filter((line) => line.trim() !== "")
  if (lines.length === 0) return found
  const { cause, kind, remedy, summary } = found
  return withLastLines(diagnosis(cause, kind, `${summary}; it printed last: ${oneLine(log)}`, remedy), lines)
}

/** The diagnosis with what its container printed last; as it is where that was nothing. */
export const withLastLines = (found: Diagnosis, lastLines: ReadonlyArray<string>): Diagnosis => {
  if (lastLines.length === 0) return found
  const { cause, kind, remedy, summary } = found
  return new Diagnosis({ cause, kind, summary, remedy, lastLines })
}

/** How much of main's own log is asked for, and shown, where its command never ran. */
export const OWN_WORDS = { tailLines: 3, limitBytes: 2048 } as const

/** A log's last lines as one, without what a terminal would obey. */
const oneLine = (log: string): string =>
  log
    .split("\n")
    .map((line) => line.replace(/\p{Cc}/gu, " ").trim())
    .filter((line) => line !== "")
    .join("; ")

/**
 * The gate puts all that a command writes on the volume before it reaches main's own log. Where main ended by itself with nothing
 * on the volume, neither output nor exit code, what `ownLog` has is the word of the runtime or of the gate: newer runtimes
 * start the container first, and write there that its program cannot be executed. `found` is kept where it says more.
 */
export const diagnoseSilentEnd = (found: Diagnosis, ownLog: string): Diagnosis => {
  const said = oneLine(ownLog)
  if (found.cause._tag !== "CommandFailed" || said === "") return found
  return diagnosis(
    { _tag: "CommandNotStarted", exitCode: found.cause.exitCode, said },
    "permanent",
    `the container could not start the command: ${said}`,
    "check that the image is built for the node's architecture, and that the interpreter can be executed in it"
  )
}
