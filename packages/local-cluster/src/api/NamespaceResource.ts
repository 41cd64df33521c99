/**
 * Namespaces as the API creates and deletes them. Works on the store alone; deleting one deletes
 * what is in it, at once.
 */
import { Effect } from "effect"
import { type ApiStatus, alreadyExists, badRequest, notFound } from "./ApiStatus.ts"
import type { ObjectStore } from "./ObjectStore.ts"
import type { StoredObject } from "./StoredObject.ts"

/** Adds a namespace; undefined when there is one of this name. */
export const addNamespace = (store: ObjectStore, name: string): StoredObject<"namespaces"> | undefined =>
  store.create("namespaces", { kind: "Namespace", apiVersion: "v1", metadata: { name }, status: { phase: "Active" } })

/** Creates a namespace from a request's body. */
export const createNamespace = (
  store: ObjectStore,
  body: unknown
): Effect.Effect<StoredObject<"namespaces">, ApiStatus> =>
  Effect.suspend(() => {
    const metadata = (body as { readonly metadata?: { readonly name?: unknown } } | undefined)?.metadata
    if (typeof metadata?.name !== "string") return Effect.fail(badRequest("metadata.name: Required value"))
    const created = addNamespace(store, metadata.name)
    return created === undefined ? Effect.fail(alreadyExists("namespaces", metadata.name)) : Effect.succeed(created)
  })

/** Deletes a namespace and the objects in it; gives its last state. */
export const deleteNamespace = (
  store: ObjectStore,
  namespace: StoredObject<"namespaces">
): Effect.Effect<StoredObject<"namespaces">, ApiStatus> =>
  Effect.suspend(() => {
    const { name } = namespace.metadata
    for (const resource of ["pods", "events"] as const)
      for (const object of store.list(resource, name)) store.remove(resource, object)
    const removed = store.remove("namespaces", namespace)
    return removed === undefined ? Effect.fail(notFound("namespaces", name)) : Effect.succeed(removed)
  })
