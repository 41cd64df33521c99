/**
 * A Pod as read from the API: only the fields this project reads have a type, every other field
 * stays on the object as it came. Pure. The border checks identity (`metadata`) and trusts the API
 * server's own schema for the rest.
 */
import { Schema } from "effect"

/** Identity and bookkeeping of an object. Times are RFC 3339 text, as sent. */
export interface PodMetadata {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly resourceVersion: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
}

/** A container as specified. */
export interface PodContainer {
  readonly name: string
  readonly image?: string
  readonly restartPolicy?: string
}

/** Why a container waits to be started. */
export interface ContainerStateWaiting {
  readonly reason?: string
  readonly message?: string
}

/** A container that runs. */
export interface ContainerStateRunning {
  readonly startedAt?: string
}

/** How a container ended. `exitCode` is always sent. */
export interface ContainerStateTerminated {
  readonly exitCode: number
  readonly signal?: number
  readonly reason?: string
  readonly message?: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly containerID?: string
}

/** At most one of the three is set; none means waiting. */
export interface ContainerState {
  readonly waiting?: ContainerStateWaiting
  readonly running?: ContainerStateRunning
  readonly terminated?: ContainerStateTerminated
}

/** A container as the kubelet reports it. */
export interface ContainerStatus {
  readonly name: string
  readonly state?: ContainerState
  readonly lastState?: ContainerState
  readonly ready?: boolean
  readonly started?: boolean
  readonly restartCount?: number
  readonly image?: string
  readonly imageID?: string
  readonly containerID?: string
}

/** One of the pod's conditions, for example `PodScheduled` or `DisruptionTarget`. */
export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
}

/** A Pod as read. Fields without a type here are kept on the object. */
export interface Pod {
  readonly metadata: PodMetadata
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: ReadonlyArray<PodContainer>
    readonly initContainers?: ReadonlyArray<PodContainer>
    readonly activeDeadlineSeconds?: number
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly startTime?: string
    readonly podIP?: string
    readonly conditions?: ReadonlyArray<PodCondition>
    readonly containerStatuses?: ReadonlyArray<ContainerStatus>
    readonly initContainerStatuses?: ReadonlyArray<ContainerStatus>
  }
}

/** A core/v1 Event, the part that tells a person something. */
export interface KubeEvent {
  readonly metadata: { readonly name: string; readonly uid?: string; readonly creationTimestamp?: string }
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly count?: number
  /** Of events by the newer recorder (the scheduler's), which leaves `count` out. */
  readonly series?: { readonly count?: number } | null
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly source?: { readonly component?: string; readonly host?: string }
  readonly reportingComponent?: string
  readonly involvedObject?: {
    readonly kind?: string
    readonly name?: string
    readonly uid?: string
    readonly fieldPath?: string
  }
}

const Identity = Schema.Struct({
  metadata: Schema.Struct({
    name: Schema.String,
    namespace: Schema.String,
    uid: Schema.String,
    resourceVersion: Schema.String
  })
})
const hasIdentity = Schema.is(Identity)

/** Is this JSON a Pod? Checks identity only; the object itself is used on, so no field is lost. */
export const isPod = (value: unknown): value is Pod => hasIdentity(value)

const hasEventShape = Schema.is(Schema.Struct({ metadata: Schema.Struct({ name: Schema.String }) }))

/** Is this JSON a core/v1 Event? */
export const isKubeEvent = (value: unknown): value is KubeEvent => hasEventShape(value)
