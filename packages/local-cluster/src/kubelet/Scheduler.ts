/**
 * Whether the one node takes a pod. Pure; in the scheduler's own words.
 */

import { quantityValue } from "../contract/Quantity.ts"
import type { KubeletPod } from "./KubeletPod.ts"

/** The node, as far as a pod can ask for something. */
export interface NodeCapacity {
  readonly cpus: number
  readonly memoryBytes: number
  readonly labels: Readonly<Record<string, string>>
}

export const NODE_NAME = "local"

export type SchedulingDecision =
  | { readonly _tag: "Bind" }
  | { readonly _tag: "Unschedulable"; readonly message: string }

const requested = (pod: KubeletPod, resource: "cpu" | "memory"): number => {
  const amount = (container: KubeletPod["spec"]["containers"][number]) =>
    quantityValue(String(container.resources?.requests?.[resource] ?? 0))
  const mains = pod.spec.containers.reduce((sum, container) => sum + amount(container), 0)
  // Init containers run one after the other, so the largest counts.
  return Math.max(mains, ...(pod.spec.initContainers ?? []).map(amount))
}

/**
 * Decides for a pod alone: what other pods use is not counted, since the machine's own scheduler
 * shares it out.
 */
export const schedule = (pod: KubeletPod, node: NodeCapacity): SchedulingDecision => {
  const reasons: Array<string> = []
  const selector = Object.entries(pod.spec.nodeSelector ?? {})
  if (selector.some(([name, value]) => node.labels[name] !== value))
    reasons.push("1 node(s) didn't match Pod's node affinity/selector")
  if (requested(pod, "cpu") > node.cpus) reasons.push("1 Insufficient cpu")
  if (requested(pod, "memory") > node.memoryBytes) reasons.push("1 Insufficient memory")
  return reasons.length === 0 ? { _tag: "Bind" } : unschedulable(reasons.join(", "))
}

/** A refusal as the scheduler words it. */
export const unschedulable = (reasons: string): SchedulingDecision => ({
  _tag: "Unschedulable",
  message: `0/1 nodes are available: ${reasons}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.`
})
