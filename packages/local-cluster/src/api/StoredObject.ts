/**
 * The objects that the store keeps, a type for each resource: what a client gave, decoded,
 * validated and filled in, with the identity that the store gives. Types only. Fields that the API
 * server does not look at are kept as they came.
 */
import type { PodStatus } from "../contract/PodStatus.ts"
import type { KubeObject } from "../contract/Runtime.ts"
import type { ValidPodSpec } from "./PodValidation.ts"

/** The metadata of a stored object; the times are RFC 3339. */
export interface ObjectMetadata {
  readonly name: string
  /** Absent for what lives outside of namespaces. */
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: string
  readonly creationTimestamp: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

interface PodBody extends KubeObject {
  readonly spec: ValidPodSpec
  readonly status: PodStatus
}

interface EventBody extends KubeObject {
  readonly type: "Normal" | "Warning"
  readonly reason: string
  readonly message: string
  readonly lastTimestamp: string
  readonly involvedObject: KubeObject & { readonly kind: string; readonly name: string; readonly uid: string }
}

/** By resource, everything of an object but its metadata. */
interface Bodies {
  readonly namespaces: KubeObject
  readonly pods: PodBody
  readonly events: EventBody
}

/** The resources whose objects are kept. */
export type ResourceName = keyof Bodies

/** A stored object of a resource; of any, where none is named. */
export type StoredObject<R extends ResourceName = ResourceName> = Bodies[R] & { readonly metadata: ObjectMetadata }

export type StoredPod = StoredObject<"pods">
export type StoredEvent = StoredObject<"events">

/** A new object of a resource: everything but the metadata that the store decides. */
export type NewObject<R extends ResourceName> = Bodies[R] & {
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** A change of a stored object, at one resourceVersion. */
export interface StoredChange<R extends ResourceName = ResourceName> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly resource: R
  /** The object after the change; its last state when it was deleted. */
  readonly object: StoredObject<R>
  /** The object before it; undefined for a new one. */
  readonly previous: StoredObject<R> | undefined
  readonly resourceVersion: number
}
