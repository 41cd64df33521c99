/**
 * Runs one task in one pod, from submit to result: makes the pod, follows it, moves files and log, keeps the clocks,
 * decides the outcome and leaves no pod behind. The service that the CLI, the server and TypeScript programs use.
 */
import { randomBytes } from "node:crypto"
import { checkOutputDirectory, type FileSyncError, makeInputArchive, outputSelection } from "@podwright/file-sync"
import { KubeConnection, type KubeLayerOptions, type Pod, Pods } from "@podwright/k8s-io"
import {
  buildPod,
  identityLabels,
  LABEL_PREFIX,
  type PodPlan,
  type SpecError,
  taskValues,
  WORK_DIRECTORY
} from "@podwright/spec-builder"
import {
  type Cause,
  Clock,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  type FileSystem,
  Layer,
  Queue,
  type Scope,
  Stream
} from "effect"
import type { HttpClient } from "effect/http"
import { keepClocks, type Spent } from "./ClockWatch.ts"
import { ExecBudget } from "./ExecBudget.ts"
import { insist } from "./Insistence.ts"
import { isPodLeft, latestAttempt } from "./PodClaim.ts"
import { driveByKubelet, driveByVolume, type PodDrive } from "./PodDrive.ts"
import { mayHelperEnd, podEnding } from "./PodEnding.ts"
import { followPodEvents } from "./PodEventFollow.ts"
import { followPod } from "./PodFollow.ts"
import { PodLeases } from "./PodLeases.ts"
import { podIsGone } from "./PodPresence.ts"
import { withPod } from "./PodTenure.ts"
import { limitName, monotonicMillis } from "./RunClock.ts"
import { type KubeServices, RunConnections } from "./RunConnections.ts"
import { CursorMismatch, Detached, Files, Kube, RunError, Spec, TimedOut } from "./RunError.ts"
import type { RunEvent } from "./RunEvent.ts"
import { openJournal } from "./RunJournal.ts"
import type { RunResult } from "./RunResult.ts"
import { type Receipts, resultOf, settle, settleFailure } from "./RunSettlement.ts"
import type { TaskRequest } from "./TaskRequest.ts"
import { transferLimits } from "./TransferLimits.ts"

type Surroundings = ExecBudget | PodLeases | FileSystem.FileSystem | HttpClient.HttpClient
type Environment = KubeServices | Surroundings

const wrap = {
  spec: (error: SpecError) => new RunError({ operation: "build pod", reason: new Spec({ error }) }),
  files: (error: FileSyncError) => new RunError({ operation: "move files", reason: new Files({ error }) })
}

/** A cursor of the other kind cannot be continued from; to begin anew would tell every line twice. */
const checkCursor = ({ logCursor }: TaskRequest, { logs }: PodPlan): Effect.Effect<void, RunError> => {
  const expected = logs === "volume" ? "Volume" : "Kubelet"
  if (logCursor === undefined || logCursor._tag === expected) return Effect.void
  const reason = new CursorMismatch({ given: logCursor._tag.toLowerCase(), expected: expected.toLowerCase() })
  return Effect.fail(new RunError({ operation: "check task", reason }))
}

