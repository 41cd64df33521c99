/**
 * Which answer each verb gets from each resource, and from each subresource that is no upgrade. No
 * HTTP.
 */
import { Effect } from "effect"
import type { ContainerRuntime } from "../contract/Runtime.ts"
import { type ApiAnswer, type ApiRequest, answer, flag } from "./ApiRequest.ts"
import { type ApiStatus, badRequest, methodNotAllowed, noSuchResource } from "./ApiStatus.ts"
import { createNamespace, deleteNamespace } from "./NamespaceResource.ts"
import { findObject, listObjects, readObject, watchObjects } from "./ObjectReading.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import { readLog } from "./PodLog.ts"
import { patchPod } from "./PodPatch.ts"
import { createPod, deletePod } from "./PodResource.ts"
import { reviewAccess, reviewSelf } from "./SelfReview.ts"
import type { ResourceName } from "./StoredObject.ts"

/** Answers a request that its user may make. */
export const handleRequest = (
  store: ObjectStore,
  runtime: ContainerRuntime,
  request: ApiRequest
): Effect.Effect<ApiAnswer, ApiStatus> => {
  const { body, query, target } = request
  const { name, namespace, resource, subresource, verb } = target
  const found = <R extends ResourceName>(kind: R) => findObject(store, kind, namespace, name)
  if (resource === "selfsubjectaccessreviews")
    return verb === "create" ? Effect.fromResult(reviewAccess(request)) : Effect.fail(methodNotAllowed)
  if (resource === "selfsubjectreviews")
    return verb === "create" ? Effect.succeed(reviewSelf(request)) : Effect.fail(methodNotAllowed)
  if (subresource !== undefined) {
    if (resource === "pods" && subresource === "log" && verb === "get")
      return Effect.flatMap(found("pods"), (pod) => readLog(runtime, pod, query))
    if (resource === "pods" && subresource === "exec") return Effect.fail(badRequest("Upgrade request required"))
    return Effect.fail(noSuchResource)
  }
  if (verb === "list") return listObjects(store, request, resource)
  if (verb === "watch" || (verb === "get" && flag(query, "watch"))) return watchObjects(store, request, resource)
  if (verb === "get") return readObject(store, request, resource)
  if (resource === "namespaces" && verb === "create")
    return Effect.map(createNamespace(store, body), (created) => answer(created, 201))
  if (resource === "namespaces" && verb === "delete")
    return found("namespaces").pipe(
      Effect.flatMap((found) => deleteNamespace(store, found)),
      Effect.map((deleted) => answer(deleted))
    )
  if (resource === "pods" && verb === "create" && namespace !== undefined)
    return createPod(store, namespace, body, query).pipe(
      Effect.map(({ pod, unknown }) => {
        const warnings = unknown.map((path) => `unknown field "${path}"`)
        return answer(pod, 201, warnings)
      })
    )
  if (resource === "pods" && verb === "delete")
    return found("pods").pipe(
      Effect.flatMap((pod) => deletePod(store, pod, body, query)),
      Effect.map((pod) => answer(pod))
    )
  if (resource === "pods" && verb === "patch")
    return found("pods").pipe(
      Effect.flatMap((pod) => patchPod(store, pod, body, request.contentType)),
      Effect.map((pod) => answer(pod))
    )
  return Effect.fail(methodNotAllowed)
}
