/** How runs leave their pods, against a fake cluster under the test's clock. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { TaskRunner } from "../../src/run/TaskRunner.ts"
import type { RunEvent } from "../../src/task/RunEvent.ts"
import { begin, pass, started, task } from "../support/BegunRun.ts"
import { fakeCluster } from "../support/FakeCluster.ts"

const ended = {
  phase: "Succeeded",
  containerStatuses: [{ name: "main", state: { terminated: { exitCode: 0 } } }]
}
/** A task whose end the kubelet tells. */
const bare = task({ logs: "kubelet", waitForLogs: "PT0S" })

const told = (events: ReadonlyArray<RunEvent>): ReadonlyArray<string> =>
  events.map((event) => (event._tag === "Phase" ? event.phase : event._tag === "Warning" ? event.message : event._tag))

describe("a run that is cancelled", () => {
  it.effect("waits until its pod is gone", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task(), { stays: "always" })
      yield* run.present(started, "node1")
      yield* pass(1)
      const cancelled = yield* Effect.forkChild(Fiber.interrupt(run.fiber))
      yield* pass(5)
      assert.isUndefined(cancelled.pollUnsafe())
      assert.strictEqual(told(run.events).at(-1), "deleting")
      yield* run.deleted(started)
      yield* pass(1)
      yield* Fiber.join(cancelled)
      assert.strictEqual(told(run.events).at(-1), "removed")
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 10"])
    })
  )

  it.effect("reads what its command prints until then", () =>
    Effect.gen(function* () {
      const printed = yield* Queue.unbounded<Uint8Array>()
      const line = (text: string) => Queue.offer(printed, Buffer.from(`2026-01-01T00:00:00.000000000Z ${text}\n`))
      const log = () => Stream.fromQueue(printed)
      const run = yield* begin(yield* task({ logs: "kubelet" }), { stays: "always", log })
      yield* run.present(started, "node1")
      yield* line("begun")
      yield* pass(1)
      const cancelled = yield* Effect.forkChild(Fiber.interrupt(run.fiber))
      yield* pass(1)
      assert.strictEqual(told(run.events).at(-1), "deleting")
      yield* line("leaving")
      yield* pass(1)
      yield* run.deleted(started)
      yield* pass(2)
      yield* Fiber.join(cancelled)
      const lines = run.events.flatMap((event) => (event._tag === "Log" ? event.lines : []))
      assert.deepStrictEqual(lines, ["begun", "leaving"])
    })
  )

  it.effect("deletes by force a pod that its node does not end, 20 s after the grace", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task(), { stays: "node" }, { stop: { graceSeconds: 4 } })
      yield* run.present(started, "node1")
      yield* pass(1)
      const cancelled = yield* Effect.forkChild(Fiber.interrupt(run.fiber))
      yield* pass(23)
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 4"])
      yield* pass(2)
      yield* Fiber.join(cancelled)
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 4", "delete uid-1 0"])
      assert.strictEqual(told(run.events).at(-1), "removed")
    })
  )

  it.effect("ends with a warning where the pod stays whatever is asked, and does not call it removed", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task(), { stays: "always" })
      yield* run.present(started, "node1")
      yield* pass(1)
      const cancelled = yield* Effect.forkChild(Fiber.interrupt(run.fiber))
      yield* pass(40)
      yield* Fiber.join(cancelled)
      assert.match(
        told(run.events).at(-1) ?? "",
        /^pod .+ could not be deleted: it is still there 5 s after it was deleted by force$/
      )
    })
  )

  it.effect("kills its pod at once when it is asked to", () =>
    Effect.gen(function* () {
      const kill = yield* Deferred.make<void>()
      const stop = { graceSeconds: 600, kill: Deferred.await(kill) }
      const run = yield* begin(yield* task(), { stays: "node" }, { stop })
      yield* run.present(started, "node1")
      yield* pass(1)
      const cancelled = yield* Effect.forkChild(Fiber.interrupt(run.fiber))
      yield* pass(100)
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 600"])
      yield* Deferred.succeed(kill, undefined)
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(cancelled)
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 600", "delete uid-1 0"])
    })
  )

  it.effect("waits for nothing where the pod cannot be deleted", () =>
    Effect.gen(function* () {
      const detail = 'pods is forbidden: User "u" cannot delete resource "pods" in API group ""'
      const reason = { _tag: "Forbidden", verb: "delete", resource: "pods", namespace: "default", detail } as const
      const run = yield* begin(yield* task(), { delete: reason })
      yield* run.present(started, "node1")
      yield* pass(1)
      yield* Fiber.interrupt(run.fiber)
      assert.match(told(run.events).at(-1) ?? "", /^pod .+ could not be deleted: .+ cannot delete resource/)
    })
  )
})

