import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { attemptDelay, ExecBudget, spread } from "../src/ExecBudget.ts"

describe("attemptDelay", () => {
  it("is quick for few, shared by many, bounded for all", () => {
    assert.deepStrictEqual([0, 1, 2, 10, 40, 1000].map(attemptDelay), [30, 30, 70, 390, 1590, 20_000])
  })
})

describe("spread", () => {
  it("keeps within a fifth of the delay, which is in the middle", () => {
    assert.deepStrictEqual(
      [0, 0.5, 1].map((random) => Math.round(spread(200, random))),
      [160, 200, 240]
    )
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
          const pause = yield* Effect.forkChild(budget.pause)
          yield* TestClock.adjust("300 millis")
          assert.isUndefined(pause.pollUnsafe())
          yield* TestClock.adjust("200 millis")
          yield* Fiber.join(pause)
        })
      )
      const pause = yield* Effect.forkChild(budget.pause)
      yield* TestClock.adjust("50 millis")
      yield* Fiber.join(pause)
    }).pipe(Effect.provide(ExecBudget.layer))
  )
})
