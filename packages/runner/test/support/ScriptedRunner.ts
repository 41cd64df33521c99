/** A runner without a cluster: each task ends as the test says, and what was asked for is noted. */
import { podName } from "@podwright/spec-builder"
import { Deferred, Effect, Layer, Stream } from "effect"
import { Diagnosis } from "../../src/diagnosis/Diagnosis.ts"
import { TaskRunner } from "../../src/run/TaskRunner.ts"
import { RunError } from "../../src/task/RunError.ts"
import { Detached, PodFailed } from "../../src/task/RunReason.ts"
import type { RunFacts, RunResult } from "../../src/task/RunResult.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"
import { causes } from "./causes.ts"

/** How a run ends: with a result, differently from a plain success; with an error; or not before it is left. */
export type ScriptedEnd = Partial<RunResult> | RunError | "never"

export const factsOf = (task: TaskRequest): RunFacts => ({
  pod: podName(task.identity),
  namespace: "n",
  node: null,
  timings: {},
  containers: {},
  logLines: { stdout: 0, stderr: 0 },
  logGaps: 0,
  outputs: {},
  metrics: []
})

/** A pod lost with its node. */
export const lost = (task: TaskRequest): RunError => {
  const diagnosis = new Diagnosis({ cause: causes.NodeLost, kind: "transient", summary: "node lost", remedy: "r" })
  return new RunError({ operation: "o", reason: new PodFailed({ diagnosis }), facts: factsOf(task) })
}

/** `end` is asked for each run, with how many there were before. */
export const scriptedRunner = (end: (task: TaskRequest, before: number) => ScriptedEnd) => {
  const asked: Array<TaskRequest> = []
  const history: Array<string> = []
  const begun = Deferred.makeUnsafe<void>()
  const run: TaskRunner["Service"]["run"] = Effect.fnUntraced(function* (
    task,
    onEvent = () => Effect.void,
    options = {}
  ) {
    const ending = end(task, asked.length)
    asked.push(task)
    yield* options.after ?? Effect.void
    history.push(`${task.identity.taskId} ${task.identity.attempt}`)
    yield* Deferred.succeed(begun, undefined)
    yield* onEvent({ _tag: "Phase", at: 0, phase: "created", pod: podName(task.identity) })
    if (ending === "never") {
      yield* options.detach ?? Effect.never
      const reason = new Detached({ pod: podName(task.identity) })
      return yield* new RunError({ operation: "o", reason, facts: factsOf(task) })
    }
    if (ending instanceof RunError) return yield* ending
    const facts = factsOf(task)
    const pod = podName(task.identity)
    const result: RunResult = {
      ...facts,
      pod,
      state: "SUCCESS",
      exitCode: 0,
      outputFiles: {},
      diagnosis: null,
      ...ending
    }
    yield* onEvent({ _tag: "Finished", at: 0, result })
    return result
  })
  const layer = Layer.succeed(
    TaskRunner,
    TaskRunner.of({
      run,
      runPrepared: ({ task }, onEvent, options) => run(task, onEvent, options),
      place: () => Effect.succeed({ clusterId: "c", cluster: "c:6443", namespace: "n" }),
      earlierAttempt: () => Effect.undefined,
      hasEarlierPod: () => Effect.succeed(false),
      events: () => Stream.empty,
      removals: (executionId) => Effect.sync(() => history.push(`gone ${executionId}`))
    })
  )
  return { asked, history, begun: Deferred.await(begun), layer }
}
