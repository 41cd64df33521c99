import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { makeStartQueue } from "../../src/sandbox/StartQueue.ts"

/** A queue whose only turn is taken until `free`, and the names in the order of their starts. */
const occupied = Effect.gen(function* () {
  const queue = makeStartQueue(1)
  const gate = yield* Deferred.make<void>()
  const started: Array<string> = []
  const first = yield* Effect.forkChild(queue.turn(0)(Deferred.await(gate)), { startImmediately: true })
  const ask = (name: string, age: number) =>
    Effect.forkChild(queue.turn(age)(Effect.sync(() => started.push(name))), { startImmediately: true })
  const free = Effect.andThen(Deferred.succeed(gate, undefined), Fiber.join(first))
  return { queue, started, ask, free }
})

describe("StartQueue", () => {
  it.effect("starts what belongs to the oldest pod first, and by the order of asking within a pod", () =>
    Effect.gen(function* () {
      const { ask, free, started } = yield* occupied
      const asked: ReadonlyArray<readonly [string, number]> = [
        ["2a", 2],
        ["3a", 3],
        ["1a", 1],
        ["2b", 2],
        ["1b", 1]
      ]
      const fibers = yield* Effect.forEach(asked, ([name, age]) => ask(name, age))
      assert.deepStrictEqual(started, [])
      yield* free
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(started, ["1a", "1b", "2a", "2b", "3a"])
    })
  )

  it.effect("forgets one that is interrupted while it waits", () =>
    Effect.gen(function* () {
      const { ask, free, started } = yield* occupied
      const unwanted = yield* ask("unwanted", 1)
      const wanted = yield* ask("wanted", 2)
      yield* Fiber.interrupt(unwanted)
      yield* free
      yield* Fiber.join(wanted)
      assert.deepStrictEqual(started, ["wanted"])
    })
  )

  it.effect("gives a turn back however the start ends", () =>
    Effect.gen(function* () {
      const queue = makeStartQueue(1)
      yield* Effect.exit(queue.turn(1)(Effect.fail("failed")))
      yield* Effect.exit(queue.turn(1)(Effect.die("died")))
      const held = yield* Effect.forkChild(queue.turn(1)(Effect.never), { startImmediately: true })
      yield* Fiber.interrupt(held)
      assert.strictEqual(yield* queue.turn(1)(Effect.succeed("started")), "started")
    })
  )

  it.effect("runs as many at once as it is to, and not one more", () =>
    Effect.gen(function* () {
      const queue = makeStartQueue(3)
      let running = 0
      let most = 0
      const start = Effect.gen(function* () {
        running += 1
        most = Math.max(most, running)
        yield* Effect.yieldNow
        running -= 1
      })
      yield* Effect.forEach(Array.from({ length: 20 }), (_, age) => queue.turn(age)(start), {
        concurrency: "unbounded",
        discard: true
      })
      assert.strictEqual(most, 3)
    })
  )
})
