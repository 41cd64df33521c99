/** The shared watch against a fake API server: who learns what, and how it goes on after every kind of loss. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { KubeConnection } from "../../src/client/KubeConnection.ts"
import type { KubeStatus } from "../../src/error/KubeStatus.ts"
import type { Pod } from "../../src/pods/Pod.ts"
import { readWatchLine } from "../../src/pods/PodReflector.ts"
import { PodWatch } from "../../src/pods/PodWatch.ts"
import { type PodChange, watchSilenceSeconds } from "../../src/pods/PodWatchStep.ts"
import { type Answer, type Asked, drive, type FakeApi, fakeApi, until } from "../support/FakeApiServer.ts"
import { pod } from "../support/pods.ts"

interface OpenWatch {
  readonly asked: Asked
  readonly answer: Answer
  readonly send: (type: string, object: unknown) => void
  readonly isClosed: () => boolean
}

interface Cluster {
  readonly api: FakeApi
  /** The lists asked for; each is answered with what `pods` holds then. */
  readonly lists: ReadonlyArray<Asked>
  readonly pods: Array<Pod>
  readonly version: { current: string }
  readonly watches: ReadonlyArray<OpenWatch>
  /** When set, answers the next request instead. */
  readonly refuse: Array<(answer: Answer) => void>
  readonly watch: PodWatch["Service"]
}

const cluster: Effect.Effect<Cluster, unknown, Scope.Scope> = Effect.gen(function* () {
  const lists: Array<Asked> = []
  const watches: Array<OpenWatch> = []
  const pods: Array<Pod> = []
  const refuse: Array<(answer: Answer) => void> = []
  const version = { current: "10" }
  const api = yield* fakeApi({
    request: (asked, answer) => {
      const refusal = refuse.shift()
      if (refusal !== undefined) return refusal(answer)
      if (asked.query.get("watch") !== "true") {
        lists.push(asked)
        return answer.json(200, { metadata: { resourceVersion: version.current }, items: pods })
      }
      let closed = false
      answer.raw.on("close", () => {
        closed = true
      })
      answer.raw.writeHead(200, { "content-type": "application/json" })
      answer.raw.flushHeaders()
      watches.push({
        asked,
        answer,
        send: (type, object) => answer.raw.write(`${JSON.stringify({ type, object })}\n`),
        isClosed: () => closed
      })
    }
  })
  const context = yield* Layer.build(
    PodWatch.layer({ labelSelector: "podwright.dev/taskrun-id" }).pipe(
      Layer.provide(KubeConnection.layer({ kubeconfig: api.kubeconfig }))
    )
  )
  const watch = yield* Effect.provideContext(PodWatch, context)
  return { api, lists, pods, version, watches, refuse, watch }
})

const follow = Effect.fnUntraced(function* ({ watch }: Cluster, name: string) {
  const seen: Array<string> = []
  const label = (change: PodChange) =>
    change._tag === "Absent" ? "Absent" : `${change._tag} ${change.pod.metadata.resourceVersion}`
  const fiber = yield* watch.changes("team", name).pipe(
    Stream.runForEach((change) => Effect.sync(() => seen.push(label(change)))),
    Effect.forkChild
  )
  return {
    seen,
    fiber,
    has: (wanted: string) =>
      until(
        wanted,
        () => seen.includes(wanted),
        () => seen
      )
  }
})

const opened = (one: Cluster, count: number) => until(`${count} watches opened`, () => one.watches.length === count)
const last = (one: Cluster): OpenWatch => {
  const open = one.watches.at(-1)
  assert.isDefined(open)
  return open
}
const expired: KubeStatus = { reason: "Expired", code: 410, message: "too old resource version" }

