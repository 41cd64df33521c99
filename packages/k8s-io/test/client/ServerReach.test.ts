import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { HttpClientError, HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"
import { makeServerReach, OwesAnswer } from "../../src/client/ServerReach.ts"
import type { ServerNotice } from "../../src/client/ServerSilence.ts"

const refused = Effect.fail(
  new HttpClientError.HttpClientError({
    reason: new HttpClientError.TransportError({
      request: HttpClientRequest.get("/"),
      cause: Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" })
    })
  })
)

/** A server that is watched, and what was told. */
const watched = Effect.gen(function* () {
  const notices: Array<ServerNotice> = []
  const reach = yield* makeServerReach("https://k:6443")
  yield* Effect.forkChild(
    reach.follow((notice) =>
      Effect.sync(() => {
        notices.push(notice)
      })
    )
  )
  return { reach, notices }
})

describe("makeServerReach", () => {
  it.effect("tells once that a request hangs, and that it was answered", () =>
    Effect.gen(function* () {
      const { notices, reach } = yield* watched
      const answer = yield* Deferred.make<string>()
      const request = yield* Effect.forkChild(reach.noting(Deferred.await(answer)))
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual(notices, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(notices, [{ _tag: "Silent", address: "https://k:6443" }])
      yield* TestClock.adjust("10 seconds")
      yield* Deferred.succeed(answer, "")
      yield* Fiber.join(request)
      yield* TestClock.adjust("0 millis")
      assert.deepStrictEqual(notices.slice(1), [{ _tag: "Answers", address: "https://k:6443", afterMs: 12_000 }])
    })
  )

  it.effect("tells once of requests that are refused, however many there are", () =>
    Effect.gen(function* () {
      const { notices, reach } = yield* watched
      for (let times = 0; times < 20; times++) {
        yield* Effect.ignore(reach.noting(refused))
        yield* TestClock.adjust("500 millis")
      }
      assert.deepStrictEqual(notices, [
        { _tag: "Silent", address: "https://k:6443", detail: "connect ECONNREFUSED 127.0.0.1:1" }
      ])
    })
  )

  it.effect("tells of each silence anew", () =>
    Effect.gen(function* () {
      const { notices, reach } = yield* watched
      for (let times = 0; times < 2; times++) {
        yield* Effect.ignore(reach.noting(refused))
        yield* TestClock.adjust("3 seconds")
        yield* reach.noting(Effect.void)
        yield* TestClock.adjust("1 minute")
      }
      assert.deepStrictEqual(
        notices.map(({ _tag }) => _tag),
        ["Silent", "Answers", "Silent", "Answers"]
      )
    })
  )

  it.effect("bears the silence of a followed log, whose head comes with its first line", () =>
    Effect.gen(function* () {
      const { notices, reach } = yield* watched
      yield* Effect.forkChild(Effect.provideService(reach.noting(Effect.never), OwesAnswer, false))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(notices, [])
    })
  )

  it.effect("says nothing of a request that its caller gave up in time", () =>
    Effect.gen(function* () {
      const { notices, reach } = yield* watched
      yield* Effect.forkChild(Effect.timeoutOption(reach.noting(Effect.never), "1 second"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(notices, [])
    })
  )
})
