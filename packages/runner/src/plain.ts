/**
 * The runner for programs without Effect: promises, an AbortSignal, an async iterable of events. An
 * entry point of its own, `@podwright/runner/plain`. Runs of this process that overlap share their
 * connection to a cluster; it is closed with the last of them, so that a program ends when its work
 * does.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Cause, Effect, Exit, Layer, Logger, ManagedRuntime, Result, Stream } from "effect"
import { type PlainTask, plainTaskRequest } from "./plain/PlainTask.ts"
import { type RunOptions, TaskRunner } from "./run/TaskRunner.ts"
import { RunError } from "./task/RunError.ts"
import type { RunEvent } from "./task/RunEvent.ts"
import { Spec } from "./task/RunReason.ts"
import type { RunResult } from "./task/RunResult.ts"
import type { TaskRequest } from "./task/TaskRequest.ts"

export type { PlainTask } from "./plain/PlainTask.ts"
export { RunError } from "./task/RunError.ts"
export type { RunEvent } from "./task/RunEvent.ts"
export type { RunResult } from "./task/RunResult.ts"

/**
 * Which cluster. Default: KUBECONFIG, `~/.kube/config`, or the service account of the pod we are
 * in; `runner.config` adds to it.
 */
export interface ClusterOptions {
  readonly kubeconfig?: string
  readonly context?: string
}

/** How a run is cancelled or detached, beside the cluster that it uses. */
export interface EventOptions extends ClusterOptions {
  /**
   * Cancels the run: its command is told to stop, and its pod is gone before the promise rejects
   * with the signal's reason.
   */
  readonly signal?: AbortSignal
  /**
   * Seconds that the command of a run that is cancelled or out of time has to end by itself. Default:
   * the pod's own `terminationGracePeriodSeconds`, else 10.
   */
  readonly graceSeconds?: number
  /** Ends that wait: the pod of a run that is being stopped is killed at once. */
  readonly killSignal?: AbortSignal
  /**
   * Leaves the run: its pod continues, and the promise rejects with a `RunError` whose reason is
   * `Detached`. The same task with the same ids takes the pod over later, here or elsewhere. For
   * programs that are asked to end.
   */
  readonly detachSignal?: AbortSignal
}

/** The options of `runTask`: those of `taskEvents`, and a listener. */
export interface RunTaskOptions extends EventOptions {
  /**
   * Receives every event in order, and is awaited: a slow listener holds the log back. One that throws
   * cancels the run.
   */
  readonly onEvent?: (event: RunEvent) => void | Promise<void>
}

interface Shared {
  readonly runtime: ManagedRuntime.ManagedRuntime<TaskRunner, never>
  runs: number
}

const shared = new Map<string, Shared>()

/** Uses the runner of a cluster; what nobody uses any more is closed before the promise settles. */
const borrow = ({ context, kubeconfig }: ClusterOptions) => {
  const key = JSON.stringify([kubeconfig, context])
  const found = shared.get(key) ?? {
    runtime: ManagedRuntime.make(
      TaskRunner.layerConnecting({
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(context === undefined ? {} : { context })
      }).pipe(
        Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici]),
        // stdout is the host program's own: warnings go where they disturb no output
        Layer.provideMerge(Layer.succeed(Logger.LogToStderr, true))
      )
    ),
    runs: 0
  }
  shared.set(key, found)
  found.runs += 1
  const giveBack = async () => {
    found.runs -= 1
    if (found.runs > 0) return
    shared.delete(key)
    await found.runtime.dispose()
  }
  return { runtime: found.runtime, giveBack }
}

const requestOf = (task: PlainTask): Effect.Effect<TaskRequest, RunError> =>
  Effect.suspend(() =>
    Effect.fromResult(
      Result.mapError(
        plainTaskRequest(task, process.cwd()),
        (error) => new RunError({ operation: "PlainTask.decode", reason: new Spec({ error }) })
      )
    )
  )

/**
 * Fails when the signal is aborted, as everything on this platform that takes one does: with its
 * reason.
 */
const aborted = (signal: AbortSignal): Effect.Effect<never> =>
  Effect.callback((resume) => {
    const abort = () => resume(Effect.die(signal.reason))
    if (signal.aborted) return abort()
    signal.addEventListener("abort", abort)
    return Effect.sync(() => signal.removeEventListener("abort", abort))
  })

/** Completes when the signal is aborted. */
const completion = (signal: AbortSignal | undefined): Effect.Effect<void> =>
  signal === undefined
    ? Effect.never
    : Effect.callback((resume) => {
        const complete = () => resume(Effect.void)
        if (signal.aborted) return complete()
        signal.addEventListener("abort", complete)
        return Effect.sync(() => signal.removeEventListener("abort", complete))
      })

const runOptions = ({ detachSignal, graceSeconds, killSignal }: EventOptions): RunOptions => ({
  detach: completion(detachSignal),
  stop: { kill: completion(killSignal), ...(graceSeconds === undefined ? {} : { graceSeconds }) },
  awaitRemoval: true
})

/**
 * Runs a task in a pod and resolves with its result; a command that fails is a result with state
 * `FAILED`. Rejects with a `RunError` (`error.reason._tag` says which kind, `error.retryable`
 * whether the same may succeed later), with the signal's reason when it was aborted, or with what
 * `onEvent` threw. Whatever it settles with, the pod is gone by then, where it is to be deleted.
 *
 * @example
 * const result = await runTask({ image: "busybox", commands: ["echo hello"] })
 * console.log(result.state, result.exitCode) // SUCCESS 0
 */
export const runTask = async (task: PlainTask, options: RunTaskOptions = {}): Promise<RunResult> => {
  const { onEvent, signal } = options
  const { giveBack, runtime } = borrow(options)
  try {
    const run = Effect.gen(function* () {
      const runner = yield* TaskRunner
      return yield* runner.run(
        yield* requestOf(task),
        (event) => Effect.promise(async () => onEvent?.(event)),
        runOptions(options)
      )
    })
    const exit = await runtime.runPromiseExit(signal === undefined ? run : Effect.raceFirst(run, aborted(signal)))
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
    return exit.value
  } finally {
    await giveBack()
  }
}

/**
 * The same as events, the last of which is `Finished` with the result. Leaving the loop early
 * cancels the run, and the pod is gone before the loop is left.
 */
export async function* taskEvents(task: PlainTask, options: EventOptions = {}): AsyncGenerator<RunEvent, void> {
  const { signal } = options
  const { giveBack, runtime } = borrow(options)
  try {
    const events = Stream.unwrap(
      Effect.gen(function* () {
        const runner = yield* TaskRunner
        return runner.events(yield* requestOf(task), runOptions(options))
      })
    )
    const whole = signal === undefined ? events : Stream.interruptWhen(events, aborted(signal))
    yield* await runtime.runPromise(Stream.toAsyncIterableEffect(whole))
  } finally {
    await giveBack()
  }
}
