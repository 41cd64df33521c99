/**
 * Main's two streams as the sessions of one run bring them, cut into lines and reported with the
 * cursor after them. Outlives each session: the next one continues at the bytes that are not here
 * yet. Touches nothing but the listener.
 */
import { Effect } from "effect"
import type { LogCursor, LogEvent } from "../log/LogEvent.ts"
import { type LogBatch, LogSplitter } from "../log/LogLines.ts"
import { logStart, type VolumeOffsets } from "./SessionPlan.ts"

type StreamName = "stdout" | "stderr"

export interface SessionLines {
  /** After the lines that have been reported. */
  readonly cursor: () => LogCursor
  /** Bytes of each stream that are here; the same object, which grows. */
  readonly received: VolumeOffsets
  /** The next bytes of a stream. */
  readonly take: (stream: StreamName, bytes: Uint8Array) => Effect.Effect<void>
  /** The stream has ended; a line without newline is reported now. */
  readonly finish: (stream: StreamName) => Effect.Effect<void>
}

/**
 * `told` is how far an earlier driver has reported the log, `from` where the first session begins to
 * read it.
 */
export const makeSessionLines = (
  told: VolumeOffsets,
  onEvent: (event: LogEvent) => Effect.Effect<void>,
  from: VolumeOffsets = logStart
): SessionLines => {
  const splitters = { stdout: new LogSplitter(from.stdout), stderr: new LogSplitter(from.stderr) }
  const received = { ...from }

  /**
   * One stream may still be before the point an earlier driver reported while the other is past it:
   * a cursor never goes back.
   */
  const cursor = (): LogCursor => ({
    _tag: "volume",
    stdout: Math.max(told.stdout, splitters.stdout.end),
    stderr: Math.max(told.stderr, splitters.stderr.end)
  })
  const tell = (stream: StreamName, { ending, lines }: LogBatch, _tag: "Lines" | "Replayed" = "Lines") =>
    onEvent({ _tag, stream, lines, ending, cursor: cursor() })

  return {
    cursor,
    received,

    /** A cursor is always between two batches, so the bytes before it are batches of their own. */
    take: Effect.fnUntraced(function* (stream: StreamName, bytes: Uint8Array) {
      const known = Math.min(bytes.length, Math.max(0, told[stream] - received[stream]))
      received[stream] += bytes.length
      for (const batch of splitters[stream].push(bytes.subarray(0, known))) yield* tell(stream, batch, "Replayed")
      for (const batch of splitters[stream].push(bytes.subarray(known))) yield* tell(stream, batch)
    }),

    finish: Effect.fnUntraced(function* (stream: StreamName) {
      const last = splitters[stream].finish()
      if (last !== undefined) yield* tell(stream, last)
    })
  }
}
