/**
 * Follows main's log through `pods/log`, for pods whose output does not go through the volume.
 * Reconnects until the container has ended and a last read adds nothing. Its limits are the
 * kubelet's: stdout and stderr arrive as one stream, and lines that rotate away before they are
 * read (10 MiB by default) are lost, which is reported as a gap.
 */
import { KubeError, PodLog } from "@podwright/k8s-io"
import { Clock, Effect, Ref, type Scope, Stream } from "effect"
import { FileSyncError, isPodMissing } from "../FileSyncError.ts"
import { Channel } from "../FileSyncReason.ts"
import { KubeletLines } from "./KubeletLines.ts"
import type { Interruption, KubeletCursor, LogEvent } from "./LogEvent.ts"
import { type LogBatch, LogSplitter } from "./LogLines.ts"

/** Which log to follow, from where, and who hears of it. */
export interface KubeletLogRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** The log continues after this line; undefined for its beginning. */
  readonly cursor: KubeletCursor | undefined
  /** Reads what there is now, and completes. */
  readonly once?: boolean
  /** Completes when the container has ended, or never will. */
  readonly ended: Effect.Effect<unknown>
  /**
   * Asked when the API server says that the pod does not exist; if it does exist, reading
   * continues.
   */
  readonly podIsGone: Effect.Effect<boolean>
  /** Awaited: a slow listener holds the socket back. Every line is reported as `stdout`. */
  readonly onEvent: (event: LogEvent | Interruption) => Effect.Effect<void>
}

/**
 * The pause before a read is repeated: one that ends at once must not become a busy loop. Doubled
 * for each failure in a row.
 */
const REOPEN_FIRST_MS = 250
const REOPEN_LONGEST_MS = 5_000

/**
 * A follow that has been silent this long is reopened, which repeats no line: a kubelet that
 * rotated the file while it was first read watches the old one, and some balancers drop a
 * connection silently. Research figure: 5 minutes.
 */
const SILENCE = "5 minutes"

/**
 * How kubelet and API server report, in the body of a 200, that they cannot continue reading. True
 * lines begin with a time.
 */
