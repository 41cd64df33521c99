/**
 * The objects of the cluster, in memory: one counter of resourceVersions, and a bounded history of
 * changes from which watches go on. Objects are never changed in place, so a reader may keep what
 * it was given. No I/O.
 */
import { Effect } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { NewObject, ResourceName, StoredChange, StoredObject } from "./StoredObject.ts"

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ""}/${name}`

export class ObjectStore {
  readonly #objects: { readonly [R in ResourceName]: Map<string, StoredObject<R>> } = {
    namespaces: new Map(),
    pods: new Map(),
    events: new Map()
  }
  readonly #history: Array<StoredChange> = []
  readonly #historyLimit: number
  readonly #listeners: { readonly [R in ResourceName]: Set<(change: StoredChange<R>) => void> } = {
    namespaces: new Set(),
    pods: new Set(),
    events: new Set()
  }
  /** Those who wait for any change, each called once. */
  readonly #waiting = new Set<() => void>()
  #revision = 0

  /** `historyLimit`: how many changes a watch may lag before it gets 410. */
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

  get<R extends ResourceName>(resource: R, namespace: string | undefined, name: string): StoredObject<R> | undefined {
    return this.#objects[resource].get(keyOf(namespace, name))
  }

  /**
   * All objects of a resource, of one namespace or all, by namespace and name as the real server
   * lists them.
   */
  list<R extends ResourceName>(resource: R, namespace?: string): ReadonlyArray<StoredObject<R>> {
    return Array.from(this.#objects[resource].entries())
      .filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object)
  }

  /** Adds an object; undefined when the name is taken. */
  create<R extends ResourceName>(resource: R, object: NewObject<R>): StoredObject<R> | undefined {
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
  update<R extends ResourceName>(resource: R, object: StoredObject<R>): StoredObject<R> | undefined {
    const { name, namespace, uid } = object.metadata
    if (this.get(resource, namespace, name)?.metadata.uid !== uid) return undefined
    return this.#put("MODIFIED", resource, object)
  }

  /** Removes an object, given in its last state; undefined when another, or none, has its place. */
  remove<R extends ResourceName>(resource: R, object: StoredObject<R>): StoredObject<R> | undefined {
    const { name, namespace, uid } = object.metadata
    if (this.get(resource, namespace, name)?.metadata.uid !== uid) return undefined
    return this.#put("DELETED", resource, object)
  }

  /**
   * The changes of a resource after a resourceVersion; "expired" when the history no longer reaches
   * back to it.
   */
  changesSince<R extends ResourceName>(
    resource: R,
    resourceVersion: number
  ): ReadonlyArray<StoredChange<R>> | "expired" {
    if (resourceVersion < this.oldestResourceVersion) return "expired"
    return this.#history
      .slice(resourceVersion - this.oldestResourceVersion)
      .filter((change): change is StoredChange<R> => change.resource === resource)
  }

  /** Calls back at each change of a resource, at once and in order; returns how to stop it. */
  subscribe<R extends ResourceName>(resource: R, listener: (change: StoredChange<R>) => void): () => void {
    const listeners = this.#listeners[resource]
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
    }
  }

  /** Completes at the next change of any resource after the given resourceVersion. */
  readonly changed = (resourceVersion: number): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      if (this.#revision > resourceVersion) return resume(Effect.void)
      const wake = () => {
        this.#waiting.delete(wake)
        resume(Effect.void)
      }
      this.#waiting.add(wake)
      return Effect.sync(() => {
        this.#waiting.delete(wake)
      })
    })

  #put<R extends ResourceName>(type: StoredChange["type"], resource: R, object: StoredObject<R>): StoredObject<R> {
    this.#revision += 1
    const key = keyOf(object.metadata.namespace, object.metadata.name)
    const previous = this.#objects[resource].get(key)
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#revision) } }
    if (type === "DELETED") this.#objects[resource].delete(key)
    else this.#objects[resource].set(key, stored)
    const change: StoredChange<R> = { type, object: stored, previous, resource, resourceVersion: this.#revision }
    this.#history.push(change)
    if (this.#history.length > this.#historyLimit) this.#history.shift()
    for (const listener of Array.from(this.#listeners[resource])) listener(change)
    // A copy: a waiter that is woken waits anew at once, and must not be woken for this change
    // again.
    for (const wake of Array.from(this.#waiting)) wake()
    return stored
  }
}
