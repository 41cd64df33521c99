import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { attemptDelay, ExecBudget } from "../../src/run/ExecBudget.ts"

describe("attemptDelay", () => {
  it("is quick for few, shared by many, bounded for all", () => {
    const delays = [0, 1, 2, 8, 10, 40, 1000].map((waiting) => attemptDelay(waiting))
    assert.deepStrictEqual(delays, [30, 30, 70, 310, 490, 7990, 60_000])
  })
  it("is a second at most where the container is said to run", () => {
    const delays = [0, 1, 2, 8, 10, 40, 1000].map((waiting) => attemptDelay(waiting, true))
    assert.deepStrictEqual(delays, [30, 30, 70, 310, 490, 1000, 1000])
  })
})

describe("ExecBudget", () => {
  it.effect("makes each wait longer while more wait", () =>
    Effect.gen(function* () {
      const budget = yield* ExecBudget
      const others = Array.from({ length: 10 }, () => budget.waiting)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.all(others)
          const pause = yield* Effect.forkChild(budget.pause(false))
          yield* TestClock.adjust("350 millis")
          assert.isUndefined(pause.pollUnsafe())
          yield* TestClock.adjust("300 millis")
          yield* Fiber.join(pause)
        })
      )
      const pause = yield* Effect.forkChild(budget.pause(false))
      yield* TestClock.adjust("50 millis")
      yield* Fiber.join(pause)
    }).pipe(Effect.provide(ExecBudget.layer))
  )
})
