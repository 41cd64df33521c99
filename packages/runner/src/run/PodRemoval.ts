/**
 * Ends a run's use of its pod as `PodEnding.ts` decides: deletes it, keeps it, or releases its
 * lease. A pod that is deleted is followed until it is gone, and a command that is told to stop is
 * listened to until then.
 */
import { type Pod, Pods } from "@podwright/k8s-io"
import { Effect, type Exit, Fiber } from "effect"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import { persistently } from "../pod/PersistentRequest.ts"
import { accessAdvice } from "../task/AccessAdvice.ts"
import { renameWarnings, skipWarnings } from "../task/OutputWords.ts"
import type { RunError } from "../task/RunError.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { Driven } from "./PodDrive.ts"
import { podEnding, removalGrace } from "./PodEnding.ts"
import type { Run } from "./Run.ts"

/** How a command is told to stop whose run is cancelled or out of time. */
export interface StopOptions {
  /**
   * Seconds that it has to end by itself after TERM. Default: the pod's own
   * `terminationGracePeriodSeconds`, else 10.
   */
  readonly graceSeconds?: number
  /** When it completes, the pod is killed without waiting for the rest of the grace. Default: never. */
  readonly kill?: Effect.Effect<void>
}

/** How a run leaves its pod. */
export interface Leaving {
  readonly exit: Exit.Exit<RunResult, RunError>
  /** What still reads the pod; undefined where nothing has begun to. */
  readonly driving: Fiber.Fiber<Driven, RunError> | undefined
  readonly stop: StopOptions
  /** Is given the wait for the removal of a pod whose run has nothing more to hear from it. */
  readonly remove: (removal: Effect.Effect<void>) => Effect.Effect<void>
}

/**
 * Seconds after the grace period: a kubelet that lives has killed the pod by then and reported it,
 * also on a loaded node.
 */
const REMOVAL_SECONDS = 20

/** Seconds until a pod is gone that was deleted by force: the API server alone does it. */
const FORCED_SECONDS = 5

/**
 * A pod's end and its session's last bytes race each other to us: what the session holds has been
 * sent already, and nothing comes for this long once it is through, ms.
 */
const LAST_BYTES_MS = 500

/** A listener that fails has ended the run already; its pod is dealt with all the same. */
const told = Effect.exit

/** Waits until nothing more comes from a pod that is gone, or all of it has been read. */
const readLastBytes = Effect.fnUntraced(function* ({ journal }: Run, driving: Fiber.Fiber<Driven, RunError>) {
  const gone = yield* monotonicMillis
  while (driving.pollUnsafe() === undefined) {
    const { at } = yield* journal.arrival
    const left = LAST_BYTES_MS - ((yield* monotonicMillis) - Math.max(gone, at))
    if (left <= 0) return
    yield* Effect.timeoutOption(Fiber.await(driving), left)
  }
})

/** Reads no more, and keeps what was collected of a command that was stopped. */
const stopReading = Effect.fnUntraced(function* (
  { journal, task }: Run,
  reads: Fiber.Fiber<Driven, RunError> | undefined
) {
  if (reads === undefined) return
  yield* Fiber.interrupt(reads)
  const exit = yield* Fiber.await(reads)
  if (exit._tag !== "Success") return
  const { files, renamed, skipped } = exit.value
  journal.brought(files)
  const count = Object.keys(files).length
  const detail = `${count} file${count === 1 ? "" : "s"} in ${task.outputDirectory}`
  yield* told(journal.phase("collected", count === 0 ? undefined : detail))
  for (const warning of [...skipWarnings(skipped), ...renameWarnings(renamed)]) yield* told(journal.warn(warning))
})

const releaseLease = ({ journal, lease, plan }: Run, pod: Pod) =>
  Effect.catch(lease.release(pod), (error) =>
    journal.warn(
      `pod ${plan.name} continues, but its lease could not be released, so a driver that takes it over has to wait until it runs out: ${error.explanation}${accessAdvice(error)}`
    )
  )

