/** The shared watch of events against a fake API server: who is told what, and what a refusal or a loss comes to. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, type Scope, Stream } from "effect"
import { KubeConnection } from "../../src/client/KubeConnection.ts"
import { PodEvents, readEventLine } from "../../src/pods/PodEvents.ts"
import { type Answer, type Asked, drive, type FakeApi, fakeApi, turn, until } from "../support/FakeApiServer.ts"

const event = (pod: string, reason: string, resourceVersion = "11", uid = "u1") => ({
  metadata: { name: `${pod}.${resourceVersion}`, resourceVersion },
  involvedObject: { kind: "Pod", name: pod, uid },
  reason,
  message: reason,
  count: 1
})

interface OpenWatch {
  readonly asked: Asked
  readonly send: (type: string, object: unknown) => void
  readonly end: () => void
}

interface Cluster {
  readonly api: FakeApi
  readonly watches: ReadonlyArray<OpenWatch>
  readonly lists: ReadonlyArray<Asked>
  readonly refuse: Array<(answer: Answer) => void>
  readonly events: PodEvents["Service"]
}

const cluster: Effect.Effect<Cluster, unknown, Scope.Scope> = Effect.gen(function* () {
  const watches: Array<OpenWatch> = []
  const lists: Array<Asked> = []
  const refuse: Array<(answer: Answer) => void> = []
  const api = yield* fakeApi({
    request: (asked, answer) => {
      const refusal = refuse.shift()
      if (refusal !== undefined) return refusal(answer)
      if (asked.query.get("watch") !== "true") {
        lists.push(asked)
        return answer.json(200, { metadata: { resourceVersion: "10" }, items: [] })
      }
      answer.raw.writeHead(200, { "content-type": "application/json" })
      answer.raw.flushHeaders()
      watches.push({
        asked,
        send: (type, object) => answer.raw.write(`${JSON.stringify({ type, object })}\n`),
        end: () => answer.raw.end()
      })
    }
  })
  const context = yield* Layer.build(
    PodEvents.layer.pipe(Layer.provide(KubeConnection.layer({ kubeconfig: api.kubeconfig })))
  )
  const events = yield* Effect.provide(PodEvents, context)
  return { api, watches, lists, refuse, events }
})

const take = (stream: Stream.Stream<{ readonly reason?: string }>, count: number) =>
  stream.pipe(
    Stream.take(count),
    Stream.runCollect,
    Effect.map((all) => all.map(({ reason }) => reason))
  )

describe("readEventLine", () => {
  const cases: ReadonlyArray<readonly [string, unknown, string | undefined, string | undefined]> = [
    ["added", { type: "ADDED", object: event("a", "Pulling") }, "11", "Pulling"],
    ["again", { type: "MODIFIED", object: event("a", "BackOff", "12") }, "12", "BackOff"],
    ["forgotten by the server", { type: "DELETED", object: event("a", "Pulling", "13") }, "13", undefined],
    ["bookmark", { type: "BOOKMARK", object: { metadata: { resourceVersion: "14" } } }, "14", undefined],
    ["refused", { type: "ERROR", object: { kind: "Status", code: 410 } }, undefined, undefined],
    ["nonsense", "x", undefined, undefined]
  ]
  it.each(cases)("%s", (_name, line, resourceVersion, reason) => {
    const read = readEventLine(line)
    assert.strictEqual(read?.resourceVersion, resourceVersion)
    assert.strictEqual(read?.event?.reason, reason)
  })
})

describe("PodEvents", () => {
  it.effect("tells each follower of its own pod by one watch, from now on", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { events, lists, watches } = yield* cluster
        const a = yield* events.follow("team", "a")
        const b = yield* events.follow("team", "b")
        yield* until("1 watch opened", () => watches.length === 1)
        for (const [pod, reason] of [
          ["a", "Scheduled"],
          ["b", "Pulling"],
          ["c", "Started"],
          ["a", "Started"]
        ] as const)
          watches[0]?.send("ADDED", event(pod, reason))
        assert.deepStrictEqual(yield* drive(take(a, 2)), ["Scheduled", "Started"])
        assert.deepStrictEqual(yield* drive(take(b, 1)), ["Pulling"])
        assert.lengthOf(watches, 1)
        assert.strictEqual(lists[0]?.query.get("limit"), "1")
        assert.strictEqual(watches[0]?.asked.query.get("resourceVersion"), "10")
        assert.strictEqual(watches[0]?.asked.query.get("fieldSelector"), "involvedObject.kind=Pod")
      })
    )
  )

  it.effect("goes on behind the last event when the server ends the watch", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { events, lists, watches } = yield* cluster
        const a = yield* events.follow("team", "a")
        yield* until("1 watch opened", () => watches.length === 1)
        watches[0]?.send("ADDED", event("a", "Pulling", "17"))
        watches[0]?.end()
        yield* drive(Effect.asVoid(until("2 watches opened", () => watches.length === 2)))
        watches[1]?.send("MODIFIED", event("a", "BackOff", "18"))
        assert.deepStrictEqual(yield* drive(take(a, 2)), ["Pulling", "BackOff"])
        assert.strictEqual(watches[1]?.asked.query.get("resourceVersion"), "17")
        assert.lengthOf(lists, 1)
      })
    )
  )

  it.effect("begins anew when the version is too old", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { events, lists, watches } = yield* cluster
        yield* Effect.asVoid(events.follow("team", "a"))
        yield* until("1 watch opened", () => watches.length === 1)
        watches[0]?.send("ERROR", { kind: "Status", code: 410, reason: "Expired" })
        yield* drive(Effect.asVoid(until("2 watches opened", () => watches.length === 2)))
        assert.lengthOf(lists, 2)
      })
    )
  )

  it.effect("asks no more when it may not, and tells nobody off", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const { api, events, lists, refuse, watches } = yield* cluster
        refuse.push((answer) => answer.status(403, { reason: "Forbidden", message: "cannot list resource" }))
        const a = yield* events.follow("team", "a")
        const waiting = yield* Effect.forkChild(take(a, 1))
        yield* drive(Effect.asVoid(until("1 request came", () => api.asked.length === 1)))
        yield* drive(Effect.sleep("5 minutes"))
        yield* turn
        assert.lengthOf(api.asked, 1)
        assert.lengthOf(lists, 0)
        assert.lengthOf(watches, 0)
        assert.isUndefined(waiting.pollUnsafe())
        yield* Fiber.interrupt(waiting)
      })
    )
  )
})
