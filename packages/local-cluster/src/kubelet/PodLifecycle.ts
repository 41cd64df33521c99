/**
 * What a pod's containers have been through, and what is to happen next: which to start, which to
 * stop, when the pod has ended. Pure; `PodWorker.ts` does it, `StatusFacts.ts` reports it.
 */
import type { TerminatedState } from "../contract/PodStatus.ts"
import { type ContainerSpec, isSidecar, type KubeletPod } from "./KubeletPod.ts"

export type ContainerState =
  /** `begun`: somebody is at it already, or it is to wait. */
  | { readonly _tag: "Waiting"; readonly reason: string; readonly message?: string; readonly begun: boolean }
  | { readonly _tag: "Running"; readonly startedAt: string; readonly containerID: string }
  | { readonly _tag: "Terminated"; readonly end: TerminatedState }

export interface ContainerHistory {
  readonly state: ContainerState
  /** The end of the instance before this one. */
  readonly last: TerminatedState | undefined
  readonly restarts: number
}

/** By container name; every container of the pod has one. */
export type PodHistory = ReadonlyMap<string, ContainerHistory>

const waiting = (reason: string): ContainerHistory => ({
  state: { _tag: "Waiting", reason, begun: false },
  last: undefined,
  restarts: 0
})

/** A pod of which nothing has begun. */
export const initialHistory = (pod: KubeletPod): PodHistory => {
  const inits = pod.spec.initContainers ?? []
  const reason = inits.length === 0 ? "ContainerCreating" : "PodInitializing"
  return new Map([...inits, ...pod.spec.containers].map(({ name }) => [name, waiting(reason)]))
}

/** Whether a container that ended with this code is to be started again. */
const isRestarted = (pod: KubeletPod, container: ContainerSpec, exitCode: number): boolean => {
  if (isSidecar(container)) return true
  const policy = pod.spec.restartPolicy ?? "Always"
  if (policy === "Never") return false
  const isInit = pod.spec.initContainers?.some(({ name }) => name === container.name) === true
  return exitCode !== 0 || (policy === "Always" && !isInit)
}

/** The kubelet's back-off: at once the first time, then 10 s doubling to 5 minutes. */
export const restartDelaySeconds = (restarts: number): number =>
  restarts === 0 ? 0 : Math.min(300, 10 * 2 ** (restarts - 1))

/**
 * A container's history once an instance of it has ended. A pod that is stopping restarts nothing.
 */
export const afterEnd = (
  pod: KubeletPod,
  container: ContainerSpec,
  before: ContainerHistory,
  end: TerminatedState,
  stopping: boolean
): ContainerHistory => {
  if (stopping || !isRestarted(pod, container, end.exitCode)) return { ...before, state: { _tag: "Terminated", end } }
  const seconds = restartDelaySeconds(before.restarts)
  const message = `back-off ${seconds}s restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`
  return {
    state:
      seconds === 0
        ? { _tag: "Waiting", reason: "ContainerCreating", begun: true }
        : { _tag: "Waiting", reason: "CrashLoopBackOff", message, begun: true },
    last: end,
    restarts: before.restarts + 1
  }
}

/** The same when the time to start it again has come. */
export const dueAgain = (history: ContainerHistory): ContainerHistory =>
  history.state._tag === "Waiting" ? { ...history, state: { ...history.state, begun: false } } : history

export interface NextSteps {
  readonly start: ReadonlyArray<string>
  /** Sidecars whose work is done, the next one to end. */
  readonly stop: ReadonlyArray<string>
  /** Every container has ended, or will never start. */
  readonly ended: boolean
}

const stateOf = (history: PodHistory, { name }: ContainerSpec): ContainerState["_tag"] =>
  history.get(name)?.state._tag ?? "Waiting"

const isDue = (history: PodHistory, { name }: ContainerSpec): boolean => {
  const state = history.get(name)?.state
  return state?._tag === "Waiting" && !state.begun
}

const failed = (history: PodHistory, { name }: ContainerSpec): boolean => {
  const state = history.get(name)?.state
  return state?._tag === "Terminated" && state.end.exitCode !== 0
}

/**
 * Whether an init container failed for good, so that the pod has. How a sidecar ends does not
 * matter.
 */
export const initFailed = (pod: KubeletPod, history: PodHistory): boolean =>
  (pod.spec.initContainers ?? []).some((container) => !isSidecar(container) && failed(history, container))

/** Whether a container of the init list lets the next one start. */
export const isPassed = (history: PodHistory, container: ContainerSpec): boolean => {
  const state = history.get(container.name)
  if (isSidecar(container)) return state !== undefined && (state.state._tag !== "Waiting" || state.restarts > 0)
  return state?.state._tag === "Terminated" && state.state.end.exitCode === 0
}

/** What is to be done now. A pod that is `stopping` starts nothing. */
export const nextSteps = (pod: KubeletPod, history: PodHistory, stopping: boolean): NextSteps => {
  const inits = pod.spec.initContainers ?? []
  const mains = pod.spec.containers
  const all = [...inits, ...mains]
  const running = all.filter((container) => stateOf(history, container) === "Running")
  const over =
    stopping || initFailed(pod, history) || mains.every((container) => stateOf(history, container) === "Terminated")
  if (over) {
    const mainsRun = mains.some((container) => stateOf(history, container) === "Running")
    const sidecar = mainsRun ? undefined : running.findLast(isSidecar)
    return { start: [], stop: sidecar === undefined ? [] : [sidecar.name], ended: running.length === 0 }
  }
  const firstOpen = inits.findIndex((container) => !isPassed(history, container))
  const reached = firstOpen < 0 ? all : inits.slice(0, firstOpen + 1)
  return {
    start: reached.filter((container) => isDue(history, container)).map(({ name }) => name),
    stop: [],
    ended: false
  }
}
