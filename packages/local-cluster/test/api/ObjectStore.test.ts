import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ObjectStore, type StoredObject } from "../../src/api/ObjectStore.ts"

const add = (store: ObjectStore, name: string, namespace = "n"): StoredObject => {
  const pod = store.create("pods", { metadata: { name, namespace } })
  if (pod === undefined) throw new Error(`${name} is taken`)
  return pod
}

describe("ObjectStore", () => {
  it("gives an object its identity, and refuses a second of the same name", () => {
    const store = new ObjectStore(10)
    const pod = add(store, "a")
    assert.match(pod.metadata.uid, /^[0-9a-f-]{36}$/)
    assert.strictEqual(pod.metadata.resourceVersion, "1")
    assert.match(pod.metadata.creationTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.isUndefined(store.create("pods", { metadata: { name: "a", namespace: "n" } }))
    assert.isDefined(store.create("pods", { metadata: { name: "a", namespace: "other" } }))
  })

  it("never changes an object in place", () => {
    const store = new ObjectStore(10)
    const pod = add(store, "a")
    store.update("pods", { ...pod, status: { phase: "Running" } })
    assert.isUndefined(pod["status"])
    assert.deepStrictEqual(store.get("pods", "n", "a")?.["status"], { phase: "Running" })
  })

  it("does not write to, or remove, another object that has taken the place", () => {
    const store = new ObjectStore(10)
    const first = add(store, "a")
    store.remove("pods", first)
    const second = add(store, "a")
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
      add(store, name, namespace)
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
    const pod = add(store, "a")
    store.create("events", { metadata: { name: "e", namespace: "n" } })
    const running = store.update("pods", { ...pod, status: {} })
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
    for (const name of ["a", "b", "c"]) add(store, name)
    assert.strictEqual(store.changesSince("pods", 0), "expired")
    assert.lengthOf(store.changesSince("pods", 1), 2)
    assert.lengthOf(store.changesSince("pods", 3), 0)
  })

  it.effect("wakes whoever waits for a change", () =>
    Effect.gen(function* () {
      const store = new ObjectStore(10)
      const waiting = yield* Effect.forkChild(store.changed(0))
      yield* Effect.yieldNow
      add(store, "a")
      yield* Fiber.join(waiting)
      yield* store.changed(0)
    })
  )
})