/** How a pod is deleted. */
interface Removal {
  readonly grace: number
  /** Deletes it by force before the grace is over. */
  readonly kill: Effect.Effect<void>
  /** What still reads it. */
  readonly reads: Fiber.Fiber<Driven, RunError> | undefined
  readonly detail: string | undefined
  readonly await: Leaving["remove"]
}

/** Deletes the pod, and hands over the wait until it is gone. */
const deletePod = Effect.fnUntraced(function* (
  run: Run,
  { metadata: { uid } }: Pod,
  { await: awaited, detail, grace, kill, reads }: Removal
): Effect.fn.Return<void, never, Pods> {
  const { follow, journal, namespace, plan } = run
  const { name } = plan
  const pods = yield* Pods
  const failed = (why: string) => told(journal.warn(`pod ${name} could not be deleted: ${why}`))
  /** Whether the server has accepted it. */
  const send = (gracePeriodSeconds: number) =>
    persistently("Pods.delete", { namespace, name }, pods.delete(namespace, name, { uid, gracePeriodSeconds })).pipe(
      Effect.as(true),
      // The run's own end must not be hidden; the pod's deadline ends it in any case.
      Effect.catch((error) => Effect.as(failed(`${error.explanation}${accessAdvice(error)}`), false))
    )
  const within = (seconds: number) =>
    follow
      .until(() => false)
      .pipe(
        Effect.as(true),
        Effect.timeoutOrElse({ duration: `${seconds} seconds`, orElse: () => Effect.succeed(false) })
      )
  const byForce = Effect.gen(function* () {
    if (!(yield* send(0))) return false
    const gone = yield* within(FORCED_SECONDS)
    if (!gone) yield* failed(`it is still there ${FORCED_SECONDS} s after it was deleted by force`)
    return gone
  })

  if (!(yield* send(grace))) return yield* stopReading(run, reads)
  yield* told(journal.phase("deleting", detail))
  const removal = Effect.gen(function* () {
    const ended = Effect.tap(within(grace + REMOVAL_SECONDS), (gone) =>
      gone && reads !== undefined ? readLastBytes(run, reads) : Effect.void
    )
    const gone = (yield* Effect.raceFirst(ended, Effect.as(kill, false))) || (yield* byForce)
    yield* stopReading(run, reads)
    if (gone) yield* told(journal.phase("removed"))
  })
  yield* awaited(removal)
})

/**
 * Leaves the pod. What fails here is a warning: it must not hide the run's own end. A run that was
 * cancelled or is out of time waits until its pod is gone, and listens to it; other runs have nothing
 * more to hear, and hand the wait to `remove`.
 */
export const leavePod = Effect.fnUntraced(function* (
  run: Run,
  pod: Pod,
  { driving, exit, remove, stop }: Leaving
): Effect.fn.Return<void, never, Pods> {
  const { journal, lease, plan, task } = run
  const ending = podEnding(exit, task.runner.delete)
  const isStopped = ending._tag === "Stop" && ending.collect
  // Before `started` there is no command to listen to.
  const reads = isStopped && (yield* journal.facts).timings.started !== undefined ? driving : undefined
  if (reads === undefined && driving !== undefined) yield* Fiber.interrupt(driving)
  if (ending._tag === "Leave") return yield* releaseLease(run, pod)
  if (ending._tag === "Keep") return
  if (task.runner.resume && !(yield* lease.isSure(pod))) {
    yield* stopReading(run, reads)
    return yield* journal.warn(`pod ${plan.name} was taken over by another driver, so this run does not delete it`)
  }
  const grace = removalGrace(ending, plan, stop.graceSeconds)
  const detail = reads === undefined ? undefined : `the command has up to ${grace} s to end`
  const kill = stop.kill ?? Effect.never
  yield* deletePod(run, pod, { grace, kill, reads, detail, await: isStopped ? (removal) => removal : remove })
})
