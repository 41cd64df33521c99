/**
 * What each verb does to each resource: reads and writes the store, asks the runtime for logs. No HTTP.
 */
import { Effect, Result, Stream } from "effect"
import type { ContainerRuntime, KubeObject, LogRecord } from "../contract/Runtime.ts"
import { isAllowed } from "./Access.ts"
import { type ApiAnswer, type ApiRequest, answer, flag } from "./ApiRequest.ts"
import { type ApiStatus, alreadyExists, badRequest, methodNotAllowed, noSuchResource, notFound } from "./ApiStatus.ts"
import { type LogQuery, LogText, logQuery } from "./LogQuery.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import { objectTable, wantsTable } from "./ObjectTable.ts"
import { chooseContainer, waitingReason } from "./PodContainers.ts"
import { patchPod } from "./PodPatch.ts"
import { createPod, deletePod } from "./PodResource.ts"
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

const namespaceStatus: KubeObject = { status: { phase: "Active" } }

/** The text of a container's log; `tailLines` is taken of the records before anything is left out by time. */
const logBytes = (records: Stream.Stream<LogRecord>, query: LogQuery): Stream.Stream<Uint8Array> => {
  const text = new LogText(query)
  return records.pipe(
    // Both are asked at once: a stream's steps run over many records before the next step sees the first.
    Stream.map((record) => ({ bytes: text.take(record), last: text.full })),
    Stream.takeUntil(({ last }) => last),
    Stream.map(({ bytes }) => bytes),
    Stream.filter((bytes) => bytes.length > 0)
  )
}

/** The last `count` records of what there is now, then what follows. */
const tail = Effect.fnUntraced(function* (
  open: (follow: boolean) => Effect.Effect<Stream.Stream<LogRecord> | undefined>,
  query: LogQuery
) {
  if (query.tailLines === undefined) return yield* open(query.follow)
  const present = yield* open(false)
  if (present === undefined) return undefined
  const total = yield* Stream.runCount(present)
  const records = yield* open(query.follow)
  return records?.pipe(Stream.drop(Math.max(0, total - query.tailLines)))
})

