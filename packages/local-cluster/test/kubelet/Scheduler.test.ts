/** Whether the one node takes a pod. The sentences were read from a real 1.35 cluster. */
import { assert, describe, it } from "@effect/vitest"
import { schedule } from "../../src/kubelet/Scheduler.ts"
import { container, kubeletPod } from "../support/pods.ts"

const node = { cpus: 2, memoryBytes: 4 * 1024 ** 3, labels: { "kubernetes.io/os": "linux" } }
const asking = (requests: Readonly<Record<string, string | number>>) => container("main", { resources: { requests } })
const tail =
  " no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."

describe("schedule", () => {
  const bound = [
    kubeletPod(),
    kubeletPod({ nodeSelector: { "kubernetes.io/os": "linux" } }),
    kubeletPod({ containers: [asking({ cpu: "2", memory: "4Gi" })] }),
    kubeletPod({ containers: [asking({ cpu: 2 })] }),
    // one after the other, never both
    kubeletPod({ initContainers: [asking({ cpu: "1500m" })], containers: [asking({ cpu: "1500m" })] })
  ]
  it.each(bound)("binds what fits", (pod) => {
    assert.deepStrictEqual(schedule(pod, node), { _tag: "Bind" })
  })

  const refused = [
    [kubeletPod({ nodeSelector: { disk: "ssd" } }), "1 node(s) didn't match Pod's node affinity/selector"],
    [kubeletPod({ containers: [asking({ cpu: "2001m" })] }), "1 Insufficient cpu"],
    [kubeletPod({ containers: [asking({ cpu: "1" }), asking({ cpu: "1100m" })] }), "1 Insufficient cpu"],
    [kubeletPod({ initContainers: [asking({ memory: "5Gi" })] }), "1 Insufficient memory"],
    [kubeletPod({ containers: [asking({ cpu: "1000", memory: "9Ti" })] }), "1 Insufficient cpu, 1 Insufficient memory"]
  ] as const
  it.each(refused)("refuses the rest in the scheduler's words (%#)", (pod, reason) => {
    const message = `0/1 nodes are available: ${reason}.${tail}`
    assert.deepStrictEqual(schedule(pod, node), { _tag: "Unschedulable", message })
  })
})