const COMPLAINT = /^(failed to |unable to |rpc error: |an error occurred |\{"kind":"Status")/

const isComplaint = (line: string): boolean => COMPLAINT.test(line)

/** The result of one read. */
interface ReadEnd {
  /** Whether it gave lines that no read before had given. */
  readonly fresh: boolean
  /** A last line without its newline: main's, or one that a cut has torn. */
  readonly rest: string
}

/**
 * Reports every line once and in order, and completes after the last one. Retryable failures are
 * retried without bound; the caller's clocks bound them. Fails with `Channel` when the API server
 * refuses the log for good, or the pod was deleted.
 */
export const followKubeletLog = Effect.fn("KubeletLog.follow")(function* (
  request: KubeletLogRequest
): Effect.fn.Return<void, FileSyncError, PodLog | Scope.Scope> {
  const podLog = yield* PodLog
  const lines = new KubeletLines(request.cursor)
  const ended = yield* Ref.make(false)
  const { container, namespace, pod } = request
  let heard = 0

  const told = Effect.fnUntraced(function* (batch: LogBatch, quietMs: number) {
    const runs = lines.take(batch.lines, quietMs)
    for (const { cursor, gap, lines } of runs) {
      if (gap !== undefined) yield* request.onEvent({ _tag: "Gap", gap })
      // A batch that ends without a newline has one line.
      yield* request.onEvent({ _tag: "Lines", stream: "stdout", lines, ending: batch.ending, cursor })
    }
    return runs.length > 0
  })

  const complained = (detail: string) =>
    new KubeError({
      operation: "PodLog.read",
      subject: { namespace, name: pod, container },
      reason: { _tag: "Cut", detail }
    })

  /**
   * Ends a follow that has been silent; the time that its lines wait for the listener does not
   * count.
   */
  const silent = Effect.gen(function* () {
    for (let before = -1; before !== heard; ) {
      before = heard
      yield* Effect.sleep(SILENCE)
    }
  })

  const read = Effect.fnUntraced(function* (follow: boolean): Effect.fn.Return<ReadEnd, KubeError> {
    lines.reopen()
    const splitter = new LogSplitter()
    const { sinceTime } = lines
    let fresh = false
    let continued = false
    let suspect: LogBatch | undefined
    let last = yield* Clock.currentTimeMillis
    const onBatch = Effect.fnUntraced(function* (batch: LogBatch, quietMs: number) {
      if (suspect !== undefined) fresh = (yield* told(suspect, 0)) || fresh
      suspect = undefined
      const end = batch.lines.at(-1) ?? ""
      const whole = batch.lines.length
      // Held until something follows it: only the end of a body can be a complaint.
      if (!(continued && whole === 1) && isComplaint(end)) {
        suspect = { ...batch, lines: [end] }
        if (whole > 1) fresh = (yield* told({ ...batch, lines: batch.lines.slice(0, -1) }, quietMs)) || fresh
      } else fresh = (yield* told(batch, quietMs)) || fresh
      continued = batch.ending === "continues"
    })
    const options = { namespace, pod, container, follow, timestamps: true }
    yield* podLog.read({ ...options, ...(sinceTime === undefined ? {} : { sinceTime }) }).pipe(
      Stream.interruptWhen(follow ? silent : Effect.never),
      Stream.runForEach(
        Effect.fnUntraced(function* (chunk) {
          heard++
          const now = yield* Clock.currentTimeMillis
          const quietMs = now - last
          for (const batch of splitter.push(chunk)) yield* onBatch(batch, quietMs)
          last = yield* Clock.currentTimeMillis
        })
      )
    )
    const { rest } = splitter
    const complaint = !continued && isComplaint(rest) ? rest : suspect?.lines[0]
    if (complaint !== undefined) return yield* complained(complaint)
    return { fresh, rest }
  })

  let interrupted = false
  /** What to make of a read that failed: the log's end, or a reason to read again. */
  const failed = Effect.fnUntraced(function* (cause: KubeError) {
    const error = new FileSyncError({ operation: "read log", pod, reason: new Channel({ error: cause }) })
    if (isPodMissing(error) ? yield* request.podIsGone : !error.retryable) return yield* error
    yield* Effect.logDebug(`The log of pod ${pod} could not be read: ${error.message}`)
    // A container that waits to start is no failure: the watch reports what holds it back.
    if (!interrupted && cause.reason._tag !== "NotRunningYet") {
      interrupted = true
      yield* request.onEvent({ _tag: "Interrupted", error })
    }
    return undefined
  })

  yield* request.ended.pipe(Effect.andThen(Ref.set(ended, true)), Effect.forkScoped)
  let failures = 0
  let rest = ""
  while (true) {
    const final = request.once === true || (yield* Ref.get(ended))
    const end = yield* Effect.catch(read(!final), failed)
    failures = end === undefined ? failures + 1 : 0
    if (end !== undefined) interrupted = false
    // A last read that failed says nothing about the remaining lines; one that adds nothing shows
    // that there are none. A cut that looks like an end may have torn the last line, so it must be
    // read twice.
    if (final && end !== undefined && (request.once === true || (!end.fresh && end.rest === rest))) {
      rest = end.rest
      if (rest !== "") yield* told({ lines: [rest], end: 0, ending: "end" }, 0)
      return yield* request.onEvent({ _tag: "LogEnded", cursor: lines.cursor })
    }
    if (end !== undefined) rest = end.rest
    const pause = Math.min(REOPEN_LONGEST_MS, REOPEN_FIRST_MS * 2 ** Math.max(0, failures - 1))
    if (!final || end === undefined) yield* Effect.sleep(pause)
  }
}, Effect.scoped)
