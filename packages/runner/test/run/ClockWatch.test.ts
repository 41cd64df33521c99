/** How long outputs are waited for: for as long as something comes. The other clocks are tested with whole runs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { PodFollow } from "../../src/pod/PodFollow.ts"
import { keepClocks } from "../../src/run/ClockWatch.ts"
import { openJournal } from "../../src/run/RunJournal.ts"
import { makeRunStages } from "../../src/run/RunStages.ts"
import { task } from "../support/BegunRun.ts"

const follow: PodFollow = {
  expect: () => Effect.void,
  current: Effect.undefined,
  takenSince: Effect.undefined,
  until: () => Effect.never,
  failure: Effect.never
}

/** A run whose command has just ended, and its clocks. */
const collecting = Effect.gen(function* () {
  const journal = yield* openJournal({ namespace: "n", name: "p" }, () => Effect.void)
  const stages = yield* makeRunStages(journal, "main")
  yield* stages.start
  yield* stages.finish(undefined)
  const events = { tellOf: () => Effect.void, last: Effect.undefined, evidence: Effect.succeed([]) }
  const spent = { starting: Effect.succeed(0), running: Effect.succeed(0) }
  const clocks = keepClocks({ task: yield* task(), follow, events, journal, stages }, spent)
  const fiber = yield* Effect.forkChild(clocks)
  yield* TestClock.adjust("1 millis")
  return { journal, fiber }
})

describe("keepClocks", () => {
  it.effect("lets outputs come for as long as they do, and says what had come when nothing comes any more", () =>
    Effect.gen(function* () {
      const { fiber, journal } = yield* collecting
      for (let minute = 4; minute <= 40; minute += 4) {
        yield* TestClock.adjust("4 minutes")
        const far = { bytes: minute * 1000, files: 2, bytesPerSecond: 1 }
        yield* journal.progress({ _tag: "Progress", direction: "outputs", ...far })
      }
      yield* TestClock.adjust("299 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      const error = yield* Effect.flip(Fiber.join(fiber))
      assert.strictEqual(
        error.message,
        "time is up: the wait for more output allows 300 s, spent on the log's end and the output files (40000 bytes of 2 files had come)"
      )
    })
  )

  it.effect("does not count the silence of a connection that was lost", () =>
    Effect.gen(function* () {
      const { fiber, journal } = yield* collecting
      for (let session = 1; session <= 4; session++) {
        yield* TestClock.adjust("2 minutes")
        yield* journal.interrupted("nothing was heard from the server for 120 s")
      }
      yield* TestClock.adjust("299 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.include((yield* Effect.flip(Fiber.join(fiber))).message, "no file has come")
    })
  )

  it.effect("counts the rest of the log as well", () =>
    Effect.gen(function* () {
      const { fiber, journal } = yield* collecting
      yield* TestClock.adjust("4 minutes")
      const cursor = { _tag: "volume", stdout: 2, stderr: 0 } as const
      yield* journal.log({ _tag: "Lines", stream: "stdout", lines: ["a"], ending: "newline", cursor })
      yield* TestClock.adjust("4 minutes")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 minute")
      assert.include((yield* Effect.flip(Fiber.join(fiber))).message, "no file has come")
    })
  )
})
