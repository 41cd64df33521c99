/**
 * What each resource answers to `list`, `watch` and `get`: objects, or the Table that kubectl asks
 * for. Reads the store alone.
 */
import { Effect, Result, Stream } from "effect"
import { type ApiAnswer, type ApiRequest, answer, flag } from "./ApiRequest.ts"
import { type ApiStatus, badRequest, notFound } from "./ApiStatus.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import { objectTable, wantsTable } from "./ObjectTable.ts"
import { fieldSelector, labelSelector } from "./Selector.ts"
import type { ResourceName, StoredObject } from "./StoredObject.ts"
import { type WatchEvent, watchEvents } from "./WatchStream.ts"

const KINDS: Readonly<Record<ResourceName, string>> = { pods: "Pod", events: "Event", namespaces: "Namespace" }

/** A real server ends a watch after 30 to 60 minutes when the client names no time. */
const WATCH_SECONDS = 1800

const selection = (
  request: ApiRequest,
  resource: ResourceName
): Result.Result<(object: StoredObject) => boolean, ApiStatus> =>
  Result.gen(function* () {
    const byLabel = yield* labelSelector(request.query.get("labelSelector") ?? "")
    const byField = yield* fieldSelector(resource, request.query.get("fieldSelector") ?? "")
    const { name } = request.target
    return (object) => byLabel(object) && byField(object) && (name === undefined || object.metadata.name === name)
  })

const encoder = new TextEncoder()

const eventLine = <R extends ResourceName>(event: WatchEvent<R>, resource: R, asTable: boolean): string => {
  switch (event.type) {
    case "ERROR":
      return JSON.stringify({ type: "ERROR", object: event.status })
    case "BOOKMARK": {
      const annotations = event.initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}
      const metadata = { resourceVersion: String(event.resourceVersion), ...annotations }
      return JSON.stringify({ type: "BOOKMARK", object: { kind: KINDS[resource], apiVersion: "v1", metadata } })
    }
    default: {
      const { object, type } = event
      const shown = asTable ? objectTable(resource, [object], object.metadata.resourceVersion, Date.now()) : object
      return JSON.stringify({ type, object: shown })
    }
  }
}

/** The object of this name; fails with 404. */
export const findObject = <R extends ResourceName>(
  store: ObjectStore,
  resource: R,
  namespace: string | undefined,
  name = ""
): Effect.Effect<StoredObject<R>, ApiStatus> => {
  const object = store.get(resource, namespace, name)
  return object === undefined ? Effect.fail(notFound(resource, name)) : Effect.succeed(object)
}

/** Answers with the selected objects of a resource. */
export const listObjects = Effect.fnUntraced(function* <R extends ResourceName>(
  store: ObjectStore,
  request: ApiRequest,
  resource: R
) {
  const selects = yield* Effect.fromResult(selection(request, resource))
  const items = store.list(resource, request.target.namespace).filter(selects)
  const resourceVersion = String(store.resourceVersion)
  if (wantsTable(request.accept)) return answer(objectTable(resource, items, resourceVersion, Date.now()))
  return answer({ kind: `${KINDS[resource]}List`, apiVersion: "v1", metadata: { resourceVersion }, items })
})

/** Answers with the changes of a resource, as a stream of JSON lines. */
export const watchObjects = Effect.fnUntraced(function* <R extends ResourceName>(
  store: ObjectStore,
  request: ApiRequest,
  resource: R
) {
  const { query } = request
  const selects = yield* Effect.fromResult(selection(request, resource))
  const version = query.get("resourceVersion") ?? ""
  if (!/^\d*$/.test(version)) {
    return yield* Effect.fail(
      badRequest(`resourceVersion: Invalid value: ${JSON.stringify(version)}: it is not a number`)
    )
  }
  const seconds = Number(query.get("timeoutSeconds") ?? WATCH_SECONDS)
  const initial = flag(query, "sendInitialEvents")
  const asTable = wantsTable(request.accept)
  const events = watchEvents(store, {
    resource,
    namespace: request.target.namespace,
    selects,
    resourceVersion: initial || version === "" || version === "0" ? undefined : Number(version),
    markInitialEnd: initial,
    bookmarks: flag(query, "allowWatchBookmarks"),
    timeoutSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : WATCH_SECONDS
  })
  const bytes = events.pipe(
    Stream.map((batch) => encoder.encode(batch.map((event) => `${eventLine(event, resource, asTable)}\n`).join("")))
  )
  return { _tag: "Stream", contentType: "application/json", bytes } satisfies ApiAnswer
})

/** Answers with one object. */
export const readObject = Effect.fnUntraced(function* <R extends ResourceName>(
  store: ObjectStore,
  request: ApiRequest,
  resource: R
) {
  const object = yield* findObject(store, resource, request.target.namespace, request.target.name)
  if (!wantsTable(request.accept)) return answer(object)
  return answer(objectTable(resource, [object], object.metadata.resourceVersion, Date.now()))
})
