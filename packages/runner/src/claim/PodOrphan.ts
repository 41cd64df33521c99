/**
 * Decides which pods nobody comes for any more, so that they can be removed. Pure: the pod as read,
 * what its lease means, the time.
 */
import type { ContainerStatus, Pod } from "@podwright/k8s-io"
import { TASK_RUN_LABEL } from "@podwright/spec-builder"
import { leaseTextOf } from "../diagnosis/PodObservation.ts"
import { type LeaseState, readLease } from "./PodLease.ts"

/** What keeps a pod, whatever its age. */
export type PodClaimed =
  /** Made by something other than podwright. */
  | { readonly _tag: "Foreign" }
  | { readonly _tag: "Terminating" }
  /** Somebody drives it, as far as the lease says. */
  | { readonly _tag: "Driven"; readonly holder: string; readonly remainingMs: number }
  /**
   * It runs and was made without a lease (`resume: false`): nothing tells whether somebody drives
   * it. Its deadline ends it.
   */
  | { readonly _tag: "Unleased" }
  /**
   * It runs, and its lease has run out and was never renewed: its driver died within seconds of
   * making it, or lives and may not patch pods. Its deadline ends it.
   */
  | { readonly _tag: "NeverRenewed" }
  /**
   * It runs, and its lease was written by something else, which may know more than we do. Its
   * deadline ends it.
   */
  | { readonly _tag: "LeaseUnreadable" }

/** What makes a pod an orphan, and for how long it has been one. */
export type PodForsaken =
  /** It has come to its end, and was kept (`delete`) or not collected. */
  | { readonly _tag: "Ended"; readonly ageMs: number }
  /** Its driver has left it to whoever comes, and nobody has come. */
  | { readonly _tag: "Released"; readonly ageMs: number }
  /**
   * Its driver has let a lease run out that it renewed before, or is a process of this machine that
   * is no more; the age is that of the last renewal.
   */
  | { readonly _tag: "Abandoned"; readonly ageMs: number }
  /**
   * No node has taken it, so no kubelet counts its deadline, and the deadline has passed since it
   * was created.
   */
  | { readonly _tag: "NeverStarted"; readonly ageMs: number }

export type PodOrphan =
  | { readonly _tag: "Keep"; readonly why: PodClaimed | PodForsaken }
  | { readonly _tag: "Remove"; readonly why: PodForsaken }

const hasEnded = ({ status }: Pod): boolean => status?.phase === "Succeeded" || status?.phase === "Failed"

const latest = (times: ReadonlyArray<string | undefined>): number =>
  Math.max(...times.map((time) => Date.parse(time ?? "")).filter((time) => !Number.isNaN(time)), 0)

/**
 * The last that is known of a pod; one that was evicted or lost with its node may have no container
 * that says when it ended.
 */
const lastKnown = ({ metadata, status }: Pod): number => {
  const containers: ReadonlyArray<ContainerStatus> = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? [])
  ]
  return latest([
    metadata.creationTimestamp,
    status?.startTime,
    ...(status?.conditions ?? []).map(({ lastTransitionTime }) => lastTransitionTime),
    ...containers.map(({ state }) => state?.terminated?.finishedAt)
  ])
}

/**
 * When the deadline of a pod passes that no kubelet counts; undefined where one does, or none is
 * set.
 */
const uncountedDeadline = ({ metadata, spec, status }: Pod): number | undefined =>
  status?.startTime !== undefined || spec?.activeDeadlineSeconds === undefined
    ? undefined
    : latest([metadata.creationTimestamp]) + spec.activeDeadlineSeconds * 1000

/**
 * A pod goes when it has been forsaken for at least `olderThanMs`. `lease` is what its annotation
 * means now (`leaseState`); times are ms since the epoch. A clock that goes before ours makes no
 * pod older than it is.
 */
export const decideOrphan = (pod: Pod, lease: LeaseState, now: number, olderThanMs: number): PodOrphan => {
  const { deletionTimestamp, labels } = pod.metadata
  const since = (tag: PodForsaken["_tag"], time: number): PodOrphan => {
    const why: PodForsaken = { _tag: tag, ageMs: Math.max(0, now - time) }
    return { _tag: why.ageMs >= olderThanMs ? "Remove" : "Keep", why }
  }
  const keep = (why: PodClaimed): PodOrphan => ({ _tag: "Keep", why })

  if (labels?.[TASK_RUN_LABEL] === undefined) return keep({ _tag: "Foreign" })
  if (deletionTimestamp !== undefined) return keep({ _tag: "Terminating" })
  if (lease._tag === "Held") return keep({ _tag: "Driven", holder: lease.holder, remainingMs: lease.remainingMs })
  if (lease._tag === "Mine") {
    const holder = readLease(leaseTextOf(pod))?.holder ?? "this process"
    return keep({ _tag: "Driven", holder, remainingMs: 0 })
  }
  const left = lease._tag === "Free" ? lease.since : 0
  if (hasEnded(pod)) return since("Ended", Math.max(lastKnown(pod), left))
  if (lease._tag === "Free" && lease.why === "Left") return since("Released", left)
  if (lease._tag === "Free" && (lease.why === "Died" || lease.why === "RanOut")) return since("Abandoned", left)
  const deadline = uncountedDeadline(pod)
  if (deadline !== undefined && now >= deadline) return since("NeverStarted", deadline)
  if (lease._tag === "None") return keep({ _tag: "Unleased" })
  return keep({ _tag: lease.why === "NeverRenewed" ? "NeverRenewed" : "LeaseUnreadable" })
}
