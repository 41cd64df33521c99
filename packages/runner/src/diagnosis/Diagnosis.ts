/**
 * Names the cause of a run that did not end well, with the facts and a remedy. Pure: what is known
 * of pod and container → diagnosis. The texts are for the person who has to act on them. Pods that
 * do not run yet: `PendingDiagnosis.ts`.
 */

import { MAIN_CONTAINER, shownText, VOLUME_NAME } from "@podwright/spec-builder"
import { Schema } from "effect"
import { DiagnosisCause } from "./DiagnosisCause.ts"
import type { ContainerEnd, PodObservation } from "./PodObservation.ts"
import { storageLimitOf, storageRemedy } from "./StorageLimit.ts"

/**
 * Why a pod does not start or did not end well: the cause with its facts, in words, and what to do
 * about it.
 */
export class Diagnosis extends Schema.Class<Diagnosis>("runner/Diagnosis")({
  cause: DiagnosisCause,
  /** Whether the same task may succeed when it is simply run again. */
  kind: Schema.Literals(["transient", "permanent"]),
  /** What is so, with the cluster's own words. */
  summary: Schema.String,
  /** What a person can do. */
  remedy: Schema.String,
  /**
   * What the container that ended printed last, at most ten lines: to stderr, or to stdout where it
   * printed nothing to stderr. Absent where it printed nothing, or nothing of its own ran.
   */
  lastLines: Schema.optionalKey(Schema.Array(Schema.String))
}) {}

/** A diagnosis of its parts; what it says quotes servers, registries and containers, in one line. */
export const diagnosis = (cause: DiagnosisCause, kind: Diagnosis["kind"], summary: string, remedy: string): Diagnosis =>
  new Diagnosis({ cause, kind, summary: shownText(summary), remedy: shownText(remedy) })

/** Parts of a summary as one text, without those that are empty. */
export const words = (...parts: ReadonlyArray<string | undefined>) =>
  parts
    .map((part) => part?.trim())
    .filter((part) => part !== undefined && part !== "")
    .join(": ")

const again = "retry the task"

/** What a `DisruptionTarget` condition's reason says of who takes the pod away (KEP-3329). */
const disruptionCause = (reason: string): "Preempted" | "NodeLost" | "Evicted" => {
  switch (reason) {
    case "PreemptionByScheduler":
    case "PreemptionByKubeScheduler":
      return "Preempted"
    // The node is not ready or unreachable, or somebody put a NoExecute taint on it; or it is no
    // more.
    case "DeletionByTaintManager":
    case "DeletionByPodGC":
      return "NodeLost"
    default:
      return "Evicted"
  }
}

