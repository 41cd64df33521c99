/**
 * Reads main's log from the volume beside whatever drives the pod: an exec of its own that only
 * reads, so that any machine can follow a log. When it is cut, the next one continues at the byte
 * where it ended. Speaks to the pod through `Exec` alone.
 */
import { randomBytes } from "node:crypto"
import { Exec, type KubeError } from "@podwright/k8s-io"
import { Deferred, Effect, Schedule, type Scope, Stream } from "effect"
import { FileSyncError, isPodMissing } from "../FileSyncError.ts"
import { Channel, Lost, Protocol } from "../FileSyncReason.ts"
import type { Interruption, LogEvent } from "../log/LogEvent.ts"
import { EARLY_LIMIT, EarlyStderr } from "./EarlyStderr.ts"
import { EXIT_FILE_GRACE } from "./PodSession.ts"
import { endedEarly, lastWords } from "./SessionEnd.ts"
import { makeSessionLines, type SessionLines } from "./SessionLines.ts"
import type { VolumeOffsets } from "./SessionPlan.ts"
import { SessionParser } from "./SessionRecord.ts"
import type { SessionExit } from "./SessionState.ts"
import { SIGN_OF_LIFE, volumeLogCommand } from "./VolumeLogScript.ts"

/** Which log to read, from where, and who hears of it. */
export interface VolumeLogRequest {
  readonly namespace: string
  readonly pod: string
  readonly podUid: string
  /** The helper container. */
  readonly container: string
  readonly volumeRoot: string
  /** To the command's end; else what there is now. */
  readonly follow: boolean
  /** The bytes of each stream before it are not read. */
  readonly from: VolumeOffsets
  /** Completes when the kubelet reports main's end: from then on no exit file is waited for. */
  readonly mainEnded: Effect.Effect<void>
  /**
   * Asked when the container is not there, or not yet: whether it will not run any more. Then the
   * reading fails with that error, else it is tried again.
   */
  readonly isOver: Effect.Effect<boolean>
  /** Awaited: a slow listener holds the socket back. */
  readonly onEvent: (event: LogEvent | Interruption) => Effect.Effect<void>
}

/** Pauses between attempts, doubled for each failure in a row. */
const RECONNECT_FIRST_MS = 100
const RECONNECT_LONGEST_MS = 5_000

const newline = new TextEncoder().encode("\n")

/** One exec; undefined when it waited for an exit file that will not come. */
const attempt = Effect.fnUntraced(function* (
  request: VolumeLogRequest,
  lines: SessionLines,
  abandoned: Deferred.Deferred<void>,
  heard: () => void
): Effect.fn.Return<SessionExit | undefined, FileSyncError, Exec | Scope.Scope> {
  const { container, namespace, pod } = request
  const nonce = randomBytes(16).toString("hex")
  const fail = (reason: FileSyncError["reason"]) => new FileSyncError({ operation: "read log", pod, reason })
  const channelFailed = (error: KubeError) => fail(new Channel({ error }))
  const follow = request.follow && !(yield* Deferred.isDone(abandoned))
  const plan = { ...request, follow, from: { ...lines.received } }
  const exec = yield* Exec
  const channel = yield* exec
    .open({
      namespace,
      pod,
      container,
      command: volumeLogCommand(plan, nonce),
      protocols: ["v4.channel.k8s.io"],
      lendsOutput: true
    })
    .pipe(Effect.mapError(channelFailed))
  if (follow) {
    // One that cannot be sent is the channel's end, which its reader reports.
    yield* channel.send(newline).pipe(Effect.repeat(Schedule.spaced(SIGN_OF_LIFE)), Effect.ignore, Effect.forkScoped)
  }

  const parser = new SessionParser(nonce)
  const early = new EarlyStderr()
  let begun = false
  let exit: SessionExit | undefined

  const takeStderr = Effect.fnUntraced(function* (bytes: Uint8Array) {
    if (begun) return yield* lines.take("stderr", bytes)
    if (early.keep(bytes)) return
    const detail = `more than ${EARLY_LIMIT / 1024 ** 2} MiB of stderr came before the log began${lastWords(early.chunks)}`
    return yield* fail(new Lost({ detail }))
  })
  const takeStdout = Effect.fnUntraced(function* (bytes: Uint8Array) {
    for (const output of parser.push(bytes)) {
      if (output._tag === "Log") yield* lines.take("stdout", output.bytes)
      else if (output._tag === "Garbage") return yield* fail(new Protocol({ detail: output.text }))
      else if (output._tag === "Record" && output.record._tag === "LogStart") {
        heard()
        begun = true
        for (const kept of early.release()) yield* lines.take("stderr", kept)
      } else if (output._tag === "Record" && output.record._tag === "Exit") exit = output.record
    }
  })

  const read = channel.output.pipe(
    Stream.mapError(channelFailed),
    Stream.runForEach(({ bytes, stream }) => (stream === "stderr" ? takeStderr(bytes) : takeStdout(bytes))),
    Effect.andThen(channel.outcome)
  )
  const outcome = yield* follow ? Effect.raceFirst(read, Effect.as(Deferred.await(abandoned), undefined)) : read
  if (outcome === undefined) return undefined
  // Stderr is a channel of its own, and a server also says of a lost exec that it ended well.
  if (exit !== undefined && lines.received.stdout >= exit.stdoutBytes && lines.received.stderr >= exit.stderrBytes)
    return exit
  return yield* fail(endedEarly(outcome, early.chunks, { namespace, name: pod, container }))
})

/**
 * Reports the log, and gives main's exit as its gate recorded it; without a code while the command
 * runs, or when it ended without one. Retryable failures are retried without bound. Fails with what
 * cannot be retried.
 */
export const readVolumeLog = Effect.fn("VolumeLog.read")(function* (
  request: VolumeLogRequest
): Effect.fn.Return<SessionExit, FileSyncError, Exec | Scope.Scope> {
  const abandoned = yield* Deferred.make<void>()
  const lines = makeSessionLines(request.from, request.onEvent, request.from)
  let failures = 0
  yield* request.mainEnded.pipe(
    Effect.andThen(Effect.sleep(EXIT_FILE_GRACE)),
    Effect.andThen(Deferred.succeed(abandoned, undefined)),
    Effect.forkScoped
  )
  while (true) {
    const outcome = yield* attempt(request, lines, abandoned, () => {
      failures = 0
    }).pipe(Effect.scoped, Effect.result)
    if (outcome._tag === "Success") {
      if (outcome.success === undefined) continue
      yield* lines.finish("stdout")
      yield* lines.finish("stderr")
      yield* request.onEvent({ _tag: "LogEnded", cursor: lines.cursor() })
      return outcome.success
    }
    const error = outcome.failure
    const waits = error.reason._tag === "Channel" && error.reason.error.reason._tag === "NotRunningYet"
    if (isPodMissing(error) || waits ? yield* request.isOver : !error.retryable) return yield* error
    failures += 1
    if (failures === 1 && !waits) yield* request.onEvent({ _tag: "Interrupted", error })
    yield* Effect.sleep(Math.min(RECONNECT_LONGEST_MS, RECONNECT_FIRST_MS * 2 ** (failures - 1)))
  }
}, Effect.scoped)
