import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  decodeRetry,
  decodeRunnerProperties,
  podName,
  type RetryProperties,
  type TaskIdentity
} from "@podwright/spec-builder"
import { Clock, Effect, Fiber, Layer, Result, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { INFRASTRUCTURE_RETRIES } from "../../src/attempts/RetryPolicy.ts"
import { type RetriedTask, runWithRetries } from "../../src/attempts/RunRetries.ts"
import { Diagnosis } from "../../src/diagnosis/Diagnosis.ts"
import { TaskRunner } from "../../src/run/TaskRunner.ts"
import { RunError } from "../../src/task/RunError.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import { CursorMismatch, PodFailed } from "../../src/task/RunReason.ts"
import type { RunFacts, RunResult } from "../../src/task/RunResult.ts"
import type { TaskRequest } from "../../src/task/TaskRequest.ts"
import { type CauseName, causes } from "../support/causes.ts"
import { preparedOf } from "../support/PreparedOf.ts"

const identity: TaskIdentity = {
  namespace: "n",
  flowId: "f",
  taskId: "t",
  executionId: "e",
  taskRunId: "r",
  attempt: 0
}
const retryOf = (retry: object): RetryProperties => Result.getOrThrow(decodeRetry(retry))
const diagnosis = (cause: CauseName) =>
  new Diagnosis({ cause: causes[cause], kind: "transient", summary: `because of ${cause}`, remedy: "r" })
const runner = Result.getOrThrow(decodeRunnerProperties({}))

const request = (own: TaskIdentity): TaskRequest => ({
  identity: own,
  image: "i",
  command: { _tag: "Entrypoint" },
  env: {},
  inputFiles: [],
  outputFiles: [],
  outputDirectory: "/nowhere",
  timeout: undefined,
  runner,
  logCursor: { _tag: "volume", stdout: own.attempt, stderr: 0 }
})

const factsOf = (pod: string): RunFacts & { readonly pod: string } => ({
  pod,
  namespace: "n",
  node: null,
  timings: {},
  containers: {},
  logLines: { stdout: 0, stderr: 0 },
  logGaps: 0,
  outputs: {},
  metrics: []
})

/** How an attempt ends: well, with an exit code, with a pod lost for a cause, or as wrong input. */
type End = "ok" | number | CauseName | "input"

interface Started {
  readonly at: number
  readonly task: TaskRequest
}

/** A runner whose attempts take a second each and end as listed, the last for ever after. */
const scripted = (ends: ReadonlyArray<End>, started: Array<Started>, result: Partial<RunResult> = {}) => {
  const run: TaskRunner["Service"]["run"] = Effect.fnUntraced(function* (task, onEvent = () => Effect.void) {
    const end = ends[Math.min(started.length, ends.length - 1)] ?? "ok"
    started.push({ at: yield* Clock.currentTimeMillis, task })
    yield* Effect.sleep("1 second")
    const facts = factsOf(podName(task.identity))
    if (end === "input") {
      return yield* new RunError({
        operation: "o",
        reason: new CursorMismatch({ given: "volume", expected: "kubelet" })
      })
    }
    if (typeof end === "string" && end !== "ok") {
      return yield* new RunError({ operation: "o", reason: new PodFailed({ diagnosis: diagnosis(end) }), facts })
    }
    const failed = end !== "ok"
    const ended: RunResult = {
      ...facts,
      state: failed ? "FAILED" : "SUCCESS",
      exitCode: failed ? end : 0,
      outputFiles: {},
      diagnosis: failed ? diagnosis("CommandFailed") : null,
      ...result
    }
    yield* onEvent({ _tag: "Finished", at: 0, result: ended })
    return ended
  })
  return Layer.merge(
    Layer.succeed(
      TaskRunner,
      TaskRunner.of({
        run,
        runPrepared: ({ task }, onEvent, options) => run(task, onEvent, options),
        place: () => Effect.succeed({ clusterId: "c", cluster: "c:6443", namespace: "n" }),
        earlierAttempt: () => Effect.undefined,
        hasEarlierPod: () => Effect.succeed(false),
        events: () => Stream.empty,
        removals: () => Effect.void
      })
    ),
    NodeFileSystem.layer
  )
}

const play = Effect.fnUntraced(function* (
  ends: ReadonlyArray<End>,
  options: Partial<RetriedTask<never, never>> & { readonly result?: Partial<RunResult> } = {}
) {
  const started: Array<Started> = []
  const events: Array<RunEvent> = []
  const fiber = yield* runWithRetries({
    first: preparedOf(request(identity)),
    request: (own) => Effect.succeed(request(own)),
    retry: undefined,
    onEvent: (event) => Effect.sync(() => events.push(event)),
    ...options
  }).pipe(Effect.provide(scripted(ends, started, options.result)), Effect.result, Effect.forkChild)
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust("1 second")
    // What is done outside the clock (files) needs turns of the event loop, on a busy machine very many.
    yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  }
  const ended = yield* Fiber.join(fiber)
  const told = events.map((event) => {
    if (event._tag === "Retrying") return `retrying ${event.attempt} ${event.budget} ${event.delayMs}: ${event.why}`
    return event._tag === "Finished"
      ? `finished ${event.result.state}`
      : event._tag === "Warning"
        ? event.message
        : event._tag
  })
  return { ended, started, events, told }
})

