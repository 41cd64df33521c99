/**
 * Drives a pod that has been created to the end of its command: by one session through the volume
 * (gate shape), or by the kubelet's reports with sessions only for files (init and bare shape, and
 * `logs: kubelet`). Moves things; what they mean is decided in `Outcome.ts`.
 */
import {
  type FileSyncError,
  followKubeletLog,
  isPodMissing,
  type LogEvent,
  logStart,
  type OutputFiles,
  type RenamedOutput,
  runSession,
  type SessionEvent,
  type SessionFarewell,
  type SessionRequest,
  type SessionResult,
  type SkippedOutput
} from "@podwright/file-sync"
import type { Exec, PodLog } from "@podwright/k8s-io"
import { Deferred, Effect, Exit, Fiber, type FileSystem, Random, Ref, Scope } from "effect"
import { deleted } from "../diagnosis/Diagnosis.ts"
import { isRunning, mainHasBegun, mainHasEnded } from "../diagnosis/PodObservation.ts"
import type { PodFollow } from "../pod/PodFollow.ts"
import { WATCH_WORD } from "../pod/PodPresence.ts"
import { RunError } from "../task/RunError.ts"
import { Files, PodFailed } from "../task/RunReason.ts"
import { doubled, spread } from "./Backoff.ts"
import { ExecBudget } from "./ExecBudget.ts"
import { mayHelperEnd } from "./PodEnding.ts"
import type { LogFromKubelet, LogFromVolume, Run } from "./Run.ts"

/** The pod that a run drives. */
export interface DrivenPod {
  readonly uid: string
  /** Whether this very pod was deleted; asked when the API server says that it is not there. */
  readonly isGone: Effect.Effect<boolean>
}

/**
 * What came back from a pod: its outputs by name, the requested names that did not come, and what
 * could not be taken.
 */
export interface Driven {
  readonly files: OutputFiles
  readonly missing: ReadonlyArray<string>
  readonly skipped: ReadonlyArray<SkippedOutput>
  readonly renamed: ReadonlyArray<RenamedOutput>
  readonly changed: ReadonlyArray<string>
}

/** What there is of a run without outputs. */
export const nothingDriven: Driven = { files: {}, missing: [], skipped: [], renamed: [], changed: [] }

/**
 * Before continuing a session that was cut: cuts come in bursts while an API server or a proxy
 * restarts. Doubled for each failure in a row, up to what a server that comes back can bear from a
 * thousand runs, which it cut at one moment: hence spread.
 */
const RECONNECT_FIRST_MS = 200
const RECONNECT_LONGEST_MS = 5_000

/** Whether the error may only be how the pod's own end looks from inside an exec. */
const mayBeThePods = ({ reason }: FileSyncError): boolean =>
  reason._tag === "HelperFailed" || reason._tag === "VolumeFull"

/**
 * Of a session or a log. Where it is that the pod is not there, which has been made sure of, it is
 * the pod's end: the watch, which should have said so first, is late.
 */
