/**
 * Reads the log of a task's pod beside its driver, from where `PodLogSource.ts` says. Takes no lease
 * and writes nothing.
 */
import {
  type FileSyncError,
  followKubeletLog,
  type Interruption,
  isPodMissing,
  type LogCursor,
  type LogEvent,
  logStart,
  readVolumeLog
} from "@podwright/file-sync"
import { type Exec, type Pod, type PodLog, Pods, type PodWatch } from "@podwright/k8s-io"
import { HELPER_CONTAINER, MAIN_CONTAINER, VOLUME_ROOT } from "@podwright/spec-builder"
import { Effect, type Scope } from "effect"
import { mainHasEnded } from "../diagnosis/PodObservation.ts"
import { followPod } from "../pod/PodFollow.ts"
import { RunError } from "../task/RunError.ts"
import { CursorMismatch, Files } from "../task/RunReason.ts"
import { podLogSource } from "./PodLogSource.ts"

/** What is read of a log, and who hears of it. */
export interface TaskLogOptions {
  /** To the command's end; else what there is now. */
  readonly follow: boolean
  /** Lines before it are not read: the cursor of an event. Undefined: from the beginning. */
  readonly cursor?: LogCursor | undefined
  /** Awaited: a slow listener holds the socket back. */
  readonly onEvent: (event: LogEvent | Interruption) => Effect.Effect<void>
}

/** How far the reading came. */
export type TaskLogEnd =
  /** The command has ended, and everything was read. The code is undefined where it is unknown. */
  | { readonly _tag: "Ended"; readonly exitCode: number | undefined }
  /** The command has not ended, or not begun; what there was has been read. */
  | { readonly _tag: "Running" }
  /** The pod was deleted before the log was read to its end. The code is the kubelet's, where it was seen. */
  | { readonly _tag: "PodDeleted"; readonly exitCode: number | undefined }

/** Whether the error is only how the end of the pod, or of its helper, looks to a reader. */
const isOver = (error: FileSyncError): boolean =>
  isPodMissing(error) || (error.reason._tag === "Channel" && error.reason.error.reason._tag === "NotRunningYet")

/** Reads the log of this very pod. */
export const readTaskLog = Effect.fn("TaskLog.read")(function* (
  pod: Pod,
  { cursor, follow, onEvent }: TaskLogOptions
): Effect.fn.Return<TaskLogEnd, RunError, Exec | PodLog | Pods | PodWatch | Scope.Scope> {
  const pods = yield* Pods
  const { name, namespace, uid } = pod.metadata
  const source = podLogSource(pod, follow)
  if (source === "none") return { _tag: "Running" }
  if (cursor !== undefined && cursor._tag !== source) {
    const reason = new CursorMismatch({ given: cursor._tag, expected: source })
    return yield* new RunError({ operation: "TaskLog.read", reason })
  }
  const watched = yield* followPod({
    namespace,
    name,
    main: MAIN_CONTAINER,
    helpers: [],
    waiting: () => Effect.void,
    seen: () => undefined
  })
  yield* watched.expect(uid)
  const ended = watched.until(mainHasEnded)
  const isGone = pods.get(namespace, name).pipe(
    Effect.map(({ metadata }) => metadata.uid !== uid),
    // No answer says nothing of the pod.
    Effect.catch(({ reason }) => Effect.succeed(reason._tag === "NotFound"))
  )
  const request = { namespace, pod: name, onEvent }
  /** As the kubelet reported it. */
  const exitCode = Effect.map(watched.current, (seen) =>
    seen?.main._tag === "Ended" ? seen.main.end.exitCode : undefined
  )

  const byVolume = readVolumeLog({
    ...request,
    podUid: uid,
    container: HELPER_CONTAINER,
    volumeRoot: VOLUME_ROOT,
    follow,
    from: cursor?._tag === "volume" ? cursor : logStart,
    mainEnded: Effect.asVoid(ended),
    isOver: Effect.flatMap(watched.current, (seen) =>
      seen?.containers.get(HELPER_CONTAINER)?._tag === "Ended" ? Effect.succeed(true) : isGone
    )
  }).pipe(
    Effect.flatMap(({ code }) => {
      if (code !== undefined) return Effect.succeed<TaskLogEnd>({ _tag: "Ended", exitCode: code })
      if (!follow) return Effect.succeed<TaskLogEnd>({ _tag: "Running" })
      // Main was killed with its gate.
      return Effect.map(exitCode, (code): TaskLogEnd => ({ _tag: "Ended", exitCode: code }))
    })
  )
  const byKubelet = followKubeletLog({
    ...request,
    container: MAIN_CONTAINER,
    cursor: cursor?._tag === "kubelet" ? cursor : undefined,
    once: !follow,
    ended,
    podIsGone: isGone
  }).pipe(
    Effect.andThen(exitCode),
    Effect.map(
      (code): TaskLogEnd => (code === undefined && !follow ? { _tag: "Running" } : { _tag: "Ended", exitCode: code })
    )
  )
  // What a driver takes for the run's end is none of a reader's.
  const refused = Effect.catchIf(
    watched.failure,
    ({ reason }) => reason._tag !== "Kube",
    () => Effect.never
  )
  const reading: Effect.Effect<TaskLogEnd, FileSyncError, Exec | PodLog | Scope.Scope> =
    source === "volume" ? byVolume : byKubelet
  return yield* reading.pipe(
    Effect.catch((error) =>
      isOver(error)
        ? Effect.map(exitCode, (code): TaskLogEnd => ({ _tag: "PodDeleted", exitCode: code }))
        : Effect.fail(new RunError({ operation: "TaskLog.read", reason: new Files({ error }) }))
    ),
    Effect.raceFirst(refused)
  )
})
