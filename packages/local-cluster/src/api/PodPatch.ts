/**
 * Changes a pod's labels and annotations by a patch, as the API server takes it from kubectl and
 * from drivers: JSON Patch and JSON Merge Patch whole, a strategic merge patch as far as it is the
 * same. Works on the store alone. Of a pod's spec nothing can be changed here; a real server lets
 * very few of its fields change.
 */
import { Effect } from "effect"
import { applyPatch, type Operation } from "rfc6902"
import type { KubeObject } from "../contract/Runtime.ts"
import {
  type ApiStatus,
  badRequest,
  modifiedMeanwhile,
  notFound,
  patchRefused,
  specIsFixed,
  unsupportedPatch
} from "./ApiStatus.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import { decodePod } from "./PodDecoding.ts"
import { labelProblem } from "./PodValidation.ts"
import type { StoredPod } from "./StoredObject.ts"

const isObject = (value: unknown): value is KubeObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** RFC 7386. */
const merged = (target: unknown, patch: unknown): unknown => {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}

/**
 * Whether a strategic merge patch is a plain one: it touches maps alone and gives no directives
 * (`$patch`, `$retainKeys`).
 */
const isPlain = (patch: unknown): boolean =>
  !Array.isArray(patch) &&
  (!isObject(patch) || Object.entries(patch).every(([key, value]) => !key.startsWith("$") && isPlain(value)))

const patched = (pod: StoredPod, body: unknown, contentType: string): Effect.Effect<unknown, ApiStatus> => {
  switch (contentType.split(";")[0]?.trim()) {
    case "application/json-patch+json": {
      if (!Array.isArray(body)) return Effect.fail(badRequest("a JSON patch is a list of operations"))
      const copy: unknown = structuredClone(pod)
      // Operations of unknown form come back as errors, like those that do not fit.
      const problems = applyPatch(copy, body as Array<Operation>)
      return problems.some((problem) => problem !== null) ? Effect.fail(patchRefused) : Effect.succeed(copy)
    }
    case "application/merge-patch+json":
      return Effect.succeed(merged(pod, body))
    case "application/strategic-merge-patch+json":
      return isPlain(body) ? Effect.succeed(merged(pod, body)) : Effect.fail(unsupportedPatch)
    default:
      return Effect.fail(unsupportedPatch)
  }
}

const equal = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right)

/**
 * Applies a patch; a `resourceVersion` in it that is not the pod's refuses it, as does a `test`
 * that does not hold.
 */
export const patchPod = (
  store: ObjectStore,
  pod: StoredPod,
  body: unknown,
  contentType: string
): Effect.Effect<StoredPod, ApiStatus> =>
  Effect.gen(function* () {
    const { name } = pod.metadata
    const { object } = yield* Effect.fromResult(decodePod(yield* patched(pod, body, contentType)))
    const metadata = (object["metadata"] ?? {}) as KubeObject
    if (!equal(object["spec"], pod.spec)) return yield* Effect.fail(specIsFixed(name))
    if (metadata["name"] !== name || metadata["namespace"] !== pod.metadata.namespace)
      return yield* Effect.fail(badRequest("the name of the object does not match the name on the URL"))
    if (metadata["uid"] !== pod.metadata.uid || metadata["resourceVersion"] !== pod.metadata.resourceVersion)
      return yield* Effect.fail(modifiedMeanwhile(name))
    // Decoded, so they are maps of texts where they are there.
    const { annotations, labels } = metadata as Pick<StoredPod["metadata"], "annotations" | "labels">
    const problem = labelProblem(name, labels)
    if (problem !== undefined) return yield* Effect.fail(problem)
    const { annotations: _annotations, labels: _labels, ...kept } = pod.metadata
    const next: StoredPod = {
      ...pod,
      metadata: {
        ...kept,
        ...(labels === undefined ? {} : { labels }),
        ...(annotations === undefined ? {} : { annotations })
      }
    }
    if (equal(next, pod)) return pod
    return store.update("pods", next) ?? (yield* Effect.fail(notFound("pods", name)))
  })
