/** Who waits how long: the bucket's arithmetic, the waiting, and that runs get what they need. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import {
  createLimit,
  fullBucket,
  makeRequestTurns,
  makeTurns,
  otherLimit,
  type RateLimit,
  takeToken
} from "../../src/client/RequestRate.ts"

const limit: RateLimit = { perSecond: 10, burst: 2 }

/** The delays of takers at these moments. */
const delays = (moments: ReadonlyArray<number>, of: RateLimit = limit): ReadonlyArray<number> => {
  let bucket = fullBucket(of)
  return moments.map((now) => {
    const taken = takeToken(of, bucket, now)
    bucket = taken.bucket
    return taken.delay
  })
}

describe("takeToken", () => {
  it.each([
    ["a burst starts at once, and later requests wait", [0, 0, 0, 0], [0, 0, 100, 200]],
    ["a wait is counted from the request", [0, 0, 0, 50], [0, 0, 100, 150]],
    ["a quiet time refills the burst", [0, 0, 0, 10_000, 10_000, 10_000], [0, 0, 100, 0, 0, 100]],
    ["ten requests a second never wait", [0, 100, 200, 300, 400], [0, 0, 0, 0, 0]],
    ["a clock that was set back gives nothing", [1000, 1000, 500, 500], [0, 0, 100, 200]]
  ] as const)("%s", (_what, moments, expected) => {
    assert.deepStrictEqual(
      delays(moments).map((delay) => Math.round(delay)),
      [...expected]
    )
  })
})

const at = (count: number) => Array.from({ length: count }, () => 0)

describe("the limits", () => {
  it("hold up neither one run nor forty at once", () => {
    assert.isTrue(delays(at(80), createLimit).every((delay) => delay === 0))
    assert.isTrue(delays(at(160), otherLimit).every((delay) => delay === 0))
  })
  it("spread a thousand runs over what a scheduler takes, and their deletions over the time for them", () => {
    assert.strictEqual(delays(at(1000), createLimit).at(-1), 18_000)
    assert.strictEqual(delays(at(1000), otherLimit).at(-1), 8_000)
  })
})

describe("makeTurns", () => {
  it.effect("lets takers go in the order they came, each at its time", () =>
    Effect.gen(function* () {
      const turn = makeTurns(limit)
      const went: Array<readonly [number, number]> = []
      const fiber = yield* Effect.forEach(
        [0, 1, 2, 3],
        (index) =>
          Effect.andThen(
            turn,
            Effect.map(Clock.currentTimeMillis, (now) => went.push([index, now]))
          ),
        { concurrency: "unbounded" }
      ).pipe(Effect.forkChild)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(went, [
        [0, 0],
        [1, 0],
        [2, 100],
        [3, 200]
      ])
    })
  )
})

describe("makeRequestTurns", () => {
  it.effect("leaves the turn of who gives up to others", () =>
    Effect.gen(function* () {
      const connection = makeRequestTurns()
      for (let taken = 0; taken < createLimit.burst; taken++) yield* connection.create
      const many = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 1000 }), () => connection.create, { concurrency: "unbounded" })
      )
      yield* TestClock.adjust("1 millis")
      yield* Fiber.interrupt(many)
      const next = yield* Effect.forkChild(connection.create)
      yield* TestClock.adjust("40 millis")
      assert.isDefined(next.pollUnsafe())
    })
  )

  it.effect("holds up creates by nothing but creates, and one connection by no other", () =>
    Effect.gen(function* () {
      const connection = makeRequestTurns()
      const elsewhere = makeRequestTurns()
      for (let taken = 0; taken < createLimit.burst; taken++) yield* connection.create
      const next = yield* Effect.forkChild(connection.create)
      yield* connection.other
      yield* elsewhere.create
      assert.isUndefined(next.pollUnsafe())
      yield* TestClock.adjust("20 millis")
      yield* Fiber.join(next)
    })
  )
})