describe("changes", () => {
  it.effect("tells of a pod that is created later, one list and watch for all followers", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      const b = yield* follow(one, "b")
      yield* a.has("Absent")
      yield* b.has("Absent")
      yield* opened(one, 1)
      last(one).send("ADDED", pod({ name: "a", version: "11" }))
      yield* a.has("Present 11")
      last(one).send("MODIFIED", pod({ name: "a", version: "12" }))
      last(one).send("ADDED", pod({ name: "b", version: "13" }))
      yield* b.has("Present 13")
      yield* a.has("Present 12")
      last(one).send("DELETED", pod({ name: "a", version: "14" }))
      yield* a.has("Deleted 14")
      const late = yield* follow(one, "b")
      yield* late.has("Present 13")
      assert.deepStrictEqual(b.seen, ["Absent", "Present 13"])
      assert.lengthOf(one.lists, 1)
      assert.deepStrictEqual(Object.fromEntries(last(one).asked.query), {
        labelSelector: "podwright.dev/taskrun-id",
        resourceVersion: "10",
        watch: "true",
        allowWatchBookmarks: "true",
        timeoutSeconds: "290"
      })
    })
  )
  it.effect("gives the pods of the list first", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      one.pods.push(pod({ name: "a", version: "3" }))
      const a = yield* follow(one, "a")
      yield* a.has("Present 3")
      assert.deepStrictEqual(a.seen, ["Present 3"])
    })
  )
  it.effect("a follower that does not read gets the latest state and holds nobody up", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      const slow: Array<PodChange> = []
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      yield* one.watch.changes("team", "a").pipe(
        Stream.runForEach((change) => {
          slow.push(change)
          return Effect.promise(() => held)
        }),
        Effect.forkChild
      )
      yield* until("1 slow answer pending", () => slow.length === 1)
      yield* opened(one, 1)
      for (let version = 11; version <= 500; version++)
        last(one).send("MODIFIED", pod({ name: "a", version: String(version) }))
      yield* a.has("Present 500")
      release()
      yield* until("2 slow answers pending", () => slow.length === 2)
      assert.deepStrictEqual(
        slow.map((change) => change._tag === "Present" && change.pod.metadata.resourceVersion),
        [false, "500"]
      )
    })
  )
  it.effect("closes the watch when the last follower has been gone for a while", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      const b = yield* follow(one, "b")
      yield* opened(one, 1)
      yield* Fiber.interrupt(a.fiber)
      yield* TestClock.adjust("1 minute")
      last(one).send("ADDED", pod({ name: "b", version: "11" }))
      yield* b.has("Present 11")
      yield* Fiber.interrupt(b.fiber)
      yield* TestClock.adjust("1 minute")
      yield* until("the last watch is closed", last(one).isClosed)
    })
  )
})

