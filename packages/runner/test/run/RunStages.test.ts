/** What a run reports of its stages, and in which order, whatever order they are heard of in. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { openJournal } from "../../src/run/RunJournal.ts"
import { makeRunStages, type RunStages } from "../../src/run/RunStages.ts"

/** The phases that are reported when a run goes through these steps. */
const reported = Effect.fnUntraced(function* (steps: (stages: RunStages) => ReadonlyArray<Effect.Effect<void>>) {
  const phases: Array<string> = []
  const journal = yield* openJournal({ namespace: "n", name: "p" }, (event) =>
    // A listener that takes its time.
    Effect.andThen(
      Effect.yieldNow,
      Effect.sync(() => {
        if (event._tag === "Phase") phases.push([event.phase, event.detail ?? ""].join(" ").trim())
      })
    )
  )
  const stages = yield* makeRunStages(journal, "main")
  yield* Effect.all(steps(stages), { concurrency: "unbounded", discard: true })
  return phases.slice(1)
})

describe("RunStages", () => {
  it.effect("reports inputs that are delivered while main's image is pulled when main runs, and not before", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* reported((stages) => [stages.deliver("1 file, 2 bytes")]), [])
      assert.deepStrictEqual(yield* reported((stages) => [stages.deliver("1 file, 2 bytes"), stages.start]), [
        "started",
        "inputs-delivered 1 file, 2 bytes"
      ])
    })
  )
  it.effect("reports the start once, and before what is heard of meanwhile", () =>
    Effect.gen(function* () {
      const phases = yield* reported((stages) => [stages.start, stages.deliver(), stages.start])
      assert.deepStrictEqual(phases, ["started", "inputs-delivered"])
    })
  )
  it.effect("starts the command's clock without a report where main waits for its inputs", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* reported((stages) => [stages.begin, stages.started]), [])
    })
  )
  it.effect("does not report as started a main that ended and never ran", () =>
    Effect.gen(function* () {
      const phases = yield* reported((stages) => [stages.finish(undefined, true), stages.started, stages.finished])
      assert.deepStrictEqual(phases, ["finished"])
    })
  )
})