/** Why the pod as a whole ended; undefined when it did not, or not for a reason of its own. */
export const diagnosePodEnd = (pod: PodObservation): Diagnosis | undefined => {
  const said = words(pod.reason, pod.message)
  const message = pod.message?.trim() ?? ""
  const node = pod.node ?? null
  const onNode = node === null ? "" : ` ${node}`
  const { reason } = pod
  switch (reason) {
    case "Evicted": {
      const limit = storageLimitOf(message)
      if (limit !== undefined) {
        return diagnosis(
          {
            _tag: "StorageLimit",
            node,
            limit: limit._tag,
            name: limit._tag === "Pod" ? null : limit.name,
            said: message
          },
          "permanent",
          `the pod used more storage than its own limits allow, so node${onNode} evicted it: ${said}`,
          storageRemedy(limit, { volume: VOLUME_NAME, main: MAIN_CONTAINER })
        )
      }
      return diagnosis(
        { _tag: "Evicted", node, reason, said: message },
        "transient",
        `node${onNode} evicted the pod: ${said}`,
        `set resource requests and limits that fit what the task uses, and ${again}`
      )
    }
    case "DeadlineExceeded":
      return diagnosis(
        { _tag: "DeadlineExceeded", said: message },
        "permanent",
        `the pod passed its activeDeadlineSeconds: ${said}`,
        "raise timeout or waitUntilCompletion"
      )
    case "Preempting":
    case "Preempted":
      return diagnosis(
        { _tag: "Preempted", node, reason, said: message },
        "transient",
        `a pod of higher priority preempted it: ${said}`,
        `${again}, or give it a priorityClassName`
      )
    case "NodeLost":
    case "NodeShutdown":
    case "Terminated":
    case "Shutdown":
      return diagnosis(
        { _tag: "NodeLost", node, reason, said: message },
        "transient",
        `node${onNode} was lost: ${said}`,
        again
      )
  }
  if (pod.disruption !== undefined) {
    const cause = { node, reason: pod.disruption, said: pod.disruptionMessage ?? "" }
    const how = words(`the pod was disrupted (${pod.disruption})`, pod.disruptionMessage)
    const where = node === null ? "" : ` on node ${node}`
    return diagnosis({ _tag: disruptionCause(pod.disruption), ...cause }, "transient", `${how}${where}`, again)
  }
  // A kubelet that does not take a pod fails it with a word of its own (OutOfcpu, NodeAffinity,
  // UnexpectedAdmissionError, …).
  if (pod.phase === "Failed" && reason !== undefined && nothingRan(pod)) {
    return diagnosis(
      { _tag: "NodeRefused", node, reason, said: message },
      "transient",
      `node${onNode} refused the pod before anything ran: ${said}`,
      `${again}; if it stays so, check resource requests, nodeSelector and the node`
    )
  }
  return undefined
}

const nothingRan = ({ containers }: PodObservation): boolean =>
  [...containers.values()].every(({ _tag }) => _tag === "Waiting" || _tag === "Unknown")

/**
 * Exit codes above this are 128 + a signal's number: the process was ended, by the kernel or by
 * somebody.
 */
const SIGNALLED = 128

/** Did a signal end the process, by its exit code? */
export const isSignalled = (exitCode: number): boolean => exitCode > SIGNALLED && exitCode <= SIGNALLED + 64

/** What a container's end means, `memoryLimit` being the limit main ran under. */
export const diagnoseEnd = (end: ContainerEnd, memoryLimit: string | undefined): Diagnosis => {
  const { exitCode } = end
  const said = end.message?.trim() ?? ""
  const detail = said === "" ? "" : `: ${said}`
  if (end.reason === "OOMKilled") {
    const limit = memoryLimit === undefined ? "the node's memory" : `its memory limit of ${memoryLimit}`
    return diagnosis(
      { _tag: "OutOfMemory", exitCode, limit: memoryLimit ?? null, said },
      "permanent",
      `the command was killed because it used up ${limit} (OOMKilled, exit code ${exitCode})${detail}`,
      "raise resources.limit.memory, or make the command use less"
    )
  }
  if (end.reason === "StartError" || end.reason === "ContainerCannotRun") {
    return diagnosis(
      { _tag: "StartError", exitCode, said },
      "permanent",
      `the container could not start${detail}`,
      "commands need a shell ('sh') in the image; check the image, the interpreter and the command's path"
    )
  }
  if (end.reason === "ContainerStatusUnknown") {
    return diagnosis(
      { _tag: "NodeLost", node: null, reason: end.reason, said },
      "transient",
      `the node lost track of the container${detail}`,
      again
    )
  }
  if (isSignalled(exitCode)) {
    const signal = exitCode - SIGNALLED
    return diagnosis(
      { _tag: "Killed", exitCode, signal, said },
      "permanent",
      `the command was ended by signal ${signal} (exit code ${exitCode})${detail}`,
      "see its log for what it was doing"
    )
  }
  return diagnosis(
    { _tag: "CommandFailed", exitCode, said },
    "permanent",
    `the command ended with exit code ${exitCode}${shellSays(exitCode)}${detail}`,
    shellRemedy(exitCode)
  )
}

/** What a shell means by the two codes that it keeps for itself (POSIX, "Exit Status for Commands"). */
const shellSays = (exitCode: number): string => {
  if (exitCode === 127) return ", by which a shell says that it did not find a command"
  return exitCode === 126 ? ", by which a shell says that it found a command but could not execute it" : ""
}

