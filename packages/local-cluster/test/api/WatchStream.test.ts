import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { ObjectStore } from "../../src/api/ObjectStore.ts"
import type { StoredPod } from "../../src/api/StoredObject.ts"
import { type WatchRequest, watchEvents } from "../../src/api/WatchStream.ts"
import { addPod } from "../support/storedObjects.ts"

const request: WatchRequest<"pods"> = {
  resource: "pods",
  namespace: undefined,
  selects: () => true,
  resourceVersion: undefined,
  markInitialEnd: false,
  bookmarks: true,
  timeoutSeconds: 3600
}

const words = (store: ObjectStore, more: Partial<WatchRequest<"pods">>, count: number) =>
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
      addPod(store, "a")
      assert.deepStrictEqual(yield* words(store, { markInitialEnd: true }, 2), ["ADDED a", "BOOKMARK 1 initial"])
    })
  )

  it.effect("goes on from a version without what was before", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      addPod(store, "a")
      addPod(store, "b")
      assert.deepStrictEqual(yield* words(store, { resourceVersion: 1 }, 1), ["ADDED b"])
    })
  )

  it.effect("tells an object that begins or ends to be selected as added or deleted", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      const pod = addPod(store, "a")
      for (const phase of ["Running", "Running", "Failed", "Failed"] as const)
        store.update("pods", { ...pod, status: { phase } })
      const selects = ({ status }: StoredPod) => status.phase === "Running"
      const found = yield* Effect.forkChild(words(store, { resourceVersion: 0, selects }, 3))
      assert.deepStrictEqual(yield* Fiber.join(found), ["ADDED a", "MODIFIED a", "DELETED a"])
    })
  )

  it.effect("sends bookmarks while nothing happens", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      addPod(store, "a")
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
      addPod(store, "a")
      addPod(store, "b")
      assert.deepStrictEqual(yield* words(store, { resourceVersion: 0 }, 5), ["ERROR 410"])
    })
  )
})
