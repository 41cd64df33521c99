import { assert, describe, it } from "@effect/vitest"
import type { Pod } from "@podwright/k8s-io"
import { identityLabels, LEASE_ANNOTATION } from "@podwright/spec-builder"
import { type Driver, leaseState, leaseText, releasedText } from "../../src/claim/PodLease.ts"
import { inOrder, type PodDriver, type TaskPod, taskPod } from "../../src/executions/TaskPod.ts"

const NOW = Date.parse("2026-01-02T03:04:05Z")
const me: Driver = { name: "here/1/me", pid: 1, machine: "m1" }
const other: Driver = { name: "there/2/other", pid: 2, machine: "m2" }
const neighbour: Driver = { name: "here/3/neighbour", pid: 3, machine: "m1" }
const ago = (seconds: number) => NOW - seconds * 1000

const labels = identityLabels({
  namespace: "company.team",
  flowId: "etl",
  taskId: "load",
  executionId: "e1",
  taskRunId: "r1",
  attempt: 2
})

const podOf = (rest: Partial<Pod> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod => ({
  metadata: {
    name: "p",
    namespace: "team",
    uid: "u",
    resourceVersion: "1",
    creationTimestamp: new Date(ago(60)).toISOString(),
    labels,
    ...metadata
  },
  ...rest
})
const leased = (lease: string | undefined, rest: Partial<Pod> = {}) =>
  podOf(rest, lease === undefined ? {} : { annotations: { [LEASE_ANNOTATION]: lease } })
const see = (pod: Pod): TaskPod | undefined =>
  taskPod(
    pod,
    leaseState(pod.metadata.annotations?.[LEASE_ANNOTATION], me, NOW, () => false)
  )

const node = { nodeName: "node1" }
const main = (state: NonNullable<NonNullable<Pod["status"]>["containerStatuses"]>[number]["state"]) => ({
  containerStatuses: [{ name: "main", image: "busybox", ...(state === undefined ? {} : { state }) }]
})

describe("how far a pod has come", () => {
  const table: ReadonlyArray<readonly [string, Pod, Partial<TaskPod>]> = [
    [
      "without a node it is pending",
      podOf({ status: { phase: "Pending" } }),
      { state: "pending", reason: "waits for a node", exitCode: undefined }
    ],
    [
      "that no node can take, it is pending, with the scheduler's words and a remedy",
      podOf({
        status: {
          phase: "Pending",
          conditions: [
            { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes are available" }
          ]
        }
      }),
      {
        state: "pending",
        reason: "no node can take the pod: 0/1 nodes are available",
        remedy: "lower the resource requests, free or add nodes, or check nodeSelector, affinity and tolerations"
      }
    ],
    [
      "with a node and no container it is starting",
      podOf({ spec: node, status: { phase: "Pending" } }),
      { state: "starting", node: "node1", reason: "its containers are being created" }
    ],
    [
      "whose image is not there, it is starting, with the registry's words",
      podOf({
        spec: node,
        status: { phase: "Pending", ...main({ waiting: { reason: "ErrImagePull", message: "not found" } }) }
      }),
      { state: "starting", reason: "the image of container 'main' cannot be pulled: not found" }
    ],
    [
      "whose main runs, it is running",
      podOf({ spec: node, status: { phase: "Running", ...main({ running: {} }) } }),
      { state: "running", reason: undefined }
    ],
    [
      "whose main ended well while the helper stays, it has succeeded",
      podOf({ spec: node, status: { phase: "Running", ...main({ terminated: { exitCode: 0 } }) } }),
      { state: "succeeded", exitCode: 0, reason: undefined }
    ],
    [
      "whose main ended with 3, it has failed",
      podOf({ spec: node, status: { phase: "Running", ...main({ terminated: { exitCode: 3 } }) } }),
      { state: "failed", exitCode: 3, reason: "the command ended with exit code 3" }
    ],
    [
      "that was evicted and reports no container, it has failed, with why",
      podOf({ spec: node, status: { phase: "Failed", reason: "Evicted", message: "memory" } }),
      { state: "failed", exitCode: undefined, reason: "node node1 evicted the pod: Evicted: memory" }
    ],
    [
      "that is being deleted, it is deleting, whatever runs",
      podOf(
        { spec: node, status: { phase: "Running", ...main({ running: {} }) } },
        { deletionTimestamp: new Date(NOW).toISOString() }
      ),
      { state: "deleting", reason: undefined }
    ]
  ]
  it.each(table)("%s", (_name, pod, expected) => {
    const seen = see(pod)
    assert.isDefined(seen)
    assert.deepInclude(seen, expected)
  })
})

describe("who drives a pod", () => {
  const times = (seconds: number) => ({ renewedAt: ago(seconds) })
  const table: ReadonlyArray<readonly [string, string | undefined, PodDriver]> = [
    [
      "a lease that is valid names its driver",
      leaseText(other, ago(4), 30, true),
      { _tag: "Driven", host: "there", pid: 2, ...times(4) }
    ],
    [
      "a lease of this very process names it",
      leaseText(me, ago(4), 30, true),
      { _tag: "Driven", host: "here", pid: 1, ...times(4) }
    ],
    [
      "a lease that was renewed and expired is abandoned",
      leaseText(other, ago(40), 30, true),
      { _tag: "Abandoned", host: "there", pid: 2, ...times(40) }
    ],
    [
      "a valid lease of an ended process of this machine is abandoned",
      leaseText(neighbour, ago(4), 30, false),
      { _tag: "Abandoned", host: "here", pid: 3, ...times(4) }
    ],
    [
      "a lease that expired and was never renewed proves nothing",
      leaseText(other, ago(40), 30, false),
      { _tag: "NeverRenewed", host: "there", pid: 2, ...times(40) }
    ],
    ["a released lease has no driver", releasedText(other, ago(40)), { _tag: "Released", releasedAt: ago(40) }],
    ["no lease: unknown", undefined, { _tag: "Unknown" }],
    ["a lease that something else wrote: unknown", "{}", { _tag: "Unknown" }]
  ]
  it.each(table)("%s", (_name, lease, expected) => {
    assert.deepStrictEqual(see(leased(lease))?.driver, expected)
  })
})

describe("taskPod", () => {
  it("reads whose a pod is from its labels", () => {
    assert.deepInclude(see(podOf()), {
      namespace: "team",
      pod: "p",
      uid: "u",
      executionId: "e1",
      flowId: "etl",
      flowNamespace: "company.team",
      taskId: "load",
      taskRunId: "r1",
      attempt: 2,
      createdAt: ago(60)
    })
  })
  it("knows no pod of something else", () => {
    assert.isUndefined(see(podOf({}, { labels: { app: "web" } })))
  })
  it("puts pods in order by age, then by place", () => {
    const at = (name: string, seconds: number, namespace = "team") =>
      see(podOf({}, { name, namespace, creationTimestamp: new Date(ago(seconds)).toISOString() })) ?? []
    const pods = [at("young", 1), at("b", 60), at("a", 60), at("z", 60, "a-team")].flat()
    assert.deepStrictEqual(
      inOrder(pods).map(({ pod }) => pod),
      ["z", "a", "b", "young"]
    )
  })
})
