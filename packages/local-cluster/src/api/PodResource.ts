/**
 * Pods as the API creates and deletes them: decoding, validation, defaults, grace periods and
 * preconditions. Works on the store alone; what then happens to a pod is the kubelet's.
 */
import { Effect, Schema } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import { type ApiStatus, alreadyExists, badRequest, notFound, preconditionFailed } from "./ApiStatus.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import { decodePod, unknownFields } from "./PodDecoding.ts"
import { defaultSpec, qosClass } from "./PodDefaults.ts"
import { type PodSpec, validatePod } from "./PodValidation.ts"
import type { NewObject, StoredPod } from "./StoredObject.ts"

export interface CreatedPod {
  readonly pod: StoredPod
  /** Unknown fields that were left out, for `Warning` headers. */
  readonly unknown: ReadonlyArray<string>
}

interface GivenMetadata {
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: ReadonlyArray<object>
}

/**
 * Five letters and digits that cannot be mistaken for one another, as the server appends them to a
 * generateName.
 */
const randomSuffix = (): string => {
  const letters = "bcdfghjklmnpqrstvwxz2456789"
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (byte) => letters[byte % letters.length]).join("")
}

/** Creates a pod from a request's body. */
export const createPod = (
  store: ObjectStore,
  namespace: string,
  body: unknown,
  query: URLSearchParams
): Effect.Effect<CreatedPod, ApiStatus> =>
  Effect.gen(function* () {
    const { object, unknown } = yield* Effect.fromResult(decodePod(body))
    const mode = query.get("fieldValidation") ?? "Warn"
    if (mode === "Strict" && unknown.length > 0) return yield* Effect.fail(unknownFields(unknown))
    const given = (object["metadata"] ?? {}) as GivenMetadata
    if (given.namespace !== undefined && given.namespace !== namespace)
      return yield* Effect.fail(
        badRequest("the namespace of the provided object does not match the namespace sent on the request")
      )
    if (store.get("namespaces", undefined, namespace) === undefined)
      return yield* Effect.fail(notFound("namespaces", namespace))
    const generated = given.generateName === undefined ? "" : given.generateName + randomSuffix()
    const name = given.name || generated
    const spec = defaultSpec(
      yield* Effect.fromResult(validatePod(name, given.labels, (object["spec"] ?? {}) as PodSpec))
    )
    const { annotations, generateName, labels, ownerReferences } = given
    const pod: NewObject<"pods"> = {
      kind: "Pod",
      apiVersion: "v1",
      metadata: {
        name,
        namespace,
        ...(generateName === undefined ? {} : { generateName }),
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations }),
        ...(ownerReferences === undefined ? {} : { ownerReferences })
      },
      spec,
      status: { phase: "Pending", qosClass: qosClass(spec) }
    }
    if (query.get("dryRun") === "All") {
      if (store.get("pods", namespace, name) !== undefined) return yield* Effect.fail(alreadyExists("pods", name))
      const metadata = { ...pod.metadata, uid: "", resourceVersion: "", creationTimestamp: apiTime() }
      return { pod: { ...pod, metadata }, unknown: mode === "Ignore" ? [] : unknown }
    }
    const created = store.create("pods", pod)
    if (created === undefined) return yield* Effect.fail(alreadyExists("pods", name))
    return { pod: created, unknown: mode === "Ignore" ? [] : unknown }
  })

const DeleteOptions = Schema.Struct({
  gracePeriodSeconds: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  preconditions: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        uid: Schema.optionalKey(Schema.NullOr(Schema.String)),
        resourceVersion: Schema.optionalKey(Schema.NullOr(Schema.String))
      })
    )
  )
})
const decodeOptions = Schema.decodeUnknownEffect(DeleteOptions)

/**
 * Deletes a pod: at once when nothing of it can run, else by a deletion timestamp for the kubelet
 * to act on. A pod that is already being deleted gets the shorter of the two grace periods.
 */
export const deletePod = (
  store: ObjectStore,
  pod: StoredPod,
  body: unknown,
  query: URLSearchParams
): Effect.Effect<StoredPod, ApiStatus> =>
  Effect.gen(function* () {
    const options = yield* decodeOptions(body ?? {}).pipe(
      Effect.mapError((error) => badRequest(`DeleteOptions cannot be read: ${error.message}`))
    )
    const { name, resourceVersion, uid } = pod.metadata
    const { preconditions } = options
    if (preconditions?.uid && preconditions.uid !== uid)
      return yield* Effect.fail(preconditionFailed(name, "UID", preconditions.uid, uid))
    if (preconditions?.resourceVersion && preconditions.resourceVersion !== resourceVersion)
      return yield* Effect.fail(
        preconditionFailed(name, "ResourceVersion", preconditions.resourceVersion, resourceVersion)
      )
    const inQuery = query.get("gracePeriodSeconds")
    const wanted = options.gracePeriodSeconds ?? (inQuery === null ? undefined : Number(inQuery))
    const { phase } = pod.status
    const inert = pod.spec.nodeName === undefined || phase === "Succeeded" || phase === "Failed"
    const grace = inert ? 0 : Math.max(0, wanted ?? pod.spec.terminationGracePeriodSeconds ?? 30)
    const earlier = pod.metadata.deletionGracePeriodSeconds
    if (grace > 0 && earlier !== undefined && earlier <= grace) return pod
    const deletionTimestamp = apiTime(Date.now() + grace * 1000)
    const marked: StoredPod = {
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace }
    }
    const result = grace === 0 ? store.remove("pods", marked) : store.update("pods", marked)
    return result ?? (yield* Effect.fail(notFound("pods", name)))
  })
