/**
 * One run of a task from submit to result: makes the pod, follows it, moves files and log, keeps the clocks, and leaves the pod as
 * it is to be left. Puts the parts together; what they do is in their own files.
 */
import { checkOutputDirectory, type FileSyncError, makeInputArchive, outputSelection } from "@podwright/file-sync"
import { KubeConnection, type Pod, Pods } from "@podwright/k8s-io"
import { buildPod, type PodPlan, type SpecError, taskValues, WORK_DIRECTORY } from "@podwright/spec-builder"
import { Clock, Deferred, Duration, Effect, type FileSystem, type Scope } from "effect"
import type { HttpClient } from "effect/http"
import { LeaseKeeper } from "../claim/LeaseKeeper.ts"
import { withPod } from "../claim/PodTenure.ts"
import type { KubeServices } from "../connection/RunConnections.ts"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import { followPodEvents } from "../pod/PodEventFollow.ts"
import { followPod } from "../pod/PodFollow.ts"
import { podIsGone } from "../pod/PodPresence.ts"
import { randomId } from "../task/RandomId.ts"
import { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import { CursorMismatch, Detached, Files, Spec, TimedOut } from "../task/RunReason.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { keepClocks, type Spent } from "./ClockWatch.ts"
import type { ExecBudget } from "./ExecBudget.ts"
import { driveByKubelet, driveByVolume, type PodDrive } from "./PodDrive.ts"
import { mayHelperEnd } from "./PodEnding.ts"
import { leavePod } from "./PodRemoval.ts"
import { limitName } from "./RunClock.ts"
import { openJournal } from "./RunJournal.ts"
import { type Receipts, resultOf, settle, settleFailure } from "./RunSettlement.ts"
import { transferLimits } from "./TransferLimits.ts"

/** What a run needs: a cluster, what the runs of a process share, files and HTTP for inputs. */
export type TaskRunServices = KubeServices | ExecBudget | LeaseKeeper | FileSystem.FileSystem | HttpClient.HttpClient

export interface RunOptions {
  /**
   * When it completes, the driver leaves: the pod goes on with its lease released, and the run fails with `Detached`. A run with
   * `resume: false` is cancelled instead, as nobody could take its pod over. By default never.
   */
  readonly detach?: Effect.Effect<void>
}

const wrap = {
  spec: (error: SpecError) => new RunError({ operation: "Run.plan", reason: new Spec({ error }) }),
  files: (error: FileSyncError) => new RunError({ operation: "Run.inputs", reason: new Files({ error }) })
}

/** A cursor of the other kind cannot be continued from; to begin anew would tell every line twice. */
const checkCursor = ({ logCursor }: TaskRequest, { logs }: PodPlan): Effect.Effect<void, RunError> => {
  const expected = logs === "volume" ? "Volume" : "Kubelet"
  if (logCursor === undefined || logCursor._tag === expected) return Effect.void
  const reason = new CursorMismatch({ given: logCursor._tag === "Volume" ? "volume" : "kubelet", expected: logs })
  return Effect.fail(new RunError({ operation: "Run.checkCursor", reason }))
}

/** From submit to result, in a scope of its own; interruption kills the pod. Everything is told to `emit`, which is awaited. */
export const runTask = Effect.fn("TaskRun.run")(function* (
  task: TaskRequest,
  emit: (event: RunEvent) => Effect.Effect<void>,
  { detach = Effect.never }: RunOptions
): Effect.fn.Return<RunResult, RunError, TaskRunServices | Scope.Scope> {
  const pods = yield* Pods
  const connection = yield* KubeConnection
  const plan = yield* Effect.fromResult(buildPod(taskValues(task), task.runner)).pipe(Effect.mapError(wrap.spec))
  yield* checkCursor(task, plan)
  const namespace = task.runner.namespace ?? connection.namespace
  const { syncWorkingDirectory } = task.runner
  const selection = yield* Effect.fromResult(
    outputSelection(task.outputFiles, WORK_DIRECTORY, syncWorkingDirectory)
  ).pipe(Effect.mapError(wrap.files))
  if (task.outputFiles.length > 0 || syncWorkingDirectory) {
    yield* checkOutputDirectory(task.outputDirectory).pipe(Effect.mapError(wrap.files))
  }
  const inputs = yield* makeInputArchive(task.inputFiles).pipe(Effect.mapError(wrap.files))

  const journal = yield* openJournal({ namespace, name: plan.name }, emit)
  const withFacts = (error: RunError) => Effect.flatMap(journal.facts, (facts) => error.with({ facts }))

  const follow = yield* followPod({
    namespace,
    name: plan.name,
    main: plan.mainContainer,
    helpers: plan.shape === "bare" ? [] : [plan.inputContainer, plan.outputContainer],
    waiting: journal.waiting,
    seen: journal.seen
  })
  const events = yield* followPodEvents(namespace, plan.name, journal.podEvent)
  const reached = { started: yield* Deferred.make<void>(), finished: yield* Deferred.make<void>() }

  const { onSpecChange, resume } = task.runner
  const lease = yield* (yield* LeaseKeeper).open(namespace, plan.name, journal.warn)
  const driver = randomId()
  const waiting = task.runner.waitUntilRunning
  const began = yield* monotonicMillis
  const waitingTooLong = Effect.andThen(
    Effect.flatMap(monotonicMillis, (now) => Effect.sleep(Duration.toMillis(waiting) - (now - began))),
    new RunError({
      operation: "Run.execute",
      reason: new TimedOut({
        stage: "starting",
        limit: limitName("starting", false),
        seconds: Duration.toSeconds(waiting),
        spentOn: `waiting for an earlier pod of the name ${plan.name} to be gone, or left by its driver`
      })
    })
  )

  let receipts: Receipts = { exitCode: undefined, finishedAt: undefined }
  const drive: Omit<PodDrive, "podUid" | "podIsGone"> = {
    plan,
    namespace,
    inputs,
    outputs: { selection, directory: task.outputDirectory, limits: transferLimits(task.runner.transfer) },
    compression: task.runner.transfer.compression ?? "none",
    journal,
    follow,
    mayHelperEnd: (exitCode, missing) => mayHelperEnd(task.runner.delete, exitCode, missing),
    logCursor: task.logCursor,
    lateLogs: task.runner.waitForLogs,
    started: Deferred.succeed(reached.started, undefined).pipe(Effect.andThen(journal.phase("started"))),
    finished: Effect.fnUntraced(function* (exitCode) {
      receipts = { exitCode, finishedAt: receipts.finishedAt ?? (yield* monotonicMillis) }
      if (exitCode !== undefined) journal.exited(plan.mainContainer, exitCode)
      yield* Deferred.succeed(reached.finished, undefined)
      yield* journal.phase("finished")
    })
  }

  const left = Effect.andThen(
    detach,
    // Nobody could take it over.
    resume ? new RunError({ operation: "Run.execute", reason: new Detached({ pod: plan.name }) }) : Effect.interrupt
  )

  const use = Effect.fnUntraced(function* (pod: Pod, adopted: boolean) {
    const made = pod.metadata.creationTimestamp
    yield* follow.expect(pod.metadata.uid)
    if (adopted) yield* journal.phase("adopted", `made ${made ?? "at an unknown time"}, left by its driver`)
    else yield* journal.phase("created")
    yield* events.tellOf(pod.metadata.uid)
    const since = (time: number | undefined) =>
      Effect.map(Clock.currentTimeMillis, (now) => (adopted && time !== undefined ? Math.max(0, now - time) : 0))
    const spent: Spent = {
      starting: since(made === undefined ? undefined : Date.parse(made)),
      running: Effect.flatMap(follow.current, (seen) => since(seen?.startedAt))
    }
    const scheduled = Effect.gen(function* () {
      const pod = yield* follow.until((seen) => seen.node !== undefined)
      if (pod?.node !== undefined) yield* journal.node(pod.node)
      yield* journal.phase("scheduled")
    })
    const { uid } = pod.metadata
    const isGone = Effect.provideService(podIsGone({ namespace, name: plan.name, uid }, follow), Pods, pods)
    const own: PodDrive = { ...drive, podUid: uid, podIsGone: isGone }
    const driven = Effect.andThen(
      scheduled,
      plan.logs === "volume" ? driveByVolume({ ...own, plan }) : driveByKubelet(own)
    )
    const settling = { plan, follow, receipts: Effect.sync(() => receipts) }
    const { driven: moved, outcome } = yield* Effect.raceFirst(
      driven,
      Effect.raceFirst(
        Effect.raceFirst(keepClocks({ task, follow, said: events.last, journal, reached, spent }), follow.failure),
        Effect.raceFirst(resume ? lease.keep(pod, follow) : Effect.never, left)
      )
    ).pipe(
      Effect.tap(journal.phase("collected")),
      Effect.flatMap((driven) => Effect.map(settle(settling), (outcome) => ({ driven, outcome }))),
      Effect.catch((error) => settleFailure(error, settling, journal))
    )
    return yield* resultOf(outcome, moved, plan.name, journal)
  })

  const result = yield* withPod({
    creation: { plan, namespace, driver, lease, policy: { resume, onSpecChange } },
    follow,
    warn: journal.warn,
    use,
    giveBack: (pod, exit) => leavePod(pod, exit, { plan, namespace, properties: task.runner, lease, journal }),
    whileWaiting: Effect.raceFirst(
      waitingTooLong,
      Effect.andThen(detach, new RunError({ operation: "Run.execute", reason: new Detached({ pod: null }) }))
    )
  }).pipe(Effect.catch((error) => Effect.flatMap(withFacts(error), Effect.fail)))
  const complete = { ...result, ...(yield* journal.facts), pod: plan.name }
  yield* journal.finished(complete)
  return complete
})
