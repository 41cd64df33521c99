/**
 * What a log source tells, whichever it is: the volume (`PodSession.ts`) or the kubelet (`KubeletLog.ts`). Lines with the
 * cursor behind them, gaps where lines may be missing, and the end. Pure data; a cursor can be stored as JSON and given to
 * another process.
 */
import { Schema } from "effect"
import type { FileSyncError } from "../FileSyncError.ts"
import type { LineEnding } from "./LogLines.ts"

/** Where a log can be continued; the tag is the log source that `logs` names. Plain JSON, to be stored. */
export const LogCursor = Schema.TaggedUnion({
  /** How far each of main's streams has been taken, in bytes. */
  volume: { stdout: Schema.Int, stderr: Schema.Int },
  /**
   * The last line taken from `pods/log`. The kubelet knows no offsets, so the line is told by its time, by its place among
   * the lines of that time and by its text; `newest` is the latest time seen, as times are not surely in order.
   */
  kubelet: { time: Schema.String, newest: Schema.String, nth: Schema.Int, sha256: Schema.String, bytes: Schema.Int }
})
export type LogCursor = typeof LogCursor.Type
export type KubeletCursor = Extract<LogCursor, { readonly _tag: "kubelet" }>

/** Lines of one stream, and where the log can be continued behind them. */
export interface ToldLines {
  readonly stream: "stdout" | "stderr"
  readonly lines: ReadonlyArray<string>
  readonly ending: LineEnding
  readonly cursor: LogCursor
}

export type LogEvent =
  /**
   * Complete lines of one stream, in order; `stdout` for both where the source does not tell them apart. A line that begins
   * with `VALUES_MARK`, and the last piece of one that came in pieces, is alone.
   */
  | ({ readonly _tag: "Lines" } & ToldLines)
  /** The same of lines before the cursor that was given: an earlier driver has told them, and what they carry counts still. */
  | ({ readonly _tag: "Replayed" } & ToldLines)
  /** Lines are missing, or may be, between the line told last and the next. */
  | { readonly _tag: "Gap"; readonly gap: LogGap }
  /** Nothing is left to read: every line has been told, but for gaps. */
  | { readonly _tag: "LogEnded"; readonly cursor: LogCursor | undefined }

/** Reading was cut, or failed; it continues where it ended. Reported once, however many attempts that takes. */
export interface Interruption {
  readonly _tag: "Interrupted"
  readonly error: FileSyncError
}

export interface LogGap {
  /** Time of the last line before, as the node wrote it; undefined when there was none. */
  readonly after: string | undefined
  /** Time of the first line behind; undefined when nothing more was read. */
  readonly before: string | undefined
  /**
   * `rotated`: what follows the last line had left the node's current log file when it was asked for.
   * `overtaken`: while following, times jumped although the stream did not pause, as when a whole file rotated away.
   * `unread`: the time to read ran out.
   */
  readonly cause: "rotated" | "overtaken" | "unread"
}
