/**
 * What a log reports, whether it is read from the volume (`PodSession.ts`) or from the kubelet
 * (`KubeletLog.ts`): lines with the cursor after them, gaps where lines may be missing, and the
 * end. Pure data; a cursor can be stored as JSON and given to another process.
 */
import { Schema } from "effect"
import type { FileSyncError } from "../FileSyncError.ts"
import type { LineEnding } from "./LogLines.ts"

/**
 * Where a log can be continued; the tag is the log source that `logs` names. Plain JSON, to be
 * stored.
 */
export const LogCursor = Schema.TaggedUnion({
  /** Bytes of each of main's streams that have been reported. */
  volume: { stdout: Schema.Int, stderr: Schema.Int },
  /**
   * The last line reported from `pods/log`. The kubelet knows no offsets, so the line is identified
   * by its time, by its place among the lines of that time and by its text; `newest` is the latest
   * time seen, as times are not surely in order.
   */
  kubelet: { time: Schema.String, newest: Schema.String, nth: Schema.Int, sha256: Schema.String, bytes: Schema.Int }
})
/** Where a log can be continued; see the schema of this name. */
export type LogCursor = typeof LogCursor.Type
/** Where a log read by `pods/log` can be continued. */
export type KubeletCursor = Extract<LogCursor, { readonly _tag: "kubelet" }>

/** Lines of one stream, and the cursor from which the log continues after them. */
export interface ReportedLines {
  readonly stream: "stdout" | "stderr"
  readonly lines: ReadonlyArray<string>
  readonly ending: LineEnding
  readonly cursor: LogCursor
}

/** What a log reports, in order. */
export type LogEvent =
  /**
   * Complete lines of one stream, in order; `stdout` for both where the source does not tell them
   * apart. A line that begins with `VALUES_MARK`, and the last piece of one that came in pieces, is
   * alone.
   */
  | ({ readonly _tag: "Lines" } & ReportedLines)
  /**
   * Lines before the cursor that was given: an earlier driver has reported them, but the values
   * that they carry still count.
   */
  | ({ readonly _tag: "Replayed" } & ReportedLines)
  /** Lines are missing, or may be, between the last line reported and the next. */
  | { readonly _tag: "Gap"; readonly gap: LogGap }
  /** The log has ended: every line has been reported, except those in gaps. */
  | { readonly _tag: "LogEnded"; readonly cursor: LogCursor | undefined }

/**
 * Reading was cut, or failed; it continues where it ended. Reported once, however many attempts
 * that takes.
 */
export interface Interruption {
  readonly _tag: "Interrupted"
  readonly error: FileSyncError
}

/** Where lines are missing, or may be, and why. */
export interface LogGap {
  /** Time of the last line before it, as the node wrote it; undefined when there was none. */
  readonly after: string | undefined
  /** Time of the first line after it; undefined when nothing more was read. */
  readonly before: string | undefined
  /**
   * `rotated`: the lines after the last one had left the node's current log file when it was read.
   * `overtaken`: while following, times jumped although the stream did not pause, as when a whole
   * file rotated away. `unread`: the time limit for reading ran out.
   */
  readonly cause: "rotated" | "overtaken" | "unread"
}