const failed = Effect.fnUntraced(function* (operation: string, error: FileSyncError, follow: PodFollow) {
  if (!isPodMissing(error)) return yield* new RunError({ operation, reason: new Files({ error }) })
  const diagnosis = deleted(yield* follow.current)
  return yield* new RunError({ operation, reason: new PodFailed({ diagnosis }) })
})

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`

const ignore = Effect.void

/** Stands for the exit code of a main that left none. */
const KILLED = 137

/** For sessions that move files only. */
const withoutLog = { log: false, cursor: logStart }

/**
 * Runs one session in a helper container, within the process's budget of attempts until it has been
 * opened.
 */
const session = Effect.fnUntraced(function* (
  run: Run,
  pod: DrivenPod,
  options: Pick<SessionRequest, "cursor" | "container" | "volumeRoot" | "log" | "farewell" | "inputs" | "outputs">,
  onEvent: (event: SessionEvent) => Effect.Effect<void>
): Effect.fn.Return<SessionResult, RunError, Exec | ExecBudget | FileSystem.FileSystem> {
  const budget = yield* ExecBudget
  const { follow, inputs, journal, namespace, plan, stages, task } = run
  const { container } = options
  const waiting = yield* Scope.make()
  yield* Scope.provide(budget.waiting, waiting)

  /**
   * The watch may know better than the budget's clock when the container runs; once it has said so,
   * it is asked no more.
   */
  const pause = Effect.fnUntraced(function* (failures: number) {
    if (failures > 0) {
      const delay = doubled(RECONNECT_FIRST_MS, RECONNECT_LONGEST_MS, failures - 1)
      return yield* Effect.sleep(spread(delay, yield* Random.next))
    }
    const seen = yield* follow.current
    if (seen !== undefined && isRunning(seen, container)) return yield* budget.pause(true)
    const runs = Effect.asVoid(follow.until((seen) => isRunning(seen, container)))
    yield* Effect.raceFirst(budget.pause(false), runs)
  })

  const request: SessionRequest = {
    ...options,
    compression: task.runner.transfer.compression ?? "none",
    namespace,
    pod: plan.name,
    podUid: pod.uid,
    mainEnded: Effect.asVoid(follow.until(mainHasEnded)),
    podIsGone: pod.isGone,
    pause,
    onEvent: Effect.fnUntraced(function* (event) {
      if (event._tag === "Opened") {
        yield* Scope.close(waiting, Exit.void)
      }
      if (event._tag === "InputsDelivered") {
        // No session delivers after the gate is open: a command that runs for hours needs no list
        // of files.
        inputs.forget()
        const left = event.leftOut === 0 ? "" : `; left out by ignore files: ${event.leftOut}`
        const detail = `${plural(event.files, "file")}, ${event.bytes} bytes${left}`
        yield* stages.deliver(detail)
      }
      if (event._tag === "Progress") yield* journal.progress(event)
      if (event._tag === "Interrupted") yield* journal.interrupted(event.error.message)
      yield* onEvent(event)
    })
  }
  // A pod that has just been made runs nothing yet.
  const seen = yield* follow.current
  if (seen === undefined || !isRunning(seen, container)) yield* pause(0)
  return yield* runSession(request).pipe(
    Effect.tapError((error) => (mayBeThePods(error) ? Effect.sleep(WATCH_WORD) : ignore)),
    Effect.catch((error) => failed("PodDrive.session", error, follow)),
    Effect.ensuring(Scope.close(waiting, Exit.void))
  )
})

/**
 * Says that main runs as soon as a session is open (`opened`) and the watch has seen main begin. The helper may run,
 * and have the inputs, while main's image is still pulled.
 */
const startWithMain = ({ follow, stages }: Run, opened: Deferred.Deferred<void>) =>
  Deferred.await(opened).pipe(
    Effect.andThen(follow.until(mainHasBegun)),
    Effect.flatMap((seen) => (seen === undefined ? ignore : stages.start)),
    Effect.forkChild
  )

/**
 * Gate shape: one session delivers the inputs, streams both logs and brings exit code and outputs.
 */
export const driveByVolume = Effect.fn("PodDrive.byVolume")(function* (
  run: Run,
  pod: DrivenPod,
  { cursor, plan }: LogFromVolume
): Effect.fn.Return<Driven, RunError, Exec | ExecBudget | FileSystem.FileSystem> {
  const { follow, inputs, journal, outputs, stages, task } = run
  const { outputContainer: container, volumeRoot } = plan
  const farewell: SessionRequest["farewell"] = ({ exit, missing }) =>
    mayHelperEnd(task.runner.delete, exit?.code ?? KILLED, missing.length) ? "done" : "sent"
  const options = { container, volumeRoot, log: true, cursor, farewell, inputs, outputs }
  const opened = yield* Deferred.make<void>()
  yield* startWithMain(run, opened)
  const { changed, files, missing, renamed, skipped } = yield* session(run, pod, options, (event) => {
    switch (event._tag) {
      case "Opened":
        return Deferred.succeed(opened, undefined)
      case "Lines":
        // A command that prints runs, whatever the watch has seen.
        return Effect.andThen(stages.start, journal.log(event))
      case "Replayed":
      case "Gap":
      case "LogEnded":
        return journal.log(event)
      case "Exited": {
        const { code, stderrBytes, stdoutBytes } = event.exit
        const silent = code === undefined && stdoutBytes + stderrBytes === 0
        const ran = Effect.map(follow.current, (seen) => !silent || (seen !== undefined && mainHasBegun(seen)))
        return Effect.andThen(Effect.when(stages.start, ran), stages.finish(code, silent))
      }
      default:
        return ignore
    }
  })
  return { files, missing, skipped, renamed, changed }
})

/**
 * Init and bare shape: the kubelet tells when main runs and ends, and serves its log; sessions move
 * files only.
 */
export const driveByKubelet = Effect.fn("PodDrive.byKubelet")(function* (
  run: Run,
  pod: DrivenPod,
  { cursor, plan }: LogFromKubelet
): Effect.fn.Return<Driven, RunError, Exec | ExecBudget | FileSystem.FileSystem | PodLog> {
  const { follow, inputs, journal, namespace, outputs, stages, task } = run
  const mainBegun = follow.until((pod) => pod.main._tag === "Running" || mainHasEnded(pod))
  if (plan.shape !== "bare") {
    const { inputContainer: container, volumeRoot } = plan
    const farewell = (): SessionFarewell => "leave"
    const options = { container, volumeRoot, ...withoutLog, farewell, inputs, outputs: undefined }
    const opened = yield* Deferred.make<void>()
    yield* startWithMain(run, opened)
    // An init container that takes inputs keeps main from starting for as long as that takes.
    const open = Effect.andThen(Deferred.succeed(opened, undefined), plan.shape === "gate" ? ignore : stages.begin)
    const delivery = session(run, pod, options, (event) => (event._tag === "Opened" ? open : ignore))
    // An init container ends when it has the inputs, and its end may be quicker than the session's
    // last words. Main starts only behind it, so main's start says as much. (A helper beside main
    // stays, and main's start says nothing.)
    yield* plan.shape === "gate" ? delivery : Effect.raceFirst(delivery, mainBegun)
    yield* stages.deliver()
  }
  const ended = follow.until(mainHasEnded)
  const begun = yield* mainBegun
  if (begun !== undefined && mainHasBegun(begun)) yield* stages.start
  const drained = yield* Ref.make(false)
  let last: LogEvent | undefined
  const log = yield* followKubeletLog({
    namespace,
    pod: plan.name,
    container: plan.mainContainer,
    ended,
    cursor,
    podIsGone: pod.isGone,
    onEvent: (event) => {
      if (event._tag === "Interrupted") return journal.warn(`reconnecting: ${event.error.message}`)
      last = event
      return journal.log(event)
    }
  }).pipe(
    Effect.catch((error) => failed("PodDrive.log", error, follow)),
    Effect.andThen(Ref.set(drained, true)),
    Effect.forkChild
  )
  const seen = yield* ended
  yield* stages.finish(undefined)
  const exitCode = seen?.main._tag === "Ended" ? seen.main.end.exitCode : KILLED
  const farewell: SessionRequest["farewell"] = ({ missing }) =>
    mayHelperEnd(task.runner.delete, exitCode, missing.length) ? "done" : "sent"
  const collected =
    plan.shape === "bare"
      ? nothingDriven
      : yield* session(
          run,
          pod,
          {
            container: plan.outputContainer,
            volumeRoot: plan.volumeRoot,
            ...withoutLog,
            farewell,
            inputs: undefined,
            outputs
          },
          () => ignore
        )
  yield* Fiber.join(log).pipe(
    Effect.timeoutOrElse({ duration: task.runner.waitForLogs, orElse: () => Fiber.interrupt(log) })
  )
  if (!(yield* Ref.get(drained))) {
    const after = last?._tag === "Lines" && last.cursor._tag === "kubelet" ? last.cursor.time : undefined
    yield* journal.log({ _tag: "Gap", gap: { after, before: undefined, cause: "unread" } })
  }
  const { changed, files, missing, renamed, skipped } = collected
  return { files, missing, skipped, renamed, changed }
})
