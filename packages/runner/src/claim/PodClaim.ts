/**
 * Decides what a run does about a pod of its name that is there already: takes it for its own,
 * takes it over, waits, replaces it or leaves it alone. Pure.
 */
import type { Pod } from "@podwright/k8s-io"
import {
  LABEL_PREFIX,
  type PodPlan,
  podName,
  SPEC_HASH_ANNOTATION,
  TASK_RUN_LABEL,
  type TaskIdentity
} from "@podwright/spec-builder"
import type { LeaseState } from "./PodLease.ts"

/**
 * Whose a pod is, in words that continue "already exists"; labels are what a pod says of itself.
 */
export const podOwner = ({ metadata }: Pod): string => {
  const label = (name: string) => metadata.labels?.[`${LABEL_PREFIX}${name}`] ?? "?"
  const whose =
    metadata.labels?.[TASK_RUN_LABEL] === undefined
      ? "created by something other than podwright"
      : `created for task ${label("task-id")} of flow ${label("flow-id")}, execution ${label("execution-id")}, task run ${label("taskrun-id")}, attempt ${label("taskrun-attempt")}, by another driver`
  const since = metadata.creationTimestamp === undefined ? "" : ` at ${metadata.creationTimestamp}`
  return `${whose}${since}${metadata.deletionTimestamp === undefined ? "" : "; it is being deleted"}`
}

/** What the run asks for. */
export interface ClaimPolicy {
  readonly resume: boolean
  readonly onSpecChange: "fail" | "replace"
}

export type PodClaim =
  /** This very driver made it, and the answer was lost. */
  | { readonly _tag: "Ours" }
  /** Its driver has detached or died. */
  | { readonly _tag: "Adopt" }
  /** Somebody drives it, as far as the lease says. */
  | { readonly _tag: "WaitForLease"; readonly holder: string; readonly remainingMs: number }
  /** It is being deleted, and never adopted. */
  | { readonly _tag: "WaitForRemoval" }
  /** It is a pod of the same task run with another spec, to be deleted for a new one. */
  | { readonly _tag: "Replace" }
  | { readonly _tag: "Changed" }
  /** Not for this run; `why` continues "already exists". */
  | { readonly _tag: "Foreign"; readonly why: string }

const labelOf = (pod: { readonly labels?: Readonly<Record<string, string>> }, name: string) =>
  pod.labels?.[`${LABEL_PREFIX}${name}`]

/**
 * The attempt that an earlier driver of the task run had come to: the highest of its pods that are
 * not being deleted, by their labels. Undefined where there is none. `pods` are those of the
 * namespace that carry the task run's label.
 */
export const latestAttempt = (pods: ReadonlyArray<Pod>, identity: TaskIdentity): number | undefined => {
  const attempts = pods.flatMap((pod) => attemptOf(pod, identity) ?? [])
  return attempts.length === 0 ? undefined : Math.max(...attempts)
}

/** Which attempt of the task run a pod is; undefined where it is none, or is being deleted. */
const attemptOf = ({ metadata }: Pod, identity: TaskIdentity): number | undefined => {
  const attempt = Number(labelOf(metadata, "taskrun-attempt"))
  // Different ids can have equal labels; the name has them all.
  const isOne = Number.isInteger(attempt) && podName({ ...identity, attempt }) === metadata.name
  return isOne && metadata.deletionTimestamp === undefined ? attempt : undefined
}

/**
 * Whether the helper has ended well, which it does when the driver has everything and the pod is
 * kept.
 */
const isCollected = (pod: Pod, plan: PodPlan): boolean =>
  plan.shape !== "bare" &&
  (pod.status?.containerStatuses ?? []).some(
    ({ name, state }) => name === plan.outputContainer && state?.terminated?.exitCode === 0
  )

/**
 * Whether one of these pods is of the task run, and waits for a driver: its outcome has not been
 * collected.
 */
export const isPodLeft = (pods: ReadonlyArray<Pod>, identity: TaskIdentity, plan: PodPlan): boolean =>
  pods.some((pod) => attemptOf(pod, identity) !== undefined && !isCollected(pod, plan))

/**
 * A pod of the same name, task run and attempt is the run's own work; all others only share the
 * name. Only one that carries a lease can be taken over: without it nothing tells whether somebody
 * drives it.
 */
export const decideClaim = (pod: Pod, plan: PodPlan, lease: LeaseState, policy: ClaimPolicy): PodClaim => {
  const { metadata } = pod
  if (lease._tag === "Mine" && metadata.deletionTimestamp === undefined) return { _tag: "Ours" }
  const same = ["taskrun-id", "taskrun-attempt"].every(
    (name) => labelOf(metadata, name) !== undefined && labelOf(metadata, name) === labelOf(plan.manifest.metadata, name)
  )
  if (!same) return { _tag: "Foreign", why: podOwner(pod) }
  if (metadata.deletionTimestamp !== undefined) return { _tag: "WaitForRemoval" }
  if (!policy.resume) return { _tag: "Foreign", why: `${podOwner(pod)}, and resume is false` }
  if (lease._tag === "None") return { _tag: "Foreign", why: `${podOwner(pod)}, with resume false` }
  if (lease._tag === "Held") return { _tag: "WaitForLease", holder: lease.holder, remainingMs: lease.remainingMs }
  if (metadata.annotations?.[SPEC_HASH_ANNOTATION] !== plan.specHash) {
    return policy.onSpecChange === "replace" ? { _tag: "Replace" } : { _tag: "Changed" }
  }
  if (isCollected(pod, plan)) {
    return { _tag: "Foreign", why: `${podOwner(pod)}; its outcome was collected, and it was kept` }
  }
  return { _tag: "Adopt" }
}
