import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { ObjectStore, type StoredObject } from "../../src/api/ObjectStore.ts"
import { type WatchRequest, watchEvents } from "../../src/api/WatchStream.ts"

const request: WatchRequest = {
  resource: "pods",
  namespace: undefined,
  selects: () => true,
  resourceVersion: undefined,
  markInitialEnd: false,
  bookmarks: true,
  timeoutSeconds: 3600
}

const add = (store: ObjectStore, name: string, status: object = {}): StoredObject => {
  const pod = store.create("pods", { metadata: { name, namespace: "n" }, status })
  if (pod === undefined) throw new Error(`${name} is taken`)
  return pod
}

const words = (store: ObjectStore, more: Partial<WatchRequest>, count: number) =>
  watchEvents(store, { ...request, ...more }).pipe(
    Stream.flattenIterable,
    Stream.map((event) =>
      event.type === "BOOKMARK"
        ? `BOOKMARK ${event.resourceVersion}${event.initialEnd ? " initial" : ""}`
        : event.type === "ERROR"
          ? `ERROR ${event.status.code}`
          : `${event.type} ${event.object.metadata.name}`
    ),
    Stream.take(count),
    Stream.runCollect
  )

describe("watchEvents", () => {
  it.effect("begins with the present state, marked where asked for", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      add(store, "a")
      assert.deepStrictEqual(yield* words(store, { markInitialEnd: true }, 2), ["ADDED a", "BOOKMARK 1 initial"])
    })
  )

  it.effect("goes on from a version without what was before", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      add(store, "a")
      add(store, "b")
      assert.deepStrictEqual(yield* words(store, { resourceVersion: 1 }, 1), ["ADDED b"])
    })
  )

  it.effect("tells an object that begins or ends to be selected as added or deleted", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      const pod = add(store, "a", { phase: "Pending" })
      for (const phase of ["Running", "Running", "Failed", "Failed"])
        store.update("pods", { ...pod, status: { phase } })
      const selects = (object: object) =>
        (object as { readonly status: { readonly phase: string } }).status.phase === "Running"
      const found = yield* Effect.forkChild(words(store, { resourceVersion: 0, selects }, 3))
      assert.deepStrictEqual(yield* Fiber.join(found), ["ADDED a", "MODIFIED a", "DELETED a"])
    })
  )

  it.effect("sends bookmarks while nothing happens", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      add(store, "a")
      const found = yield* Effect.forkChild(words(store, { resourceVersion: 1 }, 2))
      yield* TestClock.adjust("3 minutes")
      assert.deepStrictEqual(yield* Fiber.join(found), ["BOOKMARK 1", "BOOKMARK 1"])
    })
  )

  it.effect("sends none where they are not wanted, and ends in time", () =>
    Effect.gen(function* () {
      const found = yield* Effect.forkChild(words(new ObjectStore(10), { bookmarks: false }, 5))
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(yield* Fiber.join(found), [])
    })
  )

  it.effect("ends with 410 when it has fallen behind", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(1)
      add(store, "a")
      add(store, "b")
      assert.deepStrictEqual(yield* words(store, { resourceVersion: 0 }, 5), ["ERROR 410"])
    })
  )
})
