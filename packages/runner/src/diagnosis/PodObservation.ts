/**
 * What a pod's status says, reduced to what a run decides by. Pure: the same pod always gives the
 * same observation. A status that is missing is never taken for an end.
 */
import type { ContainerState, ContainerStatus, Pod } from "@podwright/k8s-io"
import { CANCEL_ANNOTATION, LEASE_ANNOTATION } from "@podwright/spec-builder"

/** The end of a container as the kubelet reports it. */
export interface ContainerEnd {
  readonly exitCode: number
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerStatusUnknown`, … */
  readonly reason: string | undefined
  readonly message: string | undefined
}

export type ContainerObservation =
  | { readonly _tag: "Unknown" }
  | {
      readonly _tag: "Waiting"
      readonly reason: string | undefined
      readonly message: string | undefined
      /** How it last ended, where it has run before and is to be restarted. */
      readonly last?: ContainerEnd
    }
  | { readonly _tag: "Running" }
  | { readonly _tag: "Ended"; readonly end: ContainerEnd }

export interface PodObservation {
  readonly uid: string | undefined
  readonly node: string | undefined
  readonly phase: string | undefined
  /** The pod's own reason and message, e.g. `Evicted`, `DeadlineExceeded`. */
  readonly reason: string | undefined
  readonly message: string | undefined
  /** The scheduler's sentence while no node fits. */
  readonly unschedulable: string | undefined
  /** Why the scheduler does not look at the pod yet, where somebody holds it back. */
  readonly gated: string | undefined
  /**
   * The condition that says the pod is being disrupted (preemption, eviction, taint), with its
   * reason.
   */
  readonly disruption: string | undefined
  readonly disruptionMessage: string | undefined
  readonly terminating: boolean
  /** The annotation that says who drives the pod (`claim/PodLease.ts`). */
  readonly lease: string | undefined
  /** The annotation by which somebody asks that the run be cancelled (`claim/PodCancel.ts`). */
  readonly cancel: string | undefined
  /**
   * When main began to run by its node's clock, ms since the epoch; undefined while it does not
   * run.
   */
  readonly startedAt: number | undefined
  /** Seconds that a pod being deleted has to end by itself. */
  readonly graceSeconds: number | undefined
  readonly main: ContainerObservation
  /** Containers that a session could run in, by name. */
  readonly containers: ReadonlyMap<string, ContainerObservation>
  /** The images as they were asked for, by container. */
  readonly images: ReadonlyMap<string, string>
  /** The images by digest, by container; where the kubelet has told. */
  readonly imageIDs: ReadonlyMap<string, string>
}

/** The text of the annotation that says who drives the pod; undefined where it has none. */
export const leaseTextOf = (pod: Pick<Pod, "metadata">): string | undefined =>
  pod.metadata.annotations?.[LEASE_ANNOTATION]

/** The text of the annotation that asks for a cancellation; undefined where there is none. */
export const cancelTextOf = (pod: Pick<Pod, "metadata">): string | undefined =>
  pod.metadata.annotations?.[CANCEL_ANNOTATION]

const endOf = (state: ContainerState | undefined): ContainerEnd | undefined => {
  if (state?.terminated === undefined) return undefined
  const { exitCode, reason, message } = state.terminated
  return { exitCode, reason, message }
}

const observeState = ({ lastState, state }: ContainerStatus): ContainerObservation => {
  const end = endOf(state)
  if (end !== undefined) return { _tag: "Ended", end }
  if (state?.running !== undefined) return { _tag: "Running" }
  if (state?.waiting !== undefined) {
    const last = endOf(lastState)
    const { message, reason } = state.waiting
    return { _tag: "Waiting", reason, message, ...(last === undefined ? {} : { last }) }
  }
  return { _tag: "Unknown" }
}

const startOf = (state: ContainerState | undefined): number | undefined => {
  const time = Date.parse(state?.running?.startedAt ?? "")
  return Number.isNaN(time) ? undefined : time
}

const unknown: ContainerObservation = { _tag: "Unknown" }

/** Reads a pod's status; `main` is the name of the container whose end is the run's. */
export const observePod = (pod: Pod, main: string): PodObservation => {
  const statuses: ReadonlyArray<ContainerStatus> = [
    ...(pod.status?.initContainerStatuses ?? []),
    ...(pod.status?.containerStatuses ?? [])
  ]
  const containers = new Map(statuses.map((status) => [status.name, observeState(status)]))
  const condition = (type: string) => pod.status?.conditions?.find((one) => one.type === type)
  const scheduled = condition("PodScheduled")
  const disrupted = condition("DisruptionTarget")
  return {
    uid: pod.metadata.uid,
    node: pod.spec?.nodeName,
    phase: pod.status?.phase,
    reason: pod.status?.reason,
    message: pod.status?.message,
    unschedulable:
      scheduled?.status === "False" && scheduled.reason === "Unschedulable"
        ? (scheduled.message ?? "no node fits")
        : undefined,
    gated:
      scheduled?.status === "False" && scheduled.reason === "SchedulingGated"
        ? (scheduled.message ?? "it has schedulingGates")
        : undefined,
    disruption: disrupted?.status === "True" ? (disrupted.reason ?? "DisruptionTarget") : undefined,
    disruptionMessage: disrupted?.status === "True" ? disrupted.message : undefined,
    graceSeconds: pod.metadata.deletionGracePeriodSeconds,
    terminating: pod.metadata.deletionTimestamp !== undefined,
    lease: leaseTextOf(pod),
    cancel: cancelTextOf(pod),
    startedAt: startOf(statuses.find(({ name }) => name === main)?.state),
    main: containers.get(main) ?? unknown,
    containers,
    images: new Map(statuses.map(({ image = "", name }) => [name, image])),
    // The kubelet sends an empty text before it knows.
    imageIDs: new Map(statuses.flatMap(({ imageID = "", name }) => (imageID === "" ? [] : [[name, imageID]])))
  }
}

/**
 * Whether main will not run any further: its container has ended, or the pod has as a whole
 * (evicted or past its deadline pods may report no container at all).
 */
export const mainHasEnded = (pod: PodObservation): boolean =>
  pod.main._tag === "Ended" || pod.phase === "Failed" || pod.phase === "Succeeded"

/** What kubelets give as the reason of a container whose program could not be started. */
const NEVER_STARTED: ReadonlySet<string | undefined> = new Set(["StartError", "ContainerCannotRun"])

/** Whether main runs or has run: its image is there, and its program was started. */
export const mainHasBegun = ({ main }: PodObservation): boolean =>
  main._tag === "Running" || (main._tag === "Ended" && !NEVER_STARTED.has(main.end.reason))

/** Whether a session could be opened in this container, as far as the kubelet has reported. */
export const isRunning = (pod: PodObservation, container: string): boolean =>
  pod.containers.get(container)?._tag === "Running"
