import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { nodeStore } from "../../src/api/NodeStore.ts"
import { ObjectStore } from "../../src/api/ObjectStore.ts"
import type { StoredPod } from "../../src/api/StoredObject.ts"
import { addPod } from "../support/storedObjects.ts"

const made = (...names: ReadonlyArray<string>) => {
  const store = new ObjectStore(100_000)
  const node = nodeStore(store)
  const pods = names.map((name) => addPod(store, name))
  const add = (pod: StoredPod | undefined, reason: string) =>
    node.addEvent({ podUid: pod?.metadata.uid ?? "", type: "Normal", reason, message: reason, component: "kubelet" })
  const reasons = () => store.list("events").map((event) => event.reason)
  return { pods, add, reasons }
}

describe("events", () => {
  it.effect("of a pod are listed in their order, however many there are", () =>
    Effect.gen(function* () {
      const { add, pods, reasons } = made("p")
      const wanted = Array.from({ length: 300 }, (_, index) => String(index))
      for (const reason of wanted) yield* add(pods[0], reason)
      assert.deepStrictEqual(reasons(), wanted)
    })
  )

  it.effect("are bounded, and the oldest go first whatever their pod is called", () =>
    Effect.gen(function* () {
      const { add, pods, reasons } = made("z", "a")
      yield* add(pods[0], "oldest")
      for (let index = 0; index < 10_000; index++) yield* add(pods[1], "newer")
      assert.lengthOf(reasons(), 10_000)
      assert.notInclude(reasons(), "oldest")
    })
  )

  it.effect("of a pod that is gone are not made", () =>
    Effect.gen(function* () {
      const { add, reasons } = made()
      yield* add(undefined, "late")
      assert.deepStrictEqual(reasons(), [])
    })
  )
})