const runTask = Effect.fn("TaskRunner.run")(function* (
  task: TaskRequest,
  emit: (event: RunEvent) => Effect.Effect<void>,
  { detach = Effect.never }: RunOptions
): Effect.fn.Return<RunResult, RunError, Environment | Scope.Scope> {
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
  const withFacts = (error: RunError) =>
    Effect.flatMap(journal.facts, (facts) => new RunError({ operation: error.operation, reason: error.reason, facts }))

  const follow = yield* followPod({
    namespace,
    name: plan.name,
    main: plan.mainContainer,
    helpers: [plan.inputContainer, plan.outputContainer].filter((name) => name !== undefined),
    waiting: journal.waiting,
    seen: journal.seen
  })
  const events = yield* followPodEvents(namespace, plan.name, journal.podEvent)
  const reached = { started: yield* Deferred.make<void>(), finished: yield* Deferred.make<void>() }

  const { onSpecChange, resume } = task.runner
  const lease = yield* (yield* PodLeases).open(namespace, plan.name, journal.warn)
  const driver = randomBytes(8).toString("hex")
  const waiting = task.runner.waitUntilRunning
  const began = yield* monotonicMillis
  const waitingTooLong = Effect.andThen(
    Effect.flatMap(monotonicMillis, (now) => Effect.sleep(Duration.toMillis(waiting) - (now - began))),
    new RunError({
      operation: "run task",
      reason: new TimedOut({
        limit: limitName("starting", false),
        seconds: Duration.toSeconds(waiting),
        spentOn: `waiting for an earlier pod of the name ${plan.name} to be gone, or left by its driver`
      })
    })
  )

  const remove = Effect.fnUntraced(function* (pod: Pod, exit: Exit.Exit<RunResult, RunError>) {
    const ending = podEnding(exit, task.runner.delete)
    if (ending._tag === "Leave") {
      return yield* lease
        .release(pod)
        .pipe(
          Effect.catch((error) =>
            journal.warn(`pod ${plan.name} goes on, and its lease has to run out first: ${error.message}`)
          )
        )
    }
    if (ending._tag === "Keep") return
    if (resume && !(yield* lease.isSure(pod))) {
      return yield* journal.warn(`pod ${plan.name} has been taken over by another driver, and is left to it`)
    }
    const options = { uid: pod.metadata.uid, ...(ending._tag === "Kill" ? { gracePeriodSeconds: 0 } : {}) }
    const subject = { namespace, name: plan.name }
    const deletion = pods.delete(namespace, plan.name, options)
    yield* insist("Pods.delete", subject, deletion).pipe(
      Effect.andThen(journal.phase("removed")),
      // The run's own end must not be hidden; the pod's deadline ends it in any case.
      Effect.catch((error) => journal.warn(`pod ${plan.name} could not be deleted: ${error.message}`))
    )
  })

  let receipts: Receipts = { exitCode: undefined, finishedAt: undefined }
  const drive: Omit<PodDrive, "podIsGone"> = {
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
    resume ? new RunError({ operation: "run task", reason: new Detached({ pod: true }) }) : Effect.interrupt
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
    const own: PodDrive = { ...drive, podIsGone: isGone }
    const driven = Effect.andThen(scheduled, plan.logs === "volume" ? driveByVolume(own) : driveByKubelet(own))
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
    return yield* resultOf(outcome, moved, journal)
  })

  const result = yield* withPod({
    creation: { plan, namespace, driver, lease, policy: { resume, onSpecChange } },
    follow,
    warn: journal.warn,
    use,
    giveBack: remove,
    whileWaiting: Effect.raceFirst(
      waitingTooLong,
      Effect.andThen(detach, new RunError({ operation: "run task", reason: new Detached({ pod: false }) }))
    )
  }).pipe(Effect.catch((error) => Effect.flatMap(withFacts(error), Effect.fail)))
  const complete = { ...result, ...(yield* journal.facts) }
  yield* journal.finished(complete)
  return complete
})

const podsOf = Effect.fnUntraced(function* (task: TaskRequest) {
  const pods = yield* Pods
  const { namespace } = yield* KubeConnection
  const labels = identityLabels(task.identity)
  const label = `${LABEL_PREFIX}taskrun-id`
  const { items } = yield* pods
    .list(task.runner.namespace ?? namespace, { labelSelector: `${label}=${labels[label]}` })
    .pipe(Effect.mapError((error) => new RunError({ operation: "look for pods", reason: new Kube({ error }) })))
  return items
})

const findAttempt = Effect.fn("TaskRunner.attemptLeft")(function* (task: TaskRequest) {
  return latestAttempt(yield* podsOf(task), task.identity)
})

const findLeft = Effect.fn("TaskRunner.isLeft")(function* (task: TaskRequest) {
  const plan = yield* Effect.fromResult(buildPod(taskValues(task), task.runner)).pipe(Effect.mapError(wrap.spec))
  return isPodLeft(yield* podsOf(task), task.identity, plan)
})

