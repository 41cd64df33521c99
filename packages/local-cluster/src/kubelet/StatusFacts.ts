/**
 * A pod's `status` as a kubelet reports it. Pure.
 */

import type { ContainerStatus, PodCondition, PodPhase, PodStatus } from "../contract/PodStatus.ts"
import type { ContainerSpec, KubeletPod } from "./KubeletPod.ts"
import { type ContainerHistory, initFailed, isPassed, type PodHistory } from "./PodLifecycle.ts"

/** Why a pod as a whole ended, when not by its containers. */
export interface PodVerdict {
  readonly reason: string
  readonly message: string
  /** The reason of a DisruptionTarget condition, where there is one. */
  readonly disruption?: string
}

/** Everything a status is made of. Times are RFC 3339 in whole seconds. */
export interface StatusFacts {
  readonly pod: KubeletPod
  readonly history: PodHistory
  readonly startTime: string
  readonly verdict: PodVerdict | undefined
  /** The status before, whose transition times stay where nothing has changed. */
  readonly previous: PodStatus | undefined
  readonly now: string
}

/** The kubelet's rules (`getPhase`). */
export const podPhase = (pod: KubeletPod, history: PodHistory): PodPhase => {
  const states = (containers: ReadonlyArray<ContainerSpec>) =>
    containers.map(({ name }) => history.get(name)).filter((one) => one !== undefined)
  const inits = pod.spec.initContainers ?? []
  const mains = states(pod.spec.containers)
  const running = states([...inits, ...pod.spec.containers]).some(({ state }) => state._tag === "Running")
  if (initFailed(pod, history)) return running ? "Pending" : "Failed"
  const begun = mains.some(({ last, state }) => state._tag !== "Waiting" || last !== undefined)
  if (!begun && !inits.every((container) => isPassed(history, container))) return "Pending"
  if (mains.some(({ last, state }) => state._tag === "Waiting" && last === undefined)) return "Pending"
  if (running || mains.some(({ state }) => state._tag !== "Terminated")) return "Running"
  const good = mains.every(({ state }) => state._tag === "Terminated" && state.end.exitCode === 0)
  return good ? "Succeeded" : "Failed"
}

const containerStatus = (
  container: ContainerSpec,
  { last, restarts, state }: ContainerHistory,
  isInit: boolean
): ContainerStatus => {
  const image = container.image ?? ""
  const common = {
    name: container.name,
    lastState: last === undefined ? {} : { terminated: last },
    restartCount: restarts,
    image
  }
  switch (state._tag) {
    case "Waiting": {
      const message = state.message === undefined ? {} : { message: state.message }
      return {
        ...common,
        state: { waiting: { reason: state.reason, ...message } },
        ready: false,
        started: false,
        imageID: ""
      }
    }
    case "Running":
      return {
        ...common,
        state: { running: { startedAt: state.startedAt } },
        ready: true,
        started: true,
        imageID: `local://${image}`,
        containerID: state.containerID
      }
    case "Terminated":
      return {
        ...common,
        state: { terminated: state.end },
        // An init container that has done its work counts as ready.
        ready: isInit && state.end.exitCode === 0,
        started: false,
        imageID: `local://${image}`,
        containerID: state.end.containerID
      }
  }
}

const conditions = (facts: StatusFacts, phase: PodPhase): ReadonlyArray<PodCondition> => {
  const { history, now, pod, previous, verdict } = facts
  const before = previous?.conditions ?? []
  const condition = (type: string, status: boolean, reason?: string, message?: string): PodCondition => {
    const earlier = before.find((one) => one.type === type)
    const word = status ? "True" : "False"
    return {
      type,
      status: word,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      lastProbeTime: null,
      lastTransitionTime: earlier?.status === word ? earlier.lastTransitionTime : now
    }
  }
  const names = (containers: ReadonlyArray<ContainerSpec>) => `[${containers.map(({ name }) => name).join(" ")}]`
  const inits = pod.spec.initContainers ?? []
  const open = inits.filter((container) => !isPassed(history, container))
  const initialized = open.length === 0 || phase === "Succeeded"
  const unready = pod.spec.containers.filter(({ name }) => history.get(name)?.state._tag !== "Running")
  const ended = phase === "Succeeded" ? "PodCompleted" : phase === "Failed" ? "PodFailed" : undefined
  const readiness = (type: string) =>
    ended !== undefined
      ? condition(type, false, ended)
      : unready.length === 0 && initialized
        ? condition(type, true)
        : condition(type, false, "ContainersNotReady", `containers with unready status: ${names(unready)}`)
  return [
    ...(verdict?.disruption === undefined
      ? []
      : [condition("DisruptionTarget", true, verdict.disruption, verdict.message)]),
    condition("PodReadyToStartContainers", ended === undefined),
    initialized
      ? condition("Initialized", true, phase === "Succeeded" ? "PodCompleted" : undefined)
      : condition(
          "Initialized",
          false,
          "ContainersNotInitialized",
          `containers with incomplete status: ${names(open)}`
        ),
    readiness("Ready"),
    readiness("ContainersReady"),
    condition("PodScheduled", true)
  ]
}

/** The status of a pod that is on the node. */
export const podStatus = (facts: StatusFacts): PodStatus => {
  const { history, pod, startTime, verdict } = facts
  const phase = verdict === undefined ? podPhase(pod, history) : "Failed"
  const statuses = (containers: ReadonlyArray<ContainerSpec>, isInit: boolean) =>
    containers.flatMap((container) => {
      const one = history.get(container.name)
      return one === undefined ? [] : [containerStatus(container, one, isInit)]
    })
  const inits = statuses(pod.spec.initContainers ?? [], true)
  return {
    phase,
    ...(verdict === undefined ? {} : { reason: verdict.reason, message: verdict.message }),
    conditions: conditions(facts, phase),
    hostIP: "127.0.0.1",
    hostIPs: [{ ip: "127.0.0.1" }],
    podIP: "127.0.0.1",
    podIPs: [{ ip: "127.0.0.1" }],
    startTime,
    ...(inits.length === 0 ? {} : { initContainerStatuses: inits }),
    containerStatuses: statuses(pod.spec.containers, false),
    qosClass: pod.status?.qosClass ?? "BestEffort"
  }
}

/** The status of a pod that no node takes. */
export const unscheduledStatus = (pod: KubeletPod, message: string, now: string): PodStatus => ({
  phase: "Pending",
  conditions: [
    {
      type: "PodScheduled",
      status: "False",
      reason: "Unschedulable",
      message,
      lastProbeTime: null,
      lastTransitionTime: now
    }
  ],
  qosClass: pod.status?.qosClass ?? "BestEffort"
})
