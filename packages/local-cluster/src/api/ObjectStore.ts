/**
 * The objects of the cluster, in memory: one counter of resourceVersions, and a bounded history of changes from which
 * watches go on. Objects are never changed in place, so a reader may keep what it was given. No I/O.
 */
import { Effect } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { KubeObject, ObjectChange } from "../contract/Runtime.ts"

export type ResourceName = "namespaces" | "pods" | "events"

export interface ObjectMetadata {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** An object with its identity; the rest is as it came. */
export interface StoredObject extends KubeObject {
  readonly metadata: ObjectMetadata
}

export interface StoredChange extends ObjectChange {
  readonly object: StoredObject
  /** The object as it was; undefined for one that is new. */
  readonly previous: StoredObject | undefined
  readonly resource: ResourceName
  readonly resourceVersion: number
}

/** What a new object brings: everything but what the store decides. */
export type NewObject = KubeObject & { readonly metadata: { readonly name: string; readonly namespace?: string } }

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ""}/${name}`

export class ObjectStore {
  readonly #objects: Readonly<Record<ResourceName, Map<string, StoredObject>>> = {
    namespaces: new Map(),
    pods: new Map(),
    events: new Map()
  }
  readonly #history: Array<StoredChange> = []
  readonly #historyLimit: number
  readonly #listeners = new Set<(change: StoredChange) => void>()
  #revision = 0

  /** `historyLimit`: how many changes a watch may lie behind before it is told 410. */
  constructor(historyLimit: number) {
    this.#historyLimit = historyLimit
  }

  /** The resourceVersion of the newest change. */
  get resourceVersion(): number {
    return this.#revision
  }

  /** A watch can go on from here or later. */
  get oldestResourceVersion(): number {
    return this.#revision - this.#history.length
  }

  get(resource: ResourceName, namespace: string | undefined, name: string): StoredObject | undefined {
    return this.#objects[resource].get(keyOf(namespace, name))
  }

  /** All objects of a resource, of one namespace or all, by namespace and name as the real server lists them. */
  list(resource: ResourceName, namespace?: string): ReadonlyArray<StoredObject> {
    return Array.from(this.#objects[resource].entries())
      .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
  }

  /** Adds an object; undefined when the name is taken. */
  create(resource: ResourceName, object: NewObject): StoredObject | undefined {
    const key = keyOf(object.metadata.namespace, object.metadata.name)
    if (this.#objects[resource].has(key)) return undefined
    const metadata = {
      ...object.metadata,
      uid: crypto.randomUUID(),
      creationTimestamp: apiTime()
    }
    return this.#put("ADDED", resource, { ...object, metadata: { ...metadata, resourceVersion: "" } })
  }

  /** Replaces an object that is there; undefined when another, or none, has its place. */
  update(resource: ResourceName, object: StoredObject): StoredObject | undefined {
    const { name, namespace, uid } = object.metadata
    if (this.get(resource, namespace, name)?.metadata.uid !== uid) return undefined
    return this.#put("MODIFIED", resource, object)
  }

  /** Removes an object, given in its last state; undefined when another, or none, has its place. */
  remove(resource: ResourceName, object: StoredObject): StoredObject | undefined {
    const { name, namespace, uid } = object.metadata
    if (this.get(resource, namespace, name)?.metadata.uid !== uid) return undefined
    return this.#put("DELETED", resource, object)
  }

  /** The changes of a resource after a resourceVersion; "expired" when the history no longer reaches back to it. */
  changesSince(resource: ResourceName, resourceVersion: number): ReadonlyArray<StoredChange> | "expired" {
    if (resourceVersion < this.oldestResourceVersion) return "expired"
    return this.#history
      .slice(resourceVersion - this.oldestResourceVersion)
      .filter((change) => change.resource === resource)
  }

  /** Calls back at each change, at once and in order; returns how to stop it. */
  subscribe(listener: (change: StoredChange) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Completes at the next change of any resource after the given resourceVersion. */
  readonly changed = (resourceVersion: number): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      if (this.#revision > resourceVersion) return resume(Effect.void)
      const stop = this.subscribe(() => {
        stop()
        resume(Effect.void)
      })
      return Effect.sync(stop)
    })

  #put(type: ObjectChange["type"], resource: ResourceName, object: StoredObject): StoredObject {
    this.#revision += 1
    const key = keyOf(object.metadata.namespace, object.metadata.name)
    const previous = this.#objects[resource].get(key)
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } }
    if (type === "DELETED") this.#objects[resource].delete(key)
    else this.#objects[resource].set(key, stored)
    const change = { type, object: stored, previous, resource, resourceVersion: this.#revision }
    this.#history.push(change)
    if (this.#history.length > this.#historyLimit) this.#history.shift()
    // A copy: whoever is woken listens anew at once, and is not to be told of this change again.
    for (const listener of Array.from(this.#listeners)) listener(change)
    return stored
  }
}
