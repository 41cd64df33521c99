/**
 * Pods of the API server as plain requests: create, get, list, annotate, delete. Raw JSON both
 * ways, so that no field is lost on the way, whether this project knows it or not.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { KubeConnection } from "../client/KubeConnection.ts"
import { type KubeAnswer, type KubeRequest, protocolError, requestAnswer, requestJson } from "../client/KubeRequest.ts"
import { podRequest } from "../client/PodRequest.ts"
import { KubeError } from "../error/KubeError.ts"
import type { KubeOperation } from "../error/KubeMessage.ts"
import { isPod, type Pod } from "./Pod.ts"

/** What a list is narrowed to; both in Kubernetes' own selector syntax. */
export interface PodSelection {
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** A list of pods, and the version a watch continues from. */
export interface PodList {
  readonly items: ReadonlyArray<Pod>
  readonly resourceVersion: string
}

/**
 * `uid` deletes only that very pod, `resourceVersion` only if nothing about it has changed since;
 * `gracePeriodSeconds` 0 kills at once.
 */
export interface PodDeletion {
  readonly uid?: string
  readonly resourceVersion?: string
  readonly gracePeriodSeconds?: number
}

const hasName = Schema.is(Schema.Struct({ metadata: Schema.Struct({ name: Schema.NonEmptyString }) }))
const isList = Schema.is(
  Schema.Struct({
    metadata: Schema.Struct({ resourceVersion: Schema.String }),
    items: Schema.NullOr(Schema.Array(Schema.Unknown))
  })
)

const readPod = (request: KubeRequest, value: unknown): Effect.Effect<Pod, KubeError> =>
  isPod(value) ? Effect.succeed(value) : Effect.fail(protocolError(request, "the answer is not a Pod"))

/** Reads a PodList; used by the watch, too. */
export const readPodList = (request: KubeRequest, value: unknown): Effect.Effect<PodList, KubeError> => {
  if (!isList(value)) return Effect.fail(protocolError(request, "the answer is not a PodList"))
  const items = value.items ?? []
  return items.every(isPod)
    ? Effect.succeed({ items, resourceVersion: value.metadata.resourceVersion })
    : Effect.fail(protocolError(request, "an item of the list is not a Pod"))
}

/**
 * The request that lists a namespace's pods, or those of all (a quorum read: nothing older than the
 * moment it is asked).
 */
export const listRequest = (
  operation: KubeOperation,
  namespace: string | undefined,
  selection: PodSelection = {}
): KubeRequest => ({ ...podRequest(operation, "list", { namespace }), urlParams: { ...selection } })

/**
 * A change of an annotation; `from` is its value as it was read, where the change depends on that.
 * The pod must have annotations already.
 */
export interface PodAnnotation {
  readonly uid: string
  readonly annotation: string
  readonly from?: string
  readonly to: string
}

/** Requests about pods. */
export class Pods extends Context.Service<
  Pods,
  {
    /**
     * Creates a pod, with `fieldValidation=Strict`: a field the server does not know is an error.
     * The manifest must have `metadata.name`: that makes it safe to send twice when a reply is
     * lost. `AlreadyExists` may therefore be our own pod.
     */
    readonly create: (namespace: string, manifest: Readonly<Record<string, unknown>>) => Effect.Effect<Pod, KubeError>
    /**
     * Asks whether the server would create the pod, admission and quotas included, and creates none
     * (`dryRun=All`). Gives what the server warns of.
     */
    readonly tryCreate: (
      namespace: string,
      manifest: Readonly<Record<string, unknown>>
    ) => Effect.Effect<ReadonlyArray<string>, KubeError>
    /** Reads one pod. */
    readonly get: (namespace: string, name: string) => Effect.Effect<Pod, KubeError>
    /**
     * Reads all pods of a namespace that match; undefined: of all namespaces, which only a
     * ClusterRole allows.
     */
    readonly list: (namespace: string | undefined, selection?: PodSelection) => Effect.Effect<PodList, KubeError>
    /**
     * Asks for a pod's deletion, in the background. That it is gone already, or that a different
     * pod has its name by now (`uid` given), is success. Returns when the server has accepted it,
     * not when the pod has gone. `Conflict`: that pod is there, and not of the `resourceVersion`
     * any more.
     */
    readonly delete: (namespace: string, name: string, deletion?: PodDeletion) => Effect.Effect<void, KubeError>
    /**
     * Sets an annotation of that very pod (`uid`), if it still has the value `from`, where one is
     * given. `Invalid` when
     * it has another or the pod is another's: one answer for all that a JSON patch's `test` refuses
     * (seen on 1.35: 422 without a word on which).
     */
    readonly annotate: (namespace: string, name: string, change: PodAnnotation) => Effect.Effect<Pod, KubeError>
  }
>()("@podwright/k8s-io/Pods") {
  /** Pods over a connection. */
  static readonly layer: Layer.Layer<Pods, never, KubeConnection> = Layer.suspend(() => Layer.effect(Pods, makePods))
}

const makePods = Effect.gen(function* () {
  const connection = yield* KubeConnection

  const post = Effect.fnUntraced(function* (
    operation: KubeOperation,
    namespace: string,
    manifest: Readonly<Record<string, unknown>>,
    parameters: Readonly<Record<string, string>>
  ): Effect.fn.Return<readonly [KubeRequest, KubeAnswer], KubeError> {
    if (!hasName(manifest)) {
      const detail = "the manifest has no metadata.name (a generateName would make a retry create a second pod)"
      return yield* new KubeError({
        operation,
        subject: { namespace },
        reason: { _tag: "BadRequest", detail }
      })
    }
    const request: KubeRequest = {
      ...podRequest(operation, "create", { namespace, name: manifest.metadata.name }),
      urlParams: { fieldValidation: "Strict", ...parameters },
      body: manifest
    }
    return [request, yield* requestAnswer(connection, request)]
  })

  const create = Effect.fn("Pods.create")((namespace: string, manifest: Readonly<Record<string, unknown>>) =>
    Effect.flatMap(post("Pods.create", namespace, manifest, {}), ([request, { value }]) => readPod(request, value))
  )

  const tryCreate = Effect.fn("Pods.tryCreate")((namespace: string, manifest: Readonly<Record<string, unknown>>) =>
    // the answer is a pod without identity: there is nothing to read from it
    Effect.map(post("Pods.tryCreate", namespace, manifest, { dryRun: "All" }), ([, { warnings }]) => warnings)
  )

  const get = Effect.fn("Pods.get")(function* (namespace: string, name: string): Effect.fn.Return<Pod, KubeError> {
    const request = podRequest("Pods.get", "get", { namespace, name })
    return yield* readPod(request, yield* requestJson(connection, request))
  })

  const list = Effect.fn("Pods.list")(function* (
    namespace: string | undefined,
    selection?: PodSelection
  ): Effect.fn.Return<PodList, KubeError> {
    const request = listRequest("Pods.list", namespace, selection)
    return yield* readPodList(request, yield* requestJson(connection, request))
  })

  /** Was the pod that a UID precondition named deleted, so that the conflict means success? */
  const isGone = (namespace: string, name: string, uid: string) =>
    get(namespace, name).pipe(
      Effect.map((pod) => pod.metadata.uid !== uid),
      Effect.catchReason("KubeError", "NotFound", () => Effect.succeed(true))
    )

  const remove = Effect.fn("Pods.delete")(function* (
    namespace: string,
    name: string,
    { uid, resourceVersion, gracePeriodSeconds }: PodDeletion = {}
  ): Effect.fn.Return<void, KubeError> {
    const request: KubeRequest = {
      ...podRequest("Pods.delete", "delete", { namespace, name }),
      body: {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: "Background",
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        ...(uid === undefined && resourceVersion === undefined
          ? {}
          : {
              preconditions: {
                ...(uid === undefined ? {} : { uid }),
                ...(resourceVersion === undefined ? {} : { resourceVersion })
              }
            })
      }
    }
    yield* requestJson(connection, request).pipe(
      Effect.asVoid,
      Effect.catchReason("KubeError", "NotFound", () => Effect.void),
      Effect.catchReason("KubeError", "Conflict", (_reason, error) =>
        uid === undefined
          ? Effect.fail(error)
          : Effect.flatMap(isGone(namespace, name, uid), (gone) => (gone ? Effect.void : Effect.fail(error)))
      )
    )
  })

  const annotate = Effect.fn("Pods.annotate")(function* (
    namespace: string,
    name: string,
    { annotation, from, to, uid }: PodAnnotation
  ): Effect.fn.Return<Pod, KubeError> {
    // RFC 6901: what a pointer's own characters are written as.
    const path = `/metadata/annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`
    const request: KubeRequest = {
      ...podRequest("Pods.annotate", "patch", { namespace, name }),
      contentType: "application/json-patch+json",
      body: [
        { op: "test", path: "/metadata/uid", value: uid },
        ...(from === undefined
          ? // Replaces what is there.
            [{ op: "add", path, value: to }]
          : [
              { op: "test", path, value: from },
              { op: "replace", path, value: to }
            ])
      ]
    }
    return yield* readPod(request, yield* requestJson(connection, request))
  })

  return Pods.of({ create, tryCreate, get, list, annotate, delete: remove })
})
