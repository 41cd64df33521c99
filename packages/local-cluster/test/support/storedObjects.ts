/** Objects for a store, with as little as a test has to say. */
import type { ObjectStore } from "../../src/api/ObjectStore.ts"
import type { NewObject, StoredPod } from "../../src/api/StoredObject.ts"

/** A pod of the namespace `n` that waits for a node. */
export const newPod = (name: string, more: Partial<NewObject<"pods">> = {}): NewObject<"pods"> => ({
  metadata: { name, namespace: "n" },
  spec: { containers: [{ name: "main" }] },
  status: { phase: "Pending" },
  ...more
})

/** An event about a pod of the namespace `n`. */
export const newEvent = (name: string): NewObject<"events"> => ({
  metadata: { name, namespace: "n" },
  type: "Normal",
  reason: "Scheduled",
  message: "assigned",
  lastTimestamp: "2026-01-01T00:00:00Z",
  involvedObject: { kind: "Pod", name: "p", uid: "u" }
})

/** Adds a pod whose name is free. */
export const addPod = (store: ObjectStore, name: string, more: Partial<NewObject<"pods">> = {}): StoredPod => {
  const pod = store.create("pods", newPod(name, more))
  if (pod === undefined) throw new Error(`${name} is taken`)
  return pod
}