/** Room for events between a run and a slow consumer; then the run waits for it. */
const EVENT_BUFFER = 64

export interface RunOptions {
  /**
   * When it completes, the driver leaves: the pod goes on with its lease released, and the run fails with `Detached`. A run with
   * `resume: false` is cancelled instead, as nobody could take its pod over. By default never.
   */
  readonly detach?: Effect.Effect<void>
}

export class TaskRunner extends Context.Service<
  TaskRunner,
  {
    /**
     * Runs a task and returns its result; a command that fails is a result with state `FAILED`. Interruption kills the
     * pod. `onEvent` is awaited, so a slow listener holds the log back, not memory.
     */
    readonly run: (
      task: TaskRequest,
      onEvent?: (event: RunEvent) => Effect.Effect<void>,
      options?: RunOptions
    ) => Effect.Effect<RunResult, RunError>
    /** The attempt that an earlier driver of the task run has left a pod of; undefined where it has left none. */
    readonly attemptLeft: (task: TaskRequest) => Effect.Effect<number | undefined, RunError>
    /** Whether an earlier driver of the task run, whichever attempt it had come to, has left a pod that goes on or was not collected. */
    readonly isLeft: (task: TaskRequest) => Effect.Effect<boolean, RunError>
    /** The same as a stream; its last event is `Finished`. Ending the stream early cancels the run. */
    readonly events: (task: TaskRequest, options?: RunOptions) => Stream.Stream<RunEvent, RunError>
  }
>()("@podwright/runner/TaskRunner") {
  static readonly layerNoDeps = Layer.effect(
    TaskRunner,
    Effect.gen(function* () {
      const connections = yield* RunConnections
      const context = yield* Effect.context<Surroundings>()
      const run = (
        task: TaskRequest,
        onEvent: (event: RunEvent) => Effect.Effect<void> = () => Effect.void,
        options: RunOptions = {}
      ) =>
        connections.open(task.runner.config).pipe(
          Effect.flatMap(({ explain, services }) =>
            runTask(task, onEvent, options).pipe(Effect.provideContext(services), Effect.mapError(explain))
          ),
          Effect.scoped,
          Effect.provideContext(context)
        )
      const asking =
        <A>(find: (task: TaskRequest) => Effect.Effect<A, RunError, KubeConnection | Pods>) =>
        (task: TaskRequest) =>
          connections.open(task.runner.config).pipe(
            Effect.flatMap(({ explain, services }) =>
              find(task).pipe(Effect.provideContext(services), Effect.mapError(explain))
            ),
            Effect.scoped
          )
      const events = (task: TaskRequest, options?: RunOptions) =>
        Stream.unwrap(
          Effect.gen(function* () {
            const queue = yield* Queue.bounded<RunEvent, RunError | Cause.Done>(EVENT_BUFFER)
            yield* run(task, (event) => Effect.asVoid(Queue.offer(queue, event)), options).pipe(
              Effect.onExit((exit) => (Exit.isSuccess(exit) ? Queue.end(queue) : Queue.failCause(queue, exit.cause))),
              Effect.forkScoped
            )
            return Stream.fromQueue(queue)
          })
        )
      return TaskRunner.of({ run, attemptLeft: asking(findAttempt), isLeft: asking(findLeft), events })
    })
  )

  /** With the budget of this process; needs a cluster (`kubeLayer` of k8s-io), a file system and an HTTP client. */
  static readonly layer = TaskRunner.layerNoDeps.pipe(
    Layer.provide([ExecBudget.layer, PodLeases.layer, RunConnections.layerAmbient])
  )

  /** The same, with a cluster that is looked for by these options when the first run needs it. */
  static readonly layerConnecting = (options: KubeLayerOptions = {}) =>
    TaskRunner.layerNoDeps.pipe(Layer.provide([ExecBudget.layer, PodLeases.layer, RunConnections.layer(options)]))
}
