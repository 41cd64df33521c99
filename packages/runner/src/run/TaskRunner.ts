/**
 * The service that runs tasks, each in one pod: what the CLI, the server and TypeScript programs use. Finds a run its connection;
 * the run itself is `RunExecution.ts`.
 */
import type { KubeConnection, KubeLayerOptions, Pods } from "@podwright/k8s-io"
import { type Cause, Context, Effect, Exit, type FileSystem, Layer, Queue, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { findEarlierAttempt, hasEarlierPod } from "../claim/EarlierAttempts.ts"
import { LeaseKeeper } from "../claim/LeaseKeeper.ts"
import { RunConnections } from "../connection/RunConnections.ts"
import type { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { ExecBudget } from "./ExecBudget.ts"
import { executeRun, type RunOptions } from "./RunExecution.ts"

export type { RunOptions } from "./RunExecution.ts"

type Surroundings = ExecBudget | LeaseKeeper | FileSystem.FileSystem | HttpClient.HttpClient

/** Room for events between a run and a slow consumer; then the run waits for it. */
const EVENT_BUFFER = 64

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
    readonly earlierAttempt: (task: TaskRequest) => Effect.Effect<number | undefined, RunError>
    /** Whether an earlier driver of the task run, whichever attempt it had come to, has left a pod that goes on or was not collected. */
    readonly hasEarlierPod: (task: TaskRequest) => Effect.Effect<boolean, RunError>
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
            executeRun(task, onEvent, options).pipe(Effect.provideContext(services), Effect.mapError(explain))
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
      return TaskRunner.of({
        run,
        earlierAttempt: asking(findEarlierAttempt),
        hasEarlierPod: asking(hasEarlierPod),
        events
      })
    })
  )

  /** With the budget of this process; needs a cluster (`kubeLayer` of k8s-io), a file system and an HTTP client. */
  static readonly layer = TaskRunner.layerNoDeps.pipe(
    Layer.provide([ExecBudget.layer, LeaseKeeper.layer, RunConnections.layerAmbient])
  )

  /** The same, with a cluster that is looked for by these options when the first run needs it. */
  static readonly layerConnecting = (options: KubeLayerOptions = {}) =>
    TaskRunner.layerNoDeps.pipe(Layer.provide([ExecBudget.layer, LeaseKeeper.layer, RunConnections.layer(options)]))
}