const shellRemedy = (exitCode: number): string => {
  if (exitCode === 127) return "check the command's name and that the image has it; its log names it"
  return exitCode === 126
    ? "check that the file is executable (chmod +x) and is a program for this image; its log names it"
    : "see its log"
}

/**
 * What to say of a command that succeeded though the kernel killed something in its container for
 * its memory.
 */
export const memoryWarning = (end: ContainerEnd, memoryLimit: string | undefined): string | undefined =>
  end.exitCode === 0 && end.reason === "OOMKilled"
    ? `the command succeeded, but a process of it was killed (OOMKilled) because memory${memoryLimit === undefined ? "" : ` (limit ${memoryLimit})`} was used up; its work may be incomplete`
    : undefined

/** The pod was deleted by somebody else. */
export const deleted = (pod: PodObservation | undefined): Diagnosis =>
  (pod && diagnosePodEnd(pod)) ??
  diagnosis(
    { _tag: "Deleted", node: pod?.node ?? null },
    "transient",
    "the pod was deleted while the task ran",
    "find out who deleted it (kubectl get events, the API server's audit log), and retry the task"
  )

/** The pod should have ended by now, and its node has not confirmed it. */
export const nodeSilent = (pod: PodObservation): Diagnosis => {
  const node = pod.node ?? null
  return diagnosis(
    { _tag: "NodeLost", node, reason: pod.disruption ?? "Deleted", said: pod.disruptionMessage ?? "" },
    "transient",
    words(
      `the pod was deleted${pod.disruption === undefined ? "" : ` (${pod.disruption})`} and node ${node ?? ""} has not confirmed its end; whether the command has ended is unknown`,
      pod.disruptionMessage
    ),
    `see kubectl describe node; ${again}`
  )
}

/** Our own helper container ended before the run did. */
export const helperEnded = (container: string, end: ContainerEnd): Diagnosis => {
  const { exitCode, reason = null } = end
  const said = end.message?.trim() ?? ""
  return diagnosis(
    { _tag: "HelperEnded", container, exitCode, reason, said },
    reason === "OOMKilled" ? "permanent" : "transient",
    `the helper container '${container}' ended early (exit code ${exitCode}${reason === null ? "" : `, ${reason}`})${said === "" ? "" : `: ${said}`}`,
    reason === "OOMKilled"
      ? "raise fileSidecar.resources.limit.memory"
      : exitCode > SIGNALLED
        ? "find out what ended it (kubectl get events, the node's log), and retry the task"
        : "check that fileSidecar.image has a POSIX 'sh'"
  )
}

/** A container of the task's own that ended with an error, where main did not come to run. */
const containerFailed = (container: string, end: ContainerEnd): Diagnosis => {
  const { exitCode, reason = null } = end
  const said = end.message?.trim() ?? ""
  const how = reason === null || reason === "Error" ? "" : `, ${reason}`
  return diagnosis(
    { _tag: "ContainerFailed", container, exitCode, reason, said },
    "permanent",
    words(`container '${container}' ended with exit code ${exitCode}${how}, so the command did not run`, said),
    `correct container '${container}' in podSpec; with 'delete: false' the pod is kept, and kubectl logs shows the container's whole log`
  )
}

/**
 * The pod ended and its status says nothing of the whole: a container of the task's own that failed
 * is why. Of ours and of main others have decided before.
 */
export const unknownEnd = (pod: PodObservation | undefined): Diagnosis => {
  for (const [name, state] of pod?.containers ?? []) {
    if (state._tag === "Ended" && state.end.exitCode !== 0) return containerFailed(name, state.end)
  }
  const phase = pod?.phase ?? "Unknown"
  const said = words(pod?.reason, pod?.message)
  return diagnosis(
    { _tag: "Unknown", phase, said },
    "transient",
    words(`the pod ended in phase ${phase} and the command's exit code is unknown`, said),
    "see kubectl get events and the node's log; with 'delete: false' the pod is kept for kubectl describe"
  )
}
