/**
 * The service that runs tasks, each in one pod: what the CLI, the server and TypeScript programs
 * use. Finds a run its connection; the run itself is `RunExecution.ts`.
 */
import { KubeConnection, type KubeLayerOptions, requestPatienceSeconds } from "@podwright/k8s-io"
import { type Cause, Clock, Context, Effect, Exit, type FileSystem, Layer, Queue, Scope, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { findEarlierAttempt, hasEarlierPod } from "../claim/EarlierAttempts.ts"
import { LeaseKeeper } from "../claim/LeaseKeeper.ts"
import { type KubeServices, RunConnections } from "../connection/RunConnections.ts"
import { type PreparedTask, prepareTask } from "../task/PreparedTask.ts"
import { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import type { RunPlace } from "../task/RunPlace.ts"
import { Kube } from "../task/RunReason.ts"
import type { RunResult } from "../task/RunResult.ts"
import { serverEvent } from "../task/ServerEvent.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { ExecBudget } from "./ExecBudget.ts"
import { pendingRemovals } from "./PendingRemovals.ts"
import { executeRun, type RunOptions } from "./RunExecution.ts"

export type { StopOptions } from "./PodRemoval.ts"
export type { RunOptions } from "./RunExecution.ts"

/** What the runs of a runner share besides their connections. */
type Surroundings = ExecBudget | LeaseKeeper | FileSystem.FileSystem | HttpClient.HttpClient

/** Where a task would run, by the connection alone. */
const findPlace = Effect.fnUntraced(function* ({ runner }: TaskRequest) {
  const { clusterId, namespace, server } = yield* KubeConnection
  const id = yield* Effect.mapError(
    clusterId,
    (error) => new RunError({ operation: "TaskRunner.place", reason: new Kube({ error }) })
  )
  const place: RunPlace = { clusterId: id, cluster: server.host, namespace: runner.namespace ?? namespace }
  return place
})

/** For questions outside a run, whose journal nobody has: says where the server does not answer. */
const reportingSilence = <A, R>(
  question: Effect.Effect<A, RunError, R>,
  emit: (event: RunEvent) => Effect.Effect<void> = () => Effect.void
) =>
  Effect.flatMap(KubeConnection, ({ followSilence }) =>
    Effect.raceFirst(
      question,
      followSilence((notice) =>
        Effect.flatMap(Clock.currentTimeMillis, (at) =>
          emit(serverEvent(notice, `for up to ${requestPatienceSeconds} s`, at))
        )
      )
    )
  )

/** Events between a run and a slow consumer; when the buffer is full the run waits. */
const EVENT_BUFFER = 64

const make = Effect.gen(function* () {
  const connections = yield* RunConnections
  const context = yield* Effect.context<Surroundings>()
  const removals = yield* pendingRemovals

  /** Gives an effect the connection of the task's `config`, whose fields its errors then name. */
  const connectedIn = <A>(
    task: TaskRequest,
    use: Effect.Effect<A, RunError, KubeServices | Surroundings | Scope.Scope>
  ): Effect.Effect<A, RunError, Scope.Scope> =>
    connections.open(task.runner.config).pipe(
      Effect.flatMap(({ explain, services }) => use.pipe(Effect.provideContext(services), Effect.mapError(explain))),
      Effect.provideContext(context)
    )
  const connected = <A>(
    task: TaskRequest,
    use: Effect.Effect<A, RunError, KubeServices | Surroundings | Scope.Scope>
  ): Effect.Effect<A, RunError> => Effect.scoped(connectedIn(task, use))

  /** The run's scope stays open for as long as the removal of its pod is waited for. */
  const runPrepared: TaskRunner["Service"]["runPrepared"] = (prepared, onEvent = () => Effect.void, options = {}) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        let removal: Effect.Effect<void> | undefined
        const remove = (wait: Effect.Effect<void>) =>
          Effect.sync(() => {
            removal = wait
          })
        const run = executeRun(prepared, onEvent, options.awaitRemoval === true ? (wait) => wait : remove, options)
        const exit = yield* connectedIn(prepared.task, run).pipe(
          Scope.provide(scope),
          restore,
          Effect.exit,
          Effect.ensuring(prepared.release)
        )
        const close = Scope.close(scope, exit)
        yield* removal === undefined
          ? close
          : removals.add(prepared.task.identity.executionId, Effect.ensuring(removal, close))
        return yield* exit
      })
    )

  const run: TaskRunner["Service"]["run"] = (task, onEvent, options) =>
    prepareTask(task).pipe(
      Effect.flatMap((prepared) => runPrepared(prepared, onEvent, options)),
      Effect.scoped,
      Effect.provideContext(context)
    )

  const events: TaskRunner["Service"]["events"] = (task, options) =>
    Stream.unwrap(
      Effect.gen(function* () {
        const queue = yield* Queue.bounded<RunEvent, RunError | Cause.Done>(EVENT_BUFFER)
        const told = (event: RunEvent) => Effect.asVoid(Queue.offer(queue, event))
        yield* run(task, told, { ...options, awaitRemoval: true }).pipe(
          Effect.onExit((exit) => (Exit.isSuccess(exit) ? Queue.end(queue) : Queue.failCause(queue, exit.cause))),
          Effect.forkScoped
        )
        // Closed before the run is cancelled: what is told of its end must not wait for a reader.
        yield* Effect.addFinalizer(() => Queue.shutdown(queue))
        return Stream.fromQueue(queue)
      })
    )

  return TaskRunner.of({
    run,
    removals: removals.gone,
    runPrepared,
    events,
    place: (task) => connected(task, findPlace(task)),
    earlierAttempt: (task, onEvent) => connected(task, reportingSilence(findEarlierAttempt(task), onEvent)),
    hasEarlierPod: (prepared, onEvent) => connected(prepared.task, reportingSilence(hasEarlierPod(prepared), onEvent))
  })
})

