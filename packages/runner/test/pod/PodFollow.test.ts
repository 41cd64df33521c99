/**
 * What a run makes of what the watch tells, beside its diagnosis: whose pod it is, which containers
 * matter, by which clock. Numbers such as R10 are rows of the catalogue in
 * packages/runner/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { begin, pass, started, stuck, task } from "../support/BegunRun.ts"

const causeOf = (error: unknown) => {
  const { reason } = error as {
    readonly reason: { readonly diagnosis?: { readonly cause: { readonly _tag: string } } }
  }
  return reason.diagnosis?.cause._tag
}
const running = { running: {} }
const ended = (exitCode: number) => ({ terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error" } })
const pulling = { waiting: { reason: "ErrImagePull", message: "example.org/files: not found" } }
const busy = { waiting: { reason: "ErrImagePull", message: "503 Service Unavailable" } }

describe("a run and its pod", () => {
  it.effect("R9 takes its pod for gone when another has its name", () =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task())
      yield* run.present({ phase: "Pending" }, "node0", "an-earlier-pod")
      yield* pass(10)
      yield* run.present(started, "node1")
      yield* pass(10)
      assert.isUndefined(run.fiber.pollUnsafe())
      yield* run.present(started, "node2", "a-later-pod")
      yield* pass(3)
      assert.strictEqual(causeOf(yield* Effect.flip(Fiber.join(run.fiber))), "Deleted")
      // By its uid, which the later one does not have.
      assert.deepStrictEqual(run.requests, ["create", "delete uid-1 10"])
    })
  )

  const entrypoint = { command: { _tag: "Entrypoint" }, outputFiles: ["a"], outputDirectory: "/tmp" } as const
  const statuses = (main: object, files: object) => ({
    phase: "Running",
    containerStatuses: [
      { name: "main", state: main },
      { name: "files", state: files }
    ]
  })
  const behind: ReadonlyArray<readonly [string, number, object, string]> = [
    ["R10 keeps the code of a command whose outputs nobody can fetch", 3, pulling, "FAILED 3"],
    ["R10 says what became of the outputs of one that succeeded", 0, pulling, "ImagePull"],
    ["R10 gives the helper's image its grace behind the command's end, and no more", 0, busy, "ImagePull"],
    ["R11 keeps the code of a command whose helper has ended", 3, ended(137), "FAILED 3"],
    ["R11 says what became of the outputs of one that succeeded", 0, ended(137), "HelperEnded"]
  ]
  it.effect.each(behind)("%s", ([_name, exitCode, files, expected]) =>
    Effect.gen(function* () {
      const run = yield* begin(yield* task({}, entrypoint))
      yield* run.present(statuses(running, { waiting: { reason: "ContainerCreating" } }), "node1")
      yield* pass(1)
      yield* run.present(statuses(ended(exitCode), files), "node1")
      yield* pass(120)
      const end = yield* Fiber.join(run.fiber).pipe(
        Effect.map(({ exitCode, state }) => `${state} ${exitCode}`),
        Effect.catch((error) => Effect.succeed(causeOf(error) ?? error.message))
      )
      assert.strictEqual(end, expected)
      const told = run.events.flatMap((event) => (event._tag === "Warning" ? [event.message] : []))
      assert.strictEqual(told.length > 0, expected === "FAILED 3", told.join())
    })
  )

  it.effect("R13 does not wait for a sidecar that others put in, nor for its image", () =>
    Effect.gen(function* () {
      for (const mesh of [running, pulling, ended(1)]) {
        const run = yield* begin(yield* task({ logs: "kubelet", waitForLogs: "PT1S" }, { outputDirectory: "/tmp" }))
        const pod = (main: object, mesh: object) => ({
          phase: "Running",
          containerStatuses: [
            { name: "main", state: main },
            { name: "mesh", state: mesh }
          ]
        })
        yield* run.present(pod(running, running), "node1")
        yield* pass(1)
        yield* run.present(pod(ended(0), mesh), "node1")
        yield* pass(5)
        assert.strictEqual((yield* Fiber.join(run.fiber)).state, "SUCCESS")
      }
    })
  )

  it.effect("R16 measures a grace by a clock that nobody sets", () =>
    Effect.gen(function* () {
      let ahead = 0
      const clock = yield* Clock.Clock
      const millis = () => clock.currentTimeMillisUnsafe() + ahead
      const set: Clock.Clock = { ...clock, currentTimeMillisUnsafe: millis, currentTimeMillis: Effect.sync(millis) }
      const run = yield* begin(yield* task({ waitUntilRunning: "PT5M" })).pipe(Effect.provideService(Clock.Clock, set))
      yield* run.present(stuck("ErrImagePull", "503 Service Unavailable"), "node1")
      yield* pass(2)
      ahead = 3_600_000
      yield* pass(86)
      assert.isUndefined(run.fiber.pollUnsafe())
      yield* pass(3)
      const error = yield* Effect.flip(Fiber.join(run.fiber))
      assert.strictEqual(causeOf(error), "ImagePull")
      assert.isBelow(error.facts?.timings["deleting"] ?? Number.NaN, 100_000)
    })
  )
})
