/** Pods as the kubelet reads them, with as little as a test has to say. */
import type { TerminatedState } from "../../src/contract/PodStatus.ts"
import type { ContainerSpec, KubeletPod } from "../../src/kubelet/KubeletPod.ts"
import type { ContainerState, PodHistory } from "../../src/kubelet/PodLifecycle.ts"

export const container = (name: string, more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  name,
  image: "busybox",
  command: ["true"],
  ...more
})

export const sidecar = (name: string): ContainerSpec => container(name, { restartPolicy: "Always" })

export const kubeletPod = (
  spec: Partial<KubeletPod["spec"]> = {},
  metadata: Partial<KubeletPod["metadata"]> = {}
): KubeletPod => ({
  metadata: { name: "hello", namespace: "team", uid: "u1", ...metadata },
  spec: { nodeName: "local", restartPolicy: "Never", containers: [container("main")], ...spec },
  status: { qosClass: "BestEffort" }
})

export const end = (exitCode: number, more: Partial<TerminatedState> = {}): TerminatedState => ({
  exitCode,
  reason: exitCode === 0 ? "Completed" : "Error",
  startedAt: "2026-01-02T03:04:05Z",
  finishedAt: "2026-01-02T03:04:06Z",
  containerID: "local://c1",
  ...more
})

export const untouched: ContainerState = { _tag: "Waiting", reason: "ContainerCreating", begun: false }
export const starting: ContainerState = { _tag: "Waiting", reason: "ContainerCreating", begun: true }
export const running: ContainerState = {
  _tag: "Running",
  startedAt: "2026-01-02T03:04:05Z",
  containerID: "local://c1"
}
export const ended = (exitCode: number): ContainerState => ({ _tag: "Terminated", end: end(exitCode) })

export const history = (states: Readonly<Record<string, ContainerState>>): PodHistory =>
  new Map(Object.entries(states).map(([name, state]) => [name, { state, last: undefined, restarts: 0 }]))