export const makeHandlers = (store: ObjectStore, runtime: ContainerRuntime) => {
  const found = <R extends ResourceName>(
    resource: R,
    namespace: string | undefined,
    name = ""
  ): Effect.Effect<StoredObject<R>, ApiStatus> => {
    const object = store.get(resource, namespace, name)
    return object === undefined ? Effect.fail(notFound(resource, name)) : Effect.succeed(object)
  }

  const list = Effect.fnUntraced(function* <R extends ResourceName>(request: ApiRequest, resource: R) {
    const selects = yield* Effect.fromResult(selection(request, resource))
    const items = store.list(resource, request.target.namespace).filter(selects)
    const resourceVersion = String(store.resourceVersion)
    if (wantsTable(request.accept)) return answer(objectTable(resource, items, resourceVersion, Date.now()))
    return answer({ kind: `${KINDS[resource]}List`, apiVersion: "v1", metadata: { resourceVersion }, items })
  })

  const watch = Effect.fnUntraced(function* <R extends ResourceName>(request: ApiRequest, resource: R) {
    const { query } = request
    const selects = yield* Effect.fromResult(selection(request, resource))
    const version = query.get("resourceVersion") ?? ""
    if (!/^\d*$/.test(version)) {
      return yield* Effect.fail(
        badRequest(`resourceVersion: Invalid value: ${JSON.stringify(version)}: it is no number`)
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

  const log = Effect.fnUntraced(function* (request: ApiRequest) {
    const { name, namespace } = request.target
    const pod = yield* found("pods", namespace, name)
    const container = yield* Effect.fromResult(chooseContainer(pod, request.query.get("container")))
    const query = yield* Effect.fromResult(logQuery(request.query, pod.metadata.name, Date.now()))
    const reference = { podUid: pod.metadata.uid, container }
    const records = yield* tail((follow) => runtime.log(reference, follow), query)
    if (records === undefined) {
      const reason = waitingReason(pod, container)
      const why = `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${reason}`
      return yield* Effect.fail(badRequest(why))
    }
    return { _tag: "Stream", contentType: "text/plain", bytes: logBytes(records, query) } satisfies ApiAnswer
  })

  const read = Effect.fnUntraced(function* <R extends ResourceName>(request: ApiRequest, resource: R) {
    const object = yield* found(resource, request.target.namespace, request.target.name)
    if (!wantsTable(request.accept)) return answer(object)
    return answer(objectTable(resource, [object], object.metadata.resourceVersion, Date.now()))
  })

  const createNamespace = Effect.fnUntraced(function* (request: ApiRequest) {
    const metadata = (request.body as { readonly metadata?: { readonly name?: unknown } } | undefined)?.metadata
    if (typeof metadata?.name !== "string") return yield* Effect.fail(badRequest("metadata.name: Required value"))
    const { name } = metadata
    const created = store.create("namespaces", {
      kind: "Namespace",
      apiVersion: "v1",
      metadata: { name },
      ...namespaceStatus
    })
    return created === undefined ? yield* Effect.fail(alreadyExists("namespaces", name)) : answer(created, 201)
  })

  const deleteNamespace = Effect.fnUntraced(function* (request: ApiRequest) {
    const namespace = yield* found("namespaces", undefined, request.target.name)
    const { name } = namespace.metadata
    for (const resource of ["pods", "events"] as const)
      for (const object of store.list(resource, name)) store.remove(resource, object)
    return answer(store.remove("namespaces", namespace) ?? namespace)
  })

  const reviewAccess = Effect.fnUntraced(function* (request: ApiRequest) {
    const review = request.body as
      | { readonly spec?: { readonly resourceAttributes?: Record<string, string> } }
      | undefined
    const wanted = review?.spec?.resourceAttributes
    if (wanted === undefined) return yield* Effect.fail(badRequest("spec.resourceAttributes: Required value"))
    const allowed = isAllowed(request.user, {
      verb: wanted["verb"] ?? "",
      group: wanted["group"] ?? "",
      resource: wanted["resource"] ?? "",
      subresource: wanted["subresource"] || undefined,
      namespace: wanted["namespace"] || undefined
    })
    const head = { kind: "SelfSubjectAccessReview", apiVersion: "authorization.k8s.io/v1", metadata: {} }
    return answer({ ...head, spec: review?.spec, status: { allowed } }, 201)
  })

  const reviewSelf = ({ user }: ApiRequest): ApiAnswer => {
    const head = { kind: "SelfSubjectReview", apiVersion: "authentication.k8s.io/v1", metadata: {} }
    return answer({ ...head, status: { userInfo: { username: user.name, groups: ["system:authenticated"] } } }, 201)
  }

  /** Answers a request that its user may make. */
  const handle = (request: ApiRequest): Effect.Effect<ApiAnswer, ApiStatus> => {
    const { name, namespace, resource, subresource, verb } = request.target
    if (resource === "selfsubjectaccessreviews")
      return verb === "create" ? reviewAccess(request) : Effect.fail(methodNotAllowed)
    if (resource === "selfsubjectreviews")
      return verb === "create" ? Effect.succeed(reviewSelf(request)) : Effect.fail(methodNotAllowed)
    if (subresource !== undefined) {
      if (resource === "pods" && subresource === "log" && verb === "get") return log(request)
      if (resource === "pods" && subresource === "exec") return Effect.fail(badRequest("Upgrade request required"))
      return Effect.fail(noSuchResource)
    }
    if (verb === "list") return list(request, resource)
    if (verb === "watch" || (verb === "get" && flag(request.query, "watch"))) return watch(request, resource)
    if (verb === "get") return read(request, resource)
    if (resource === "namespaces" && verb === "create") return createNamespace(request)
    if (resource === "namespaces" && verb === "delete") return deleteNamespace(request)
    if (resource === "pods" && verb === "create" && namespace !== undefined)
      return createPod(store, namespace, request.body, request.query).pipe(
        Effect.map(({ pod, unknown }) =>
          answer(
            pod,
            201,
            unknown.map((path) => `unknown field "${path}"`)
          )
        )
      )
    if (resource === "pods" && verb === "delete")
      return found("pods", namespace, name).pipe(
        Effect.flatMap((pod) => deletePod(store, pod, request.body, request.query)),
        Effect.map((pod) => answer(pod))
      )
    if (resource === "pods" && verb === "patch")
      return found("pods", namespace, name).pipe(
        Effect.flatMap((pod) => patchPod(store, pod, request.body, request.contentType)),
        Effect.map((pod) => answer(pod))
      )
    return Effect.fail(methodNotAllowed)
  }

  return { handle, found }
}
