import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ObjectStore } from "../../src/api/ObjectStore.ts"
import { addPod, newEvent, newPod } from "../support/storedObjects.ts"
import { within } from "../support/within.ts"

describe("ObjectStore", () => {
  it("gives an object its identity, and refuses a second of the same name", () => {
    const store = new ObjectStore(10)
    const pod = addPod(store, "a")
    assert.match(pod.metadata.uid, /^[0-9a-f-]{36}$/)
    assert.strictEqual(pod.metadata.resourceVersion, "1")
    assert.match(pod.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.isUndefined(store.create("pods", newPod("a")))
    assert.isDefined(store.create("pods", newPod("a", { metadata: { name: "a", namespace: "other" } })))
  })

  it("never changes an object in place", () => {
    const store = new ObjectStore(10)
    const pod = addPod(store, "a")
    store.update("pods", { ...pod, status: { phase: "Running" } })
    assert.deepStrictEqual(pod.status, { phase: "Pending" })
    assert.deepStrictEqual(store.get("pods", "n", "a")?.status, { phase: "Running" })
  })

  it("does not write to, or remove, another object that has taken the place", () => {
    const store = new ObjectStore(10)
    const first = addPod(store, "a")
    store.remove("pods", first)
    const second = addPod(store, "a")
    assert.isUndefined(store.update("pods", first))
    assert.isUndefined(store.remove("pods", first))
    assert.strictEqual(store.get("pods", "n", "a"), second)
  })

  it("lists by namespace and name", () => {
    const store = new ObjectStore(10)
    for (const [name, namespace] of [
      ["b", "n"],
      ["a", "n"],
      ["c", "m"]
    ] as const)
      addPod(store, name, { metadata: { name, namespace } })
    assert.deepStrictEqual(
      store.list("pods").map(({ metadata }) => metadata.name),
      ["c", "a", "b"]
    )
    assert.deepStrictEqual(
      store.list("pods", "n").map(({ metadata }) => metadata.name),
      ["a", "b"]
    )
  })

  it("tells the changes of a resource since a version, with the object before and after", () => {
    const store = new ObjectStore(10)
    const pod = addPod(store, "a")
    store.create("events", newEvent("e"))
    const running = store.update("pods", { ...pod, status: { phase: "Running" } })
    store.remove("pods", running ?? pod)
    const changes = store.changesSince("pods", 1)
    assert.deepStrictEqual(
      changes === "expired"
        ? changes
        : changes.map(({ previous, resourceVersion, type }) => [
            type,
            resourceVersion,
            previous?.metadata.resourceVersion
          ]),
      [
        ["MODIFIED", 3, "1"],
        ["DELETED", 4, "3"]
      ]
    )
  })

  it("forgets what lies further back than its limit", () => {
    const store = new ObjectStore(2)
    for (const name of ["a", "b", "c"]) addPod(store, name)
    assert.strictEqual(store.changesSince("pods", 0), "expired")
    assert.lengthOf(store.changesSince("pods", 1), 2)
    assert.lengthOf(store.changesSince("pods", 3), 0)
  })

  it.live("wakes whoever waits for a change, and makes nobody wait for an earlier one", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      const waiting = yield* Effect.forkChild(store.changed(0))
      yield* Effect.yieldNow
      assert.isUndefined(waiting.pollUnsafe())
      addPod(store, "a")
      yield* within("the waiter is woken", Fiber.join(waiting))
      yield* within("an earlier change is not waited for", store.changed(0))
    })
  )
})
