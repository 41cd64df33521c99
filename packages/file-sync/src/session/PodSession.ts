/**
 * Carries out one run's exchange with its helper container: inputs in, log lines out as they are
 * written, exit code and output files. One exec does it all; when it is cut, the next one continues
 * at the byte where it ended. This is the loop; `SessionAttempt.ts` is one exec.
 */
import type { Exec } from "@podwright/k8s-io"
import { Deferred, Effect, type FileSystem, type Scope } from "effect"
import { type FileSyncError, isPodMissing } from "../FileSyncError.ts"
import { attemptSession, type SessionMemory } from "./SessionAttempt.ts"
import { makeSessionLines } from "./SessionLines.ts"
import type { SessionRequest, SessionResult } from "./SessionRequest.ts"

/**
 * How long main's exit file may be missing after the kubelet reported main's end. It is written
 * before the container ends and read within one poll of the session (300 ms at most), so a second
 * is ample; without it main died with its gate.
 */
export const EXIT_FILE_GRACE = "1 second"

/**
 * Attempts that may end with a damaged transfer: damage that repeats is no accident of the wire.
 */
const CORRUPT_ATTEMPTS = 3

/**
 * Runs a session until one attempt has completed; the log's cursor outlives each of them.
 *
 * Fails with what cannot be retried: `HelperFailed`, `VolumeFull`, `OutputRefused`,
 * `OutputUnwritable`, `InputUnreadable`, `InputChanged`, `Protocol`, a `Channel` that the API
 * server refused for good or whose pod was deleted, and `Corrupt` once it has repeated.
 */
export const runSession = Effect.fn("PodSession.run")(function* (
  request: SessionRequest
): Effect.fn.Return<SessionResult, FileSyncError, Exec | FileSystem.FileSystem | Scope.Scope> {
  const memory: SessionMemory = {
    lines: makeSessionLines(request.cursor, request.onEvent),
    abandoned: yield* Deferred.make<void>(),
    reported: { opened: false, delivered: false, exited: false },
    failures: 0
  }
  let corrupt = 0

  if (request.log) {
    yield* request.mainEnded.pipe(
      Effect.andThen(Effect.sleep(EXIT_FILE_GRACE)),
      Effect.andThen(Deferred.succeed(memory.abandoned, undefined)),
      Effect.forkScoped
    )
  }

  /**
   * One attempt and what follows from it: the result, or how long to pause. Apart from the loop,
   * whose frame would hold the last error through the pause, and with it the whole channel that it
   * came from: 20 KiB of each run that waits for its pod.
   */
  const next = Effect.fnUntraced(function* () {
    const outcome = yield* attemptSession(request, memory).pipe(
      Effect.scoped,
      Effect.map((result) =>
        result === undefined ? { _tag: "Abandoned" as const } : { _tag: "Completed" as const, result }
      ),
      Effect.catch((error) => Effect.succeed({ _tag: "Failed" as const, error }))
    )
    if (outcome._tag !== "Failed") return outcome
    const { error } = outcome
    yield* Effect.logDebug(`A session of pod ${request.pod} failed: ${error.message}`)
    if (isPodMissing(error) ? yield* request.podIsGone : !error.retryable) return yield* error
    if (error.reason._tag === "Corrupt" && ++corrupt >= CORRUPT_ATTEMPTS) return yield* error
    if (error.reason._tag === "Channel" && error.reason.error.reason._tag === "NotRunningYet")
      return { _tag: "Pause" as const, failures: 0 }
    if (++memory.failures === 1) yield* request.onEvent({ _tag: "Interrupted", error })
    return { _tag: "Pause" as const, failures: memory.failures }
  })

  while (true) {
    const outcome = yield* next()
    if (outcome._tag === "Completed") return outcome.result
    if (outcome._tag === "Pause") yield* request.pause(outcome.failures)
  }
}, Effect.scoped)