describe("losses", () => {
  it.effect("an ended watch goes on from the last bookmark", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      yield* opened(one, 1)
      last(one).send("BOOKMARK", { kind: "Pod", metadata: { resourceVersion: "77" } })
      last(one).answer.raw.end()
      yield* opened(one, 2)
      assert.strictEqual(last(one).asked.query.get("resourceVersion"), "77")
      last(one).send("ADDED", pod({ name: "a", version: "78" }))
      yield* a.has("Present 78")
      assert.lengthOf(one.lists, 1)
    })
  )
  it.effect("a reset goes on from the last version, and a line torn by it is not believed", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      yield* opened(one, 1)
      last(one).send("ADDED", pod({ name: "a", version: "11" }))
      yield* a.has("Present 11")
      last(one).answer.raw.write('{"type":"DELETED","object":{"metadata":{"na')
      last(one).answer.reset()
      yield* drive(opened(one, 2))
      assert.strictEqual(last(one).asked.query.get("resourceVersion"), "11")
      assert.deepStrictEqual(a.seen, ["Absent", "Present 11"])
    })
  )
  it.effect("410 inside the stream lists again and reports what was missed", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      one.pods.push(pod({ name: "a", version: "3" }))
      const a = yield* follow(one, "a")
      yield* opened(one, 1)
      one.pods.length = 0
      one.version.current = "90"
      last(one).send("ERROR", { kind: "Status", status: "Failure", ...expired })
      yield* a.has("Deleted 3")
      yield* opened(one, 2)
      assert.strictEqual(last(one).asked.query.get("resourceVersion"), "90")
    })
  )
  it.effect("410 as the answer lists again and reports what was missed", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      one.pods.push(pod({ name: "a", version: "3" }))
      const a = yield* follow(one, "a")
      yield* opened(one, 1)
      one.refuse.push((answer) => answer.status(410, expired))
      one.pods[0] = pod({ name: "a", version: "8" })
      last(one).send("BOOKMARK", { metadata: { resourceVersion: "4" } })
      last(one).answer.raw.end()
      yield* a.has("Present 8")
      assert.lengthOf(one.lists, 2)
    })
  )
  it.effect("429, 500 and an unknown error event are waited out", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      yield* opened(one, 1)
      one.refuse.push((answer) => answer.status(429, { reason: "TooManyRequests" }, { "retry-after": "4" }))
      one.refuse.push((answer) =>
        answer.status(500, { reason: "InternalError", message: "etcdserver: leader changed" })
      )
      last(one).send("ERROR", { status: "Failure", code: 504, reason: "Timeout" })
      yield* drive(opened(one, 2))
      last(one).send("ADDED", pod({ name: "a", version: "11" }))
      yield* a.has("Present 11")
      assert.lengthOf(one.refuse, 0)
    })
  )
  it.effect("a watch that the server forgets is given up after its time, however much it says", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      yield* opened(one, 1)
      const [first] = one.watches
      for (let minute = 1; minute <= 4; minute++) {
        yield* TestClock.adjust("1 minute")
        first?.send("MODIFIED", pod({ name: "a", version: String(10 + minute) }))
        yield* a.has(`Present ${10 + minute}`)
      }
      assert.lengthOf(one.watches, 1)
      yield* TestClock.adjust("55 seconds")
      yield* until("the first watch is closed", () => first?.isClosed() === true)
      yield* TestClock.adjust("60 seconds")
      yield* opened(one, 2)
      assert.lengthOf(one.lists, 1)
    })
  )
  it.effect("a watch that falls silent is opened again where it stood", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const a = yield* follow(one, "a")
      yield* opened(one, 1)
      const [first] = one.watches
      first?.send("ADDED", pod({ name: "a", version: "11" }))
      yield* a.has("Present 11")
      yield* TestClock.adjust(`${watchSilenceSeconds} seconds`)
      yield* until("the first watch is closed", () => first?.isClosed() === true)
      yield* TestClock.adjust("2 seconds")
      yield* opened(one, 2)
      assert.strictEqual(last(one).asked.query.get("resourceVersion"), "11")
      assert.lengthOf(one.lists, 1)
    })
  )
  it.effect("fifty followers, one that never reads and one that leaves: one watch, cut and 410 included", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const followers = yield* Effect.forEach(Array.from({ length: 50 }), (_, index) => follow(one, `p${index}`))
      yield* Effect.forkChild(Stream.runForEach(one.watch.changes("team", "p0"), () => Effect.never))
      yield* opened(one, 1)
      for (let index = 0; index < 50; index++) last(one).send("ADDED", pod({ name: `p${index}`, version: "11" }))
      yield* Effect.forEach(followers, (follower) => follower.has("Present 11"))
      yield* Fiber.interrupt(followers[49]?.fiber ?? assert.fail())
      last(one).answer.reset()
      yield* drive(opened(one, 2))
      assert.lengthOf(one.lists, 1)
      // while nobody listened p1 went, p2 changed, and the history was cut off
      for (let index = 0; index < 50; index++)
        if (index !== 1) one.pods.push(pod({ name: `p${index}`, version: index === 2 ? "30" : "11" }))
      one.version.current = "40"
      last(one).send("ERROR", { kind: "Status", status: "Failure", ...expired })
      yield* drive(followers[1]?.has("Deleted 11") ?? assert.fail())
      yield* followers[2]?.has("Present 30") ?? assert.fail()
      yield* opened(one, 3)
      for (let index = 0; index < 50; index++) last(one).send("MODIFIED", pod({ name: `p${index}`, version: "41" }))
      yield* Effect.forEach(followers.slice(0, 49), (follower) => follower.has("Present 41"))
      for (const { seen } of followers.slice(3, 49))
        assert.deepStrictEqual(seen, ["Absent", "Present 11", "Present 41"])
      assert.deepStrictEqual(followers[49]?.seen, ["Absent", "Present 11"])
      assert.deepStrictEqual([one.lists.length, one.watches.length], [2, 3])
    })
  )
  it.effect("403 reaches every follower, and the next one starts anew", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const message = 'pods is forbidden: User "u" cannot list resource "pods" in API group ""'
      one.refuse.push((answer) => answer.status(403, { reason: "Forbidden", message }))
      const a = yield* follow(one, "a")
      const b = yield* follow(one, "b")
      for (const { fiber } of [a, b]) {
        const error = yield* Effect.flip(Fiber.join(fiber))
        assert.strictEqual(error.reason._tag, "Forbidden")
        assert.include(error.message, 'verb "list" on resource "pods"')
      }
      const c = yield* follow(one, "c")
      yield* c.has("Absent")
    })
  )
})

