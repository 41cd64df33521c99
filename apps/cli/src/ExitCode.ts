/**
 * The process's exit code for every way a run can end. Pure; scripts depend on these numbers, so
 * they never change meaning. 124 and 125 are what timeout(1) and docker run use for the same.
 * Cancelled by a signal is 130, which the runtime gives by itself.
 */
import type { RunResult } from "@podwright/runner"
import type { FileRunError } from "./report/JsonReport.ts"

/** A clock of the run ran out. */
export const TIME_LIMIT = 124
/** The platform failed: no cluster, no permission, no node, a lost pod, a damaged transfer. */
export const PLATFORM = 125
/**
 * The process was asked to end, and the pod continues. The number is EX_TEMPFAIL of sysexits.h: the
 * same command again takes the pod over.
 */
export const DETACHED = 75
/** Somebody cancelled the run from elsewhere: the code of one that is cancelled here, by a signal. */
export const CANCELLED = 130
/** A file, flag or value that is wrong; the task it concerns got no pod. */
export const BAD_INPUT = 2

/** The command's own code. One that a shell would read as something else is passed on all the same. */
export const exitCodeOfResult = (result: RunResult): number => (result.state === "FAILED" ? result.exitCode : 0)

export const exitCodeOfError = (error: FileRunError): number => {
  if (error._tag === "TaskFileError") return BAD_INPUT
  switch (error.reason._tag) {
    case "TimedOut":
      return TIME_LIMIT
    case "Detached":
      return DETACHED
    case "Cancelled":
      return CANCELLED
    case "Spec":
    case "CursorMismatch":
    case "NoSuchExecution":
      return BAD_INPUT
    case "Files": {
      const file = error.reason.error.reason._tag
      if (file === "InputUnreadable" || file === "PatternInvalid") return BAD_INPUT
      // Before there is a pod the folder is wrong; later a disk may be full.
      return file === "OutputUnwritable" && !("facts" in error && error.facts !== undefined) ? BAD_INPUT : PLATFORM
    }
    default:
      return PLATFORM
  }
}
