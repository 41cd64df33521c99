/** Runs of small tasks on a `FakeCluster`, under the test's clock. */
import { DEFAULT_INTERPRETER, decodeRunnerProperties } from "@podwright/spec-builder"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { type RunOptions, TaskRunner } from "../../src/run/TaskRunner.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"
import { type FakeClusterOptions, fakeCluster } from "./FakeCluster.ts"

/** A task of one command, with whatever is different. */
export const task = Effect.fnUntraced(function* (
  properties: Record<string, unknown> = {},
  different: Partial<TaskRequest> = {}
): Effect.fn.Return<TaskRequest> {
  return {
    identity: { namespace: "n", flowId: "f", taskId: "t", executionId: "e", taskRunId: "r", attempt: 0 },
    image: "busybox",
    command: {
      _tag: "Commands",
      interpreter: DEFAULT_INTERPRETER,
      beforeCommands: [],
      commands: ["true"],
      failFast: true
    },
    env: {},
    inputFiles: [],
    outputFiles: [],
    outputDirectory: "/nowhere",
    timeout: undefined,
    runner: yield* Effect.orDie(Effect.fromResult(decodeRunnerProperties(properties))),
    ...different
  }
})

/** A pod whose helper and main run. */
export const started = {
  phase: "Running",
  containerStatuses: [
    { name: "files", state: { running: {} } },
    { name: "main", state: { running: {} } }
  ]
}
/** A pod whose main waits. */
export const stuck = (reason: string, message: string) => ({
  phase: "Pending",
  containerStatuses: [{ name: "main", state: { waiting: { reason, message } } }]
})

/** A turn of the event loop. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

/** Starts a run in a fiber, with what it has told so far. */
export const begin = Effect.fnUntraced(function* (
  request: TaskRequest,
  options: FakeClusterOptions = {},
  how: RunOptions = {}
) {
  const cluster = yield* fakeCluster(options)
  const events: Array<RunEvent> = []
  const fiber = yield* Effect.forkChild(
    Effect.flatMap(TaskRunner, (runner) =>
      runner.run(request, (event) => Effect.sync(() => events.push(event)), how)
    ).pipe(Effect.provide(cluster.layer))
  )
  // What is left of a run has its end, for which time has to pass.
  yield* Effect.addFinalizer(() => Effect.andThen(Effect.forkDetach(Fiber.interrupt(fiber)), pass(60)))
  // The files of a task are looked at on the machine's own disk, which knows nothing of the test's clock.
  while (events.length === 0 && fiber.pollUnsafe() === undefined) yield* turn
  yield* TestClock.adjust("1 millis")
  return { ...cluster, events, fiber }
})

/** Lets seconds pass, with turns of the event loop between, as what streams do takes. */
export const pass = (seconds: number) =>
  Effect.forEach(Array.from({ length: seconds * 2 }), () => Effect.andThen(TestClock.adjust("500 millis"), turn))