describe("a run that has its result", () => {
  it.effect("does not wait for its pod's removal, which its runner knows of, by execution", () =>
    Effect.gen(function* () {
      const cluster = yield* fakeCluster({ stays: "always" })
      const events: Array<RunEvent> = []
      yield* Effect.gen(function* () {
        const runner = yield* TaskRunner
        const run = yield* Effect.forkChild(runner.run(yield* bare, (event) => Effect.sync(() => events.push(event))))
        while (events.length < 2) yield* pass(0.5)
        yield* cluster.present(ended, "node1")
        yield* pass(5)
        assert.strictEqual((yield* Fiber.join(run)).state, "SUCCESS")
        assert.deepStrictEqual(told(events).slice(-2), ["deleting", "Finished"])
        yield* runner.removals("another")
        const gone = yield* Effect.forkChild(runner.removals("e"))
        const allGone = yield* Effect.forkChild(runner.removals())
        yield* pass(5)
        assert.isUndefined(gone.pollUnsafe())
        assert.isUndefined(allGone.pollUnsafe())
        yield* cluster.deleted(ended)
        yield* pass(1)
        yield* Fiber.join(gone)
        yield* Fiber.join(allGone)
        yield* runner.removals()
        // The result was the last word.
        assert.strictEqual(told(events).at(-1), "Finished")
      }).pipe(Effect.provide(cluster.layer))
    })
  )

  it.effect("waits for its pod's removal where it is to, and as a stream of events", () =>
    Effect.gen(function* () {
      for (const way of ["option", "stream"] as const) {
        const cluster = yield* fakeCluster({ stays: "always" })
        const events: Array<RunEvent> = []
        const tell = (event: RunEvent) => Effect.sync(() => events.push(event))
        const run = yield* Effect.forkChild(
          Effect.gen(function* () {
            const runner = yield* TaskRunner
            if (way === "option") yield* runner.run(yield* bare, tell, { awaitRemoval: true })
            else yield* Stream.runForEach(runner.events(yield* bare), tell)
          }).pipe(Effect.provide(cluster.layer))
        )
        while (events.length < 2) yield* pass(0.5)
        yield* cluster.present(ended, "node1")
        yield* pass(5)
        assert.isUndefined(run.pollUnsafe(), way)
        assert.strictEqual(told(events).at(-1), "deleting", way)
        yield* cluster.deleted(ended)
        yield* pass(1)
        yield* Fiber.join(run)
        assert.deepStrictEqual(told(events).slice(-3), ["deleting", "removed", "Finished"], way)
      }
    })
  )

  it.effect("creates its pod only after what it is to wait for", () =>
    Effect.gen(function* () {
      const free = yield* Deferred.make<void>()
      const run = yield* begin(yield* task(), {}, { after: Deferred.await(free) })
      yield* pass(5)
      assert.deepStrictEqual(run.requests, [])
      yield* Deferred.succeed(free, undefined)
      yield* pass(1)
      assert.deepStrictEqual(run.requests, ["create"])
    })
  )
})
