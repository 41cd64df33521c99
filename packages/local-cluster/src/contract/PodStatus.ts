/**
 * A pod's `status`: the kubelet writes it, the API server keeps and shows it. Types only. Times are
 * RFC 3339 in whole seconds.
 */

/** The phases that a pod of this cluster can be in; a real one also knows `Unknown`. */
export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed"

/** One of a pod's conditions, e.g. `Ready` or `DisruptionTarget`. */
export interface PodCondition {
  readonly type: string
  readonly status: "True" | "False"
  readonly reason?: string
  readonly message?: string
  readonly lastProbeTime: null
  readonly lastTransitionTime: string
}

/** How an instance of a container ended. */
export interface TerminatedState {
  readonly exitCode: number
  readonly reason: string
  readonly message?: string
  readonly startedAt: string
  readonly finishedAt: string
  readonly containerID: string
}

/**
 * Exactly one of the three is there; none in the `lastState` of a container that was not restarted.
 */
export interface ContainerStatusState {
  readonly waiting?: { readonly reason: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: TerminatedState
}

/** What a pod's status says of one container. */
export interface ContainerStatus {
  readonly name: string
  readonly state: ContainerStatusState
  /** The state of the instance before this one. */
  readonly lastState: ContainerStatusState
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly image: string
  /** Empty until an instance has started. */
  readonly imageID: string
  readonly containerID?: string
}

/** The status of a pod; one that no node has taken has no addresses and no containers yet. */
export interface PodStatus {
  readonly phase: PodPhase
  /** Why the pod as a whole ended or cannot run, where its containers do not say it. */
  readonly reason?: string
  readonly message?: string
  readonly conditions?: ReadonlyArray<PodCondition>
  readonly hostIP?: string
  readonly hostIPs?: ReadonlyArray<{ readonly ip: string }>
  readonly podIP?: string
  readonly podIPs?: ReadonlyArray<{ readonly ip: string }>
  readonly startTime?: string
  readonly initContainerStatuses?: ReadonlyArray<ContainerStatus>
  readonly containerStatuses?: ReadonlyArray<ContainerStatus>
  readonly qosClass?: string
}
