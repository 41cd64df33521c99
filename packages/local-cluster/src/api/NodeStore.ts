/**
 * The object store as the kubelet sees it: pods by uid, status and events. No I/O.
 */
import { Effect, Queue, Stream } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { ObjectChange, PodStore } from "../contract/Runtime.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type { StoredEvent, StoredPod } from "./StoredObject.ts"

/** The real server keeps events for an hour; here a number bounds them, the oldest going first. */
const EVENT_LIMIT = 10_000

/** The store for the one node there is. */
export const nodeStore = (store: ObjectStore): PodStore => {
  const byUid = new Map<string, StoredPod>()
  for (const pod of store.list("pods")) byUid.set(pod.metadata.uid, pod)
  store.subscribe("pods", ({ object, type }) => {
    if (type === "DELETED") byUid.delete(object.metadata.uid)
    else byUid.set(object.metadata.uid, object)
  })

  const change = (podUid: string, next: (pod: StoredPod) => StoredPod): Effect.Effect<boolean> =>
    Effect.sync(() => {
      const pod = byUid.get(podUid)
      return pod !== undefined && store.update("pods", next(pod)) !== undefined
    })

  let eventNumber = 0
  /** Oldest first. */
  const events: Array<StoredEvent> = []
  return {
    pods: Stream.callback<ObjectChange>((queue) =>
      Effect.gen(function* () {
        for (const object of store.list("pods")) Queue.offerUnsafe(queue, { type: "ADDED", object })
        const stop = store.subscribe("pods", ({ object, type }) => {
          Queue.offerUnsafe(queue, { type, object })
        })
        yield* Effect.addFinalizer(() => Effect.sync(stop))
        return yield* Effect.never
      })
    ),
    setStatus: (podUid, status) => change(podUid, (pod) => ({ ...pod, status })),
    bind: (podUid, nodeName) => change(podUid, (pod) => ({ ...pod, spec: { ...pod.spec, nodeName } })),
    remove: (podUid) =>
      Effect.sync(() => {
        const pod = byUid.get(podUid)
        if (pod !== undefined) store.remove("pods", pod)
      }),
    addEvent: ({ component, fieldPath, message, podUid, reason, type }) =>
      Effect.sync(() => {
        const pod = byUid.get(podUid)
        if (pod === undefined) return
        const { name, namespace = "", resourceVersion, uid } = pod.metadata
        const time = apiTime()
        const created = store.create("events", {
          kind: "Event",
          apiVersion: "v1",
          // As on a real server the name ends in sixteen digits, so that events of one second are
          // listed in their order.
          metadata: { name: `${name}.${(++eventNumber).toString(16).padStart(16, "0")}`, namespace },
          involvedObject: {
            kind: "Pod",
            apiVersion: "v1",
            namespace,
            name,
            uid,
            resourceVersion,
            ...(fieldPath === undefined ? {} : { fieldPath })
          },
          type,
          reason,
          message,
          source: { component, host: "local" },
          reportingComponent: component,
          reportingInstance: "local",
          firstTimestamp: time,
          lastTimestamp: time,
          count: 1,
          eventTime: null
        })
        if (created !== undefined) events.push(created)
        const oldest = events.length > EVENT_LIMIT ? events.shift() : undefined
        if (oldest !== undefined) store.remove("events", oldest)
      })
  }
}
