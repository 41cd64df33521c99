/**
 * Carries out one run from submit to result: obtains the pod, drives it against the clocks, settles
 * the outcome, and leaves the pod as it has to be left. Puts the parts together; what each does is
 * in its own file.
 */
import { type Pod, Pods } from "@podwright/k8s-io"
import { Clock, Duration, Effect, Fiber, type Scope } from "effect"
import { readCancel } from "../claim/PodCancel.ts"
import { withPod } from "../claim/PodTenure.ts"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import { podIsGone } from "../pod/PodPresence.ts"
import type { PreparedTask } from "../task/PreparedTask.ts"
import { randomId } from "../task/RandomId.ts"
import { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import { Cancelled, Detached, TimedOut } from "../task/RunReason.ts"
import type { RunResult } from "../task/RunResult.ts"
import { keepClocks, type Spent } from "./ClockWatch.ts"
import { type Driven, type DrivenPod, driveByKubelet, driveByVolume } from "./PodDrive.ts"
import { type Leaving, leavePod, type StopOptions } from "./PodRemoval.ts"
import { openRun, type Run, type RunServices } from "./Run.ts"
import { stageLimit } from "./RunClock.ts"
import { resultOf, settle, settleFailure } from "./RunSettlement.ts"

/** How a run may be influenced while it continues. */
export interface RunOptions {
  /**
   * When it completes, the driver leaves: the pod continues with its lease released, and the run
   * fails with `Detached`. A run with `resume: false` is cancelled instead, as nobody could take
   * its pod over. By default never.
   */
  readonly detach?: Effect.Effect<void>
  /** How the command is told to stop when the run is cancelled or out of time. */
  readonly stop?: StopOptions
  /**
   * Awaited before the run's pod is created or taken over, beside all that can be prepared without
   * one. Default: nothing.
   */
  readonly after?: Effect.Effect<void>
  /**
   * Whether the run ends when its pod is gone, and not when its result is there. A run that is
   * cancelled or out of time waits for it anyway. Default: false.
   */
  readonly awaitRemoval?: boolean
}

/** Fails when another pod has kept this run from its own for as long as a start may take. */
const waitedTooLong = Effect.fnUntraced(function* ({ openedAt, plan, task }: Run): Effect.fn.Return<never, RunError> {
  const { duration, option: limit } = stageLimit("starting", task)
  const now = yield* monotonicMillis
  yield* Effect.sleep(Duration.toMillis(duration) - (now - openedAt))
  return yield* new RunError({
    operation: "RunExecution.run",
    reason: new TimedOut({
      stage: "starting",
      limit,
      seconds: Duration.toSeconds(duration),
      spentOn: `waiting for an earlier pod of the name ${plan.name} to be deleted, or released by its driver`
    })
  })
})

const detached = (pod: string | null) => new RunError({ operation: "RunExecution.run", reason: new Detached({ pod }) })

/**
 * Leaves the pod when `detach` completes. Where nobody could take it over, the run is cancelled
 * instead.
 */
const detachFromPod = ({ plan, task }: Run, detach: Effect.Effect<void>): Effect.Effect<never, RunError> =>
  Effect.andThen(detach, task.runner.resume ? detached(plan.name) : Effect.interrupt)

/** Fails when somebody asks by the pod that the run be cancelled. */
const cancelledFromElsewhere = Effect.fnUntraced(function* ({ follow, plan }: Run): Effect.fn.Return<never, RunError> {
  const seen = yield* follow.until(({ cancel }) => cancel !== undefined)
  const asked = readCancel(seen?.cancel)
  // The pod was deleted, which is another's to report.
  if (asked === undefined) return yield* Effect.never
  const reason = new Cancelled({ pod: plan.name, ...asked })
  return yield* new RunError({ operation: "RunExecution.run", reason })
})

/**
 * How long the stages of a pod that was taken over have lasted: by the cluster's and the node's
 * times, clamped.
 */
const spentBefore = ({ follow }: Run, pod: Pod, adopted: boolean): Spent => {
  const since = (time: number | undefined) =>
    Effect.map(Clock.currentTimeMillis, (now) => (adopted && time !== undefined ? Math.max(0, now - time) : 0))
  const created = pod.metadata.creationTimestamp
  return {
    starting: since(created === undefined ? undefined : Date.parse(created)),
    running: Effect.flatMap(follow.current, (seen) => since(seen?.startedAt))
  }
}

/** Reports the pod, and ties what is followed to it. */
const begin = Effect.fnUntraced(function* ({ events, follow, journal }: Run, pod: Pod, adopted: boolean) {
  const { creationTimestamp: created = "at an unknown time", uid } = pod.metadata
  yield* follow.expect(uid)
  if (adopted) yield* journal.phase("adopted", `created ${created}, abandoned or released by its driver`)
  else yield* journal.phase("created")
  yield* events.tellOf(uid)
})

/** Waits for a node to take the pod. */
const reachNode = Effect.fnUntraced(function* ({ follow, journal }: Run) {
  const pod = yield* follow.until((seen) => seen.node !== undefined)
  if (pod?.node !== undefined) yield* journal.node(pod.node)
  yield* journal.phase("scheduled")
})

const drive = (run: Run, pod: DrivenPod) =>
  run.log.source === "volume" ? driveByVolume(run, pod, run.log) : driveByKubelet(run, pod, run.log)

type Driving = Fiber.Fiber<Driven, RunError>

/** What a run does with its pod while it has it. */
interface PodUse {
  readonly detach: Effect.Effect<void>
  /** Begins to drive it; what reads the pod may outlast the run's own end. */
  readonly drives: (
    drive: Effect.Effect<Driven, RunError, RunServices>
  ) => Effect.Effect<Driving, never, RunServices | Scope.Scope>
}

/** Drives the run's pod to the end of its command, and settles what came of it. */
const usePod = Effect.fnUntraced(function* (run: Run, pod: Pod, adopted: boolean, { detach, drives }: PodUse) {
  const { follow, journal, lease, namespace, plan, task } = run
  const pods = yield* Pods
  yield* begin(run, pod, adopted)
  const { uid } = pod.metadata
  const isGone = Effect.provideService(podIsGone({ namespace, name: plan.name, uid }, follow), Pods, pods)
  const driving = yield* drives(Effect.andThen(reachNode(run), drive(run, { uid, isGone })))
  const { driven, outcome } = yield* Effect.raceAllFirst([
    Fiber.join(driving),
    keepClocks(run, spentBefore(run, pod, adopted)),
    follow.failure,
    task.runner.resume ? lease.keep(pod, follow) : Effect.never,
    detachFromPod(run, detach),
    cancelledFromElsewhere(run)
  ]).pipe(
    // A command that is told to stop is read on: `PodRemoval.ts`.
    Effect.tapError(({ reason }) =>
      reason._tag === "TimedOut" || reason._tag === "Cancelled" ? Effect.void : Fiber.interrupt(driving)
    ),
    Effect.tap(journal.phase("collected")),
    Effect.flatMap((driven) => Effect.map(settle(run), (outcome) => ({ driven, outcome }))),
    Effect.catch((error) => settleFailure(run, error))
  )
  return yield* resultOf(run, outcome, driven)
})

/**
 * From submit to result, in the caller's scope; interruption stops the command and deletes the pod.
 * Everything goes to `emit`, which is awaited. `remove` is given the wait for the removal of a pod
 * that the run needs no more: the scope has to stay open for it.
 */
export const executeRun = Effect.fn("RunExecution.run")(function* (
  prepared: PreparedTask,
  emit: (event: RunEvent) => Effect.Effect<void>,
  remove: Leaving["remove"],
  { after = Effect.void, detach = Effect.never, stop = {} }: Omit<RunOptions, "awaitRemoval">
): Effect.fn.Return<RunResult, RunError, RunServices | Scope.Scope> {
  const run = yield* openRun(prepared, emit)
  const { follow, journal, lease, namespace, plan } = run
  const { onSpecChange, resume } = prepared.task.runner
  const whileWaiting = Effect.raceFirst(waitedTooLong(run), Effect.andThen(detach, detached(null)))
  let driving: Driving | undefined
  const drives: PodUse["drives"] = (drive) =>
    Effect.tap(Effect.forkScoped(drive), (fiber) =>
      Effect.sync(() => {
        driving = fiber
      })
    )
  return yield* Effect.raceFirst(after, Effect.andThen(detach, detached(null))).pipe(
    Effect.andThen(
      withPod({
        creation: { plan, namespace, driver: randomId(), lease, policy: { resume, onSpecChange } },
        follow,
        warn: journal.warn,
        use: (pod, adopted) => usePod(run, pod, adopted, { detach, drives }),
        giveBack: (pod, exit) => leavePod(run, pod, { exit, driving, stop, remove }),
        whileWaiting
      })
    ),
    Effect.catch((error) => Effect.flatMap(journal.facts, (facts) => error.with({ facts }))),
    Effect.flatMap((result) => Effect.map(journal.facts, (facts) => ({ ...result, ...facts, pod: plan.name }))),
    Effect.tap(journal.finished),
    Effect.ensuring(journal.close)
  )
})