describe("selection", () => {
  const collect = Effect.fnUntraced(function* ({ watch }: Cluster, namespace: string | undefined) {
    const seen: Array<string> = []
    const fiber = yield* watch.selection(namespace, { labelSelector: "a=b" }).pipe(
      Stream.runForEach((changes) =>
        Effect.sync(() =>
          seen.push(
            changes.map(({ _tag, pod: { metadata } }) => `${_tag} ${metadata.namespace}/${metadata.name}`).join(", ")
          )
        )
      ),
      Effect.forkChild
    )
    const has = (count: number) =>
      until(
        `${count} items`,
        () => seen.length >= count,
        () => seen
      )
    return { seen, fiber, has }
  })

  it.effect("gives all pods first, then each change, and tells equal names of two namespaces apart", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      one.pods.push(pod({ name: "a" }), pod({ name: "a", namespace: "other", uid: "o" }))
      const all = yield* collect(one, undefined)
      yield* all.has(1)
      yield* opened(one, 1)
      assert.strictEqual(one.lists[0]?.path, "/api/v1/pods")
      assert.strictEqual(last(one).asked.query.get("labelSelector"), "a=b")
      last(one).send("MODIFIED", pod({ name: "a", version: "11" }))
      last(one).send("DELETED", pod({ name: "a", namespace: "other", uid: "o", version: "12" }))
      yield* all.has(3)
      assert.deepStrictEqual(all.seen, ["Present team/a, Present other/a", "Present team/a", "Deleted other/a"])
    })
  )
  it.effect("says that there are none", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      const all = yield* collect(one, "team")
      yield* all.has(1)
      assert.deepStrictEqual(all.seen, [""])
    })
  )
  it.effect("fails with a refusal", () =>
    Effect.gen(function* () {
      const one = yield* cluster
      one.refuse.push((answer) => answer.status(403, { reason: "Forbidden", message: "no" }))
      const { fiber } = yield* collect(one, "team")
      assert.strictEqual((yield* Effect.flip(Fiber.join(fiber))).reason._tag, "Forbidden")
    })
  )
})

describe("readWatchLine", () => {
  it.each([
    [{ type: "ADDED", object: pod({ name: "a" }) }, "Changed"],
    [{ type: "MODIFIED", object: pod({ name: "a" }) }, "Changed"],
    [{ type: "DELETED", object: pod({ name: "a" }) }, "Removed"],
    [{ type: "BOOKMARK", object: { metadata: { resourceVersion: "1" } } }, "Bookmark"],
    [{ type: "ERROR", object: { status: "Failure", code: 410 } }, "Refused"],
    [{ type: "ERROR", object: "?" }, "Unknown"],
    [{ type: "ADDED", object: { metadata: {} } }, "Unknown"],
    [{ type: "NEW", object: {} }, "Unknown"],
    [{ kind: "Status", status: "Failure" }, "Unknown"],
    [null, "Unknown"]
  ])("%o is %s", (line, tag) => {
    assert.strictEqual(readWatchLine(line)._tag, tag)
  })
  it.each(["ADDED", "DELETED"])("%s leaves managedFields out and all other fields in", (type) => {
    const { metadata, ...rest } = pod({ name: "a" })
    const line = readWatchLine({ type, object: { ...rest, metadata: { ...metadata, managedFields: [{}] }, more: 1 } })
    assert.deepStrictEqual("pod" in line ? line.pod : undefined, Object.assign({ ...rest, metadata }, { more: 1 }))
  })
})
