/**
 * A task's pod as seen from outside: which task of which execution it runs, how far it has come,
 * who drives it, and what it waits for. Pure: the pod as read, what its lease means, the time.
 */
import type { Pod } from "@podwright/k8s-io"
import { LABEL_PREFIX, MAIN_CONTAINER, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { type LeaseState, readLease } from "../claim/PodLease.ts"
import { diagnoseEnd, diagnosePodEnd, unknownEnd } from "../diagnosis/Diagnosis.ts"
import { diagnosePending } from "../diagnosis/PendingDiagnosis.ts"
import { leaseTextOf, observePod, type PodObservation } from "../diagnosis/PodObservation.ts"

/**
 * - `pending`: no node has accepted it.
 * - `starting`: its containers are being created.
 * - `running`: main runs; a gate may still wait for the inputs.
 * - `succeeded`, `failed`: main has ended, or the pod as a whole; its driver may still collect.
 * - `deleting`: its deletion is accepted.
 */
export type TaskPodState = "pending" | "starting" | "running" | "succeeded" | "failed" | "deleting"

/** Who drives a pod, as far as its lease says. */
export type PodDriver =
  | {
      /** The lease is valid. */
      readonly _tag: "Driven"
      readonly host: string
      readonly pid: number
      /** By the driver's clock, ms since the epoch. */
      readonly renewedAt: number
    }
  | {
      /** The lease was renewed once and has expired, or its driver is a process of this machine that has ended. */
      readonly _tag: "Abandoned"
      readonly host: string
      readonly pid: number
      readonly renewedAt: number
    }
  /**
   * The lease has expired and was never renewed: the driver died at once, or lives and may not patch
   * pods.
   */
  | { readonly _tag: "NeverRenewed"; readonly host: string; readonly pid: number; readonly renewedAt: number }
  /** Its driver detached: any driver may take it over. */
  | { readonly _tag: "Released"; readonly releasedAt: number }
  /** It has no lease (`resume: false`), or one that something else wrote. */
  | { readonly _tag: "Unknown" }

/** One task's pod. */
export interface TaskPod {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
  readonly executionId: string
  /** Of the flow. A file of one task is a flow of that task. */
  readonly flowId: string
  readonly flowNamespace: string
  readonly taskId: string
  readonly taskRunId: string
  readonly attempt: number
  readonly state: TaskPodState
  /** Main's exit code, once it has ended. */
  readonly exitCode: number | undefined
  /** ms since the epoch, by the API server's clock. */
  readonly createdAt: number | undefined
  readonly node: string | undefined
  readonly driver: PodDriver
  /** What keeps it from continuing, or why it failed; undefined where nothing needs a word. */
  readonly reason: string | undefined
  /** What a person can do about it. */
  readonly remedy: string | undefined
}

const driverOf = (pod: Pod, lease: LeaseState): PodDriver => {
  const read = readLease(leaseTextOf(pod))
  if (read === undefined || lease._tag === "None") return { _tag: "Unknown" }
  const renewedAt = Date.parse(read.renewedAt)
  if (read.holder === null) return { _tag: "Released", releasedAt: renewedAt }
  // HOST/PID/WORD; a host's name has no slash.
  const who = { host: read.holder.split("/")[0] ?? "", pid: read.pid, renewedAt }
  if (lease._tag !== "Free") return { _tag: "Driven", ...who }
  return { _tag: lease.why === "NeverRenewed" ? "NeverRenewed" : "Abandoned", ...who }
}

const stateOf = (pod: PodObservation): TaskPodState => {
  if (pod.terminating) return "deleting"
  if (pod.main._tag === "Ended") return pod.main.end.exitCode === 0 ? "succeeded" : "failed"
  if (pod.phase === "Failed") return "failed"
  if (pod.phase === "Succeeded") return "succeeded"
  if (pod.main._tag === "Running") return "running"
  return pod.node === undefined ? "pending" : "starting"
}

const wordsOf = (pod: PodObservation, state: TaskPodState): Pick<TaskPod, "reason" | "remedy"> => {
  switch (state) {
    case "pending":
    case "starting": {
      const verdict = diagnosePending(pod, 0)
      if (verdict._tag !== "Wait") return { reason: verdict.diagnosis.summary, remedy: verdict.diagnosis.remedy }
      return {
        reason: state === "pending" ? "waits for a node" : "its containers are being created",
        remedy: undefined
      }
    }
    case "failed": {
      const ended = pod.main._tag === "Ended" ? diagnoseEnd(pod.main.end, undefined) : unknownEnd(pod)
      const found = diagnosePodEnd(pod) ?? ended
      return { reason: found.summary, remedy: found.remedy }
    }
    case "running":
    case "succeeded":
    case "deleting":
      return { reason: undefined, remedy: undefined }
  }
}

/**
 * What is known of a pod of podwright; undefined for a pod that is not. `lease` is what its
 * annotation means now (`leaseState`).
 */
export const taskPod = (pod: Pod, lease: LeaseState): TaskPod | undefined => {
  const { creationTimestamp, labels = {}, name, namespace, uid } = pod.metadata
  const label = (of: string) => labels[`${LABEL_PREFIX}${of}`] ?? ""
  const taskRunId = labels[TASK_RUN_LABEL]
  if (taskRunId === undefined) return undefined
  const seen = observePod(pod, MAIN_CONTAINER)
  const state = stateOf(seen)
  const created = Date.parse(creationTimestamp ?? "")
  return {
    namespace,
    pod: name,
    uid,
    executionId: label("execution-id"),
    flowId: label("flow-id"),
    flowNamespace: label("namespace"),
    taskId: label("task-id"),
    taskRunId,
    attempt: Number.parseInt(label("taskrun-attempt"), 10) || 0,
    state,
    exitCode: seen.main._tag === "Ended" ? seen.main.end.exitCode : undefined,
    createdAt: Number.isNaN(created) ? undefined : created,
    node: seen.node,
    driver: driverOf(pod, lease),
    ...wordsOf(seen, state)
  }
}

/** Oldest first; pods of one second by name, so that equal lists look equal. */
export const inOrder = (pods: ReadonlyArray<TaskPod>): ReadonlyArray<TaskPod> =>
  pods.toSorted(
    (one, other) =>
      (one.createdAt ?? 0) - (other.createdAt ?? 0) ||
      one.namespace.localeCompare(other.namespace) ||
      one.pod.localeCompare(other.pod)
  )