/**
 * Runs tasks, each in a pod of its own.
 *
 * ```ts
 * const program = Effect.gen(function* () {
 *   const runner = yield* TaskRunner
 *   const result = yield* runner.run(taskRequest({ image: "busybox", commands: ["echo Hello"] }))
 *   console.log(result.state, result.exitCode)
 * })
 * const layer = TaskRunner.layerConnecting().pipe(Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici]))
 * NodeRuntime.runMain(program.pipe(Effect.provide(layer)))
 * ```
 */
export class TaskRunner extends Context.Service<
  TaskRunner,
  {
    /**
     * Runs a task and returns its result; a command that fails is a result with state `FAILED`.
     * Interruption stops the command and waits until its pod is gone. `onEvent` is awaited, so a slow listener holds the log back
     * instead of filling memory; the last event is `Finished`. Fails with a `RunError` when there
     * is no result.
     */
    readonly run: (
      task: TaskRequest,
      onEvent?: (event: RunEvent) => Effect.Effect<void>,
      options?: RunOptions
    ) => Effect.Effect<RunResult, RunError>
    /**
     * The same for a task that `prepareTask` has prepared. It runs once: its inputs are released at
     * the end.
     */
    readonly runPrepared: (
      prepared: PreparedTask,
      onEvent?: (event: RunEvent) => Effect.Effect<void>,
      options?: RunOptions
    ) => Effect.Effect<RunResult, RunError>
    /**
     * The same as a stream; its last event is `Finished`, after the pod is gone. Ending the stream
     * early cancels the run, and waits until its pod is gone.
     */
    readonly events: (task: TaskRequest, options?: RunOptions) => Stream.Stream<RunEvent, RunError>
    /**
     * Completes when the pods are gone whose runs have ended by now: of an execution, or of this
     * runner. A result does not wait for the removal of its pod; a program that ends its process, or
     * whose next pod needs the place of this one, may have to.
     */
    readonly removals: (executionId?: string) => Effect.Effect<void>
    /**
     * The cluster and the namespace that the task would run in, by its connection's settings; the
     * server is not asked.
     */
    readonly place: (task: TaskRequest) => Effect.Effect<RunPlace, RunError>
    /**
     * The highest attempt of the task run that an earlier driver's pod belongs to; undefined where
     * there is no pod. `onEvent` is told where the server does not answer.
     */
    readonly earlierAttempt: (
      task: TaskRequest,
      onEvent?: (event: RunEvent) => Effect.Effect<void>
    ) => Effect.Effect<number | undefined, RunError>
    /**
     * Whether a pod of the task run, of any attempt, continues or has an outcome that no driver has
     * collected. `onEvent` is told where the server does not answer.
     */
    readonly hasEarlierPod: (
      prepared: PreparedTask,
      onEvent?: (event: RunEvent) => Effect.Effect<void>
    ) => Effect.Effect<boolean, RunError>
  }
>()("@podwright/runner/TaskRunner") {
  /**
   * Over the services of a cluster that are there already, such as `kubeLayer` of
   * `@podwright/k8s-io` gives. Give that the `labelSelector` `TASK_RUN_LABEL` of
   * `@podwright/spec-builder`: without one, it keeps every pod of the namespace in memory.
   */
  static readonly layer: Layer.Layer<TaskRunner, never, KubeServices | FileSystem.FileSystem | HttpClient.HttpClient> =
    Layer.effect(TaskRunner, make).pipe(
      Layer.provide([ExecBudget.layer, LeaseKeeper.layer, RunConnections.layerAmbient])
    )

  /**
   * Finds the cluster by these options when the first run needs it: by default from KUBECONFIG,
   * `~/.kube/config`, or the service account of the pod this process runs in.
   */
  static readonly layerConnecting = (
    options: KubeLayerOptions = {}
  ): Layer.Layer<TaskRunner, never, FileSystem.FileSystem | HttpClient.HttpClient> =>
    Layer.effect(TaskRunner, make).pipe(
      Layer.provide([ExecBudget.layer, LeaseKeeper.layer, RunConnections.layer(options)])
    )
}
