/** What a status says. Expected values were read from a real 1.35 node's pods. */
import { assert, describe, it } from "@effect/vitest"
import type { ContainerState } from "../../src/kubelet/PodLifecycle.ts"
import { podPhase, podStatus, type StatusFacts, unscheduledStatus } from "../../src/kubelet/StatusFacts.ts"
import { container, ended, history, kubeletPod, running, sidecar, starting, untouched } from "../support/pods.ts"

const first = "2026-01-02T03:04:05Z"
const later = "2026-01-02T03:04:09Z"
const two = kubeletPod({ containers: [container("a"), container("b")] })
const inits = kubeletPod({ initContainers: [container("i"), sidecar("s")], containers: [container("m")] })

const facts = (
  pod: typeof two,
  states: Readonly<Record<string, ContainerState>>,
  more: Partial<StatusFacts> = {}
): StatusFacts => ({
  pod,
  history: history(states),
  startTime: first,
  verdict: undefined,
  previous: undefined,
  now: first,
  ...more
})
const conditions = (status: ReturnType<typeof podStatus>) =>
  (status.conditions ?? []).map(({ message, reason, status, type }) =>
    `${type} ${status} ${reason ?? ""} ${message ?? ""}`.trim()
  )

describe("podPhase", () => {
  const cases: ReadonlyArray<readonly [string, typeof two, Readonly<Record<string, ContainerState>>, string]> = [
    ["no container has started", two, { a: untouched, b: starting }, "Pending"],
    ["one container has not started", two, { a: running, b: starting }, "Pending"],
    ["all containers run", two, { a: running, b: running }, "Running"],
    ["one container still runs", two, { a: ended(1), b: running }, "Running"],
    ["all containers ended well", two, { a: ended(0), b: ended(0) }, "Succeeded"],
    ["one container failed", two, { a: ended(1), b: ended(0) }, "Failed"],
    ["an init container runs", inits, { i: running, s: untouched, m: untouched }, "Pending"],
    ["an init container failed", inits, { i: ended(1), s: untouched, m: untouched }, "Failed"],
    ["a sidecar alone runs", inits, { i: ended(0), s: running, m: untouched }, "Pending"],
    ["a sidecar still runs", inits, { i: ended(0), s: running, m: ended(1) }, "Running"],
    ["a sidecar's exit code means nothing", inits, { i: ended(0), s: ended(5), m: ended(0) }, "Succeeded"]
  ]
  it.each(cases)("%s", (_, pod, states, phase) => {
    assert.strictEqual(podPhase(pod, history(states)), phase)
  })
})

describe("podStatus", () => {
  it("of a pod that begins", () => {
    const status = podStatus(facts(inits, { i: starting, s: untouched, m: untouched }))
    assert.deepStrictEqual(conditions(status), [
      "PodReadyToStartContainers True",
      "Initialized False ContainersNotInitialized containers with incomplete status: [i s]",
      "Ready False ContainersNotReady containers with unready status: [m]",
      "ContainersReady False ContainersNotReady containers with unready status: [m]",
      "PodScheduled True"
    ])
    assert.deepInclude(status, { phase: "Pending", startTime: first, qosClass: "BestEffort", podIP: "127.0.0.1" })
  })

  it("of a pod that runs", () => {
    const status = podStatus(facts(two, { a: running, b: running }))
    assert.deepStrictEqual(conditions(status), [
      "PodReadyToStartContainers True",
      "Initialized True",
      "Ready True",
      "ContainersReady True",
      "PodScheduled True"
    ])
    assert.deepStrictEqual(status.containerStatuses?.[0], {
      name: "a",
      state: { running: { startedAt: first } },
      lastState: {},
      ready: true,
      started: true,
      restartCount: 0,
      image: "busybox",
      imageID: "local://busybox",
      containerID: "local://c1"
    })
  })

  it("of a pod whose sidecars ended after it, in spec order", () => {
    const status = podStatus(facts(inits, { m: ended(3), s: ended(143), i: ended(0) }))
    assert.deepStrictEqual(conditions(status), [
      "PodReadyToStartContainers False",
      "Initialized True",
      "Ready False PodFailed",
      "ContainersReady False PodFailed",
      "PodScheduled True"
    ])
    assert.deepStrictEqual(
      status.initContainerStatuses?.map(({ name, ready }) => [name, ready]),
      [
        ["i", true],
        ["s", false]
      ]
    )
  })

  it("of a pod that was ended", () => {
    const verdict = { reason: "Evicted", message: "low on memory", disruption: "TerminationByKubelet" }
    const status = podStatus(facts(two, { a: ended(137), b: ended(0) }, { verdict }))
    assert.deepInclude(status, { phase: "Failed", reason: "Evicted", message: "low on memory" })
    assert.strictEqual(conditions(status)[0], "DisruptionTarget True TerminationByKubelet low on memory")
  })

  it("keeps the times of what has not changed", () => {
    const previous = podStatus(facts(two, { a: running, b: starting }))
    const status = podStatus(facts(two, { a: running, b: running }, { previous, now: later }))
    assert.deepStrictEqual(
      status.conditions?.map(({ lastTransitionTime, type }) => [type, lastTransitionTime]),
      [
        ["PodReadyToStartContainers", first],
        ["Initialized", first],
        ["Ready", later],
        ["ContainersReady", later],
        ["PodScheduled", first]
      ]
    )
  })
})

describe("unscheduledStatus", () => {
  it("says why", () => {
    const status = unscheduledStatus(two, "0/1 nodes are available: 1 Insufficient cpu.", first)
    assert.deepStrictEqual(conditions(status), [
      "PodScheduled False Unschedulable 0/1 nodes are available: 1 Insufficient cpu."
    ])
    assert.notProperty(status, "containerStatuses")
  })
})