const constant = retryOf({ type: "constant", interval: "PT2S", maxAttempts: 3 })

describe("runWithRetries", () => {
  it.effect("runs once what succeeds", () =>
    Effect.gen(function* () {
      const { ended, started, told } = yield* play(["ok"], { retry: constant })
      assert.strictEqual(started.length, 1)
      assert.deepStrictEqual(started[0]?.task.logCursor, { _tag: "volume", stdout: 0, stderr: 0 })
      assert.isUndefined(Result.getOrThrow(ended).attempts)
      assert.deepStrictEqual(told, ["finished SUCCESS"])
    })
  )

  it.effect("runs a failed command again, in a pod of its own and from its log's beginning", () =>
    Effect.gen(function* () {
      const { ended, started, told } = yield* play([3, 4, "ok"], { retry: constant })
      assert.deepStrictEqual(
        started.map(({ at, task }) => [at, task.identity.attempt, task.identity.taskRunId]),
        [
          [0, 0, "r"],
          [3_000, 1, "r"],
          [6_000, 2, "r"]
        ]
      )
      assert.isFalse(started.slice(1).some(({ task }) => "logCursor" in task))
      const result = Result.getOrThrow(ended)
      assert.strictEqual(result.state, "SUCCESS")
      assert.strictEqual(new Set(result.attempts?.map(({ pod }) => pod)).size, 3)
      assert.deepStrictEqual(
        result.attempts?.map(({ attempt, state, why }) => [attempt, state, why]),
        [
          [1, "FAILED", "because of CommandFailed"],
          [2, "FAILED", "because of CommandFailed"],
          [3, "SUCCESS", null]
        ]
      )
      assert.deepStrictEqual(told, [
        "retrying 2 retry 2000: because of CommandFailed",
        "retrying 3 retry 2000: because of CommandFailed",
        "finished SUCCESS"
      ])
    })
  )

  it.effect("gives up after maxAttempts, with the last result", () =>
    Effect.gen(function* () {
      const { ended, started, told } = yield* play([3, 4, 5, 6], { retry: constant })
      assert.strictEqual(started.length, 3)
      assert.strictEqual(Result.getOrThrow(ended).exitCode, 5)
      assert.deepStrictEqual(told.slice(-2), ["not retried: attempt 3 of 3 (maxAttempts)", "finished FAILED"])
    })
  )

  it.effect("counts the attempts of an earlier driver", () =>
    Effect.gen(function* () {
      const { ended, started, told } = yield* play([3, 4, 5], {
        retry: constant,
        first: preparedOf(request({ ...identity, attempt: 1 }))
      })
      assert.deepStrictEqual(
        started.map(({ task }) => task.identity.attempt),
        [1, 2]
      )
      assert.deepStrictEqual(
        Result.getOrThrow(ended).attempts?.map(({ attempt }) => attempt),
        [2, 3]
      )
      assert.strictEqual(told.at(-2), "not retried: attempt 3 of 3 (maxAttempts)")
    })
  )

  it.effect("asks for the task anew for each attempt, since expressions may know which it is", () =>
    Effect.gen(function* () {
      const { started } = yield* play([3, "Evicted", "ok"], {
        retry: constant,
        request: (own) => Effect.succeed({ ...request(own), image: `of attempt ${own.attempt}` })
      })
      assert.deepStrictEqual(
        started.map(({ task }) => task.image),
        [request(identity).image, "of attempt 1", "of attempt 2"]
      )
    })
  )

  it.effect("warns of a success that took several attempts, where that is asked for", () =>
    Effect.gen(function* () {
      const retry = { ...constant, warningOnRetry: true }
      assert.strictEqual(Result.getOrThrow((yield* play(["ok"], { retry })).ended).state, "SUCCESS")
      const { ended, told } = yield* play([3, "ok"], { retry })
      assert.strictEqual(Result.getOrThrow(ended).state, "WARNING")
      assert.strictEqual(told.at(-1), "finished WARNING")
      // Not the task's attempts.
      assert.strictEqual(Result.getOrThrow((yield* play(["Evicted", "ok"], { retry })).ended).state, "SUCCESS")
    })
  )

  it.effect("begins an execution for each attempt, where that is asked for", () =>
    Effect.gen(function* () {
      const { ended, started, events } = yield* play([3, "NodeLost", "ok"], {
        retry: { ...constant, behavior: "CREATE_NEW_EXECUTION" }
      })
      const [first, second, third] = started.map(({ task }) => task.identity)
      assert.deepStrictEqual(first, identity)
      assert.strictEqual(second?.attempt, 0)
      assert.notStrictEqual(second?.executionId, "e")
      assert.notStrictEqual(second?.taskRunId, "r")
      // For the infrastructure's failure the same task run is repeated.
      assert.deepStrictEqual<object | undefined>(third, { ...second, attempt: 1 })
      assert.deepStrictEqual(
        Result.getOrThrow(ended).attempts?.map(({ executionId }) => executionId),
        ["e", second?.executionId, second?.executionId]
      )
      const retrying = events.find((event) => event._tag === "Retrying")
      assert.strictEqual(retrying?._tag === "Retrying" ? retrying.executionId : undefined, second?.executionId)
    })
  )

  it.effect("repeats for the infrastructure without being asked, and without using up attempts", () =>
    Effect.gen(function* () {
      const none = yield* play(["NodeLost", "Preempted", "ok"])
      assert.deepStrictEqual(
        none.started.map(({ at }) => at),
        [0, 6_000, 17_000]
      )
      const both = yield* play(["Evicted", 3, "Evicted", 3, "Evicted", 3, "ok"], { retry: constant })
      assert.strictEqual(both.started.length, 6)
      assert.strictEqual(Result.getOrThrow(both.ended).exitCode, 3)
    })
  )

  it.effect(
    "stops repeating for the infrastructure when its budget is used up, and says all attempts in the error",
    () =>
      Effect.gen(function* () {
        const { ended, started, told } = yield* play(["NodeLost"])
        assert.strictEqual(started.length, 1 + INFRASTRUCTURE_RETRIES.retries)
        const error = Result.getOrThrow(Result.flip(ended))
        assert.deepStrictEqual(
          error.facts?.attempts?.map(({ state }) => state),
          ["ERROR", "ERROR", "ERROR", "ERROR"]
        )
        assert.strictEqual(told.at(-1), "not retried: repeated 3 times for the infrastructure, and no retry")
        const off = yield* play(["NodeLost"], { infrastructure: { ...INFRASTRUCTURE_RETRIES, retries: 0 } })
        assert.strictEqual(off.started.length, 1)
      })
  )

  it.effect("never repeats input that is wrong", () =>
    Effect.gen(function* () {
      const { ended, started } = yield* play(["input"], { retry: constant })
      assert.strictEqual(started.length, 1)
      assert.isTrue(Result.isFailure(ended))
    })
  )

  it.effect("ends when it is cancelled while it waits", () =>
    Effect.gen(function* () {
      const started: Array<Started> = []
      const fiber = yield* runWithRetries({
        first: preparedOf(request(identity)),
        request: (own) => Effect.succeed(request(own)),
        retry: constant
      }).pipe(Effect.provide(scripted([3], started)), Effect.forkChild)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(started.length, 1)
    })
  )

  it.effect("removes the files of an attempt that failed", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "retries-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true }))
      )
      const path = join(folder, "out.txt")
      yield* Effect.promise(() => Promise.all([writeFile(path, "x"), writeFile(join(folder, "other"), "x")]))
      const outputFiles = { "out.txt": { path, bytes: 1, sha256: "s" } }
      yield* play([3, 4], { retry: { ...constant, maxAttempts: 2 }, result: { outputFiles } })
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(folder)), ["other"])
    })
  )

  const milliseconds = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20_000 }))
  it.effect.prop(
    "never starts more attempts than allowed, nor one after maxDuration, nor two closer than the delay",
    [
      milliseconds,
      milliseconds,
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 })),
      Schema.Int.check(Schema.isBetween({ minimum: 20_001, maximum: 60_000 }))
    ],
    ([interval, more, maxAttempts, maxDuration]) =>
      Effect.gen(function* () {
        const limits = { maxAttempts, maxDuration: `${maxDuration}ms` }
        const maxInterval = `${Math.min(20_000, interval + more) + 0}ms`
        const ranges = [
          { type: "constant", interval: `${interval}ms` },
          ...(maxInterval === `${interval}ms`
            ? []
            : [
                { type: "random", minInterval: `${interval}ms`, maxInterval },
                { type: "exponential", interval: `${interval}ms`, maxInterval }
              ])
        ]
        for (const range of ranges) {
          const { started } = yield* play([1], { retry: retryOf({ ...range, ...limits }) })
          const times = started.map(({ at }) => at)
          const first = times[0] ?? 0
          assert.isAtMost(times.length, maxAttempts)
          assert.isAtMost(times.at(-1) ?? 0, first + maxDuration)
          times.slice(1).forEach((at, index) => {
            assert.isAtLeast(at - (times[index] ?? 0), 1_000 + interval)
          })
        }
      }),
    { arbitrary: { runs: 30 } }
  )
})
