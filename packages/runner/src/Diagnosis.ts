/**
 * Names the cause of a run that does not go on or did not end well, with the facts and a remedy. Pure: (pod, how long
 * it has been so) → diagnosis. The texts are for the person who has to act on them.
 */
import { Schema } from "effect"
import type { ContainerEnd, PodObservation } from "./PodObservation.ts"

export const Cause = Schema.Literals([
  "Unschedulable",
  "ImagePull",
  "ImageName",
  "ContainerConfig",
  "StartError",
  "OutOfMemory",
  "Evicted",
  "Preempted",
  "NodeLost",
  "DeadlineExceeded",
  "Deleted",
  "HelperEnded",
  "CommandFailed",
  "Killed",
  "Unknown"
])
export type Cause = typeof Cause.Type

export class Diagnosis extends Schema.Class<Diagnosis>("runner/Diagnosis")({
  cause: Cause,
  /** Whether the same task may succeed when it is simply run again. */
  kind: Schema.Literals(["transient", "permanent"]),
  /** What is so, with the cluster's own words. */
  summary: Schema.String,
  /** What a person can do. */
  remedy: Schema.String
}) {}

const diagnosis = (cause: Cause, kind: Diagnosis["kind"], summary: string, remedy: string) =>
  new Diagnosis({ cause, kind, summary, remedy })

/** How long a pull may fail before it counts, in ms: registries answer 5xx and 429 for a while and recover. */
const PULL_GRACE_MS = 30_000
/** How long a configuration error may stand, in ms: a Secret or ConfigMap may be created just after the pod. */
const CONFIG_GRACE_MS = 10_000

/** What a registry says when asking again will not help. */
const PERMANENT_PULL =
  /not found|does not exist|manifest unknown|unauthorized|authentication required|denied|no match for platform|invalid reference/i

export type PendingVerdict =
  /** Nothing is wrong, or nothing that needs a word. */
  | { readonly _tag: "Wait" }
  /** Something is wrong that may pass; tell the user. */
  | { readonly _tag: "Report"; readonly diagnosis: Diagnosis }
  | { readonly _tag: "Fail"; readonly diagnosis: Diagnosis }

const wait: PendingVerdict = { _tag: "Wait" }

const waitingVerdict = (
  container: string,
  reason: string | undefined,
  message: string | undefined,
  sinceMs: number
): PendingVerdict => {
  const detail = message === undefined || message === "" ? "" : `: ${message}`
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff": {
      const permanent = PERMANENT_PULL.test(message ?? "")
      const found = diagnosis(
        "ImagePull",
        permanent ? "permanent" : "transient",
        `the image of container '${container}' cannot be pulled${detail}`,
        permanent
          ? "check the image's name and tag, and that the pod has an imagePullSecret for its registry"
          : "the registry may be busy or unreachable from the node; try again, or use pullPolicy IF_NOT_PRESENT"
      )
      return permanent || sinceMs >= PULL_GRACE_MS
        ? { _tag: "Fail", diagnosis: found }
        : { _tag: "Report", diagnosis: found }
    }
    case "InvalidImageName":
    case "ErrImageNeverPull":
      return {
        _tag: "Fail",
        diagnosis: diagnosis(
          "ImageName",
          "permanent",
          `the image of container '${container}' cannot be used (${reason})${detail}`,
          reason === "InvalidImageName"
            ? "correct the image's name"
            : "the image is not on the node; use pullPolicy IF_NOT_PRESENT or ALWAYS"
        )
      }
    case "CreateContainerConfigError":
    case "CreateContainerError":
    case "RunContainerError": {
      const found = diagnosis(
        "ContainerConfig",
        "permanent",
        `container '${container}' cannot be created (${reason})${detail}`,
        "check the Secrets, ConfigMaps, volumes and security context that the task names"
      )
      return sinceMs >= CONFIG_GRACE_MS ? { _tag: "Fail", diagnosis: found } : { _tag: "Report", diagnosis: found }
    }
    default:
      return wait
  }
}

/**
 * What to make of a pod that does not run yet. `sinceMs` is how long it has been in this state.
 */
export const diagnosePending = (pod: PodObservation, sinceMs: number): PendingVerdict => {
  if (pod.unschedulable !== undefined) {
    return {
      _tag: "Report",
      diagnosis: diagnosis(
        "Unschedulable",
        "transient",
        `no node can take the pod: ${pod.unschedulable}`,
        "lower the resource requests, free or add nodes, or check nodeSelector, affinity and tolerations"
      )
    }
  }
  let report: PendingVerdict = wait
  for (const [name, state] of pod.containers) {
    if (state._tag !== "Waiting") continue
    const verdict = waitingVerdict(name, state.reason, state.message, sinceMs)
    if (verdict._tag === "Fail") return verdict
    if (verdict._tag === "Report") report = verdict
  }
  return report
}

const words = (...parts: ReadonlyArray<string | undefined>) =>
  parts.filter((part) => part !== undefined && part !== "").join(": ")

/** Why the pod as a whole ended; undefined when it did not, or not for a reason of its own. */
export const diagnosePodEnd = (pod: PodObservation): Diagnosis | undefined => {
  const said = words(pod.reason, pod.message)
  const again = "run the task again"
  switch (pod.reason) {
    case "Evicted":
      return diagnosis(
        "Evicted",
        "transient",
        `the node evicted the pod: ${said}`,
        `set resource requests and limits that fit what the task uses, and ${again}`
      )
    case "DeadlineExceeded":
      return diagnosis(
        "DeadlineExceeded",
        "permanent",
        `the pod passed its activeDeadlineSeconds: ${said}`,
        "raise timeout or waitUntilCompletion"
      )
    case "Preempting":
    case "Preempted":
      return diagnosis(
        "Preempted",
        "transient",
        `a pod of higher priority took its place: ${said}`,
        `${again}, or give it a priorityClassName`
      )
    case "NodeLost":
    case "NodeShutdown":
    case "Terminated":
    case "Shutdown":
      return diagnosis("NodeLost", "transient", `the node went away: ${said}`, again)
  }
  if (pod.disruption !== undefined) {
    const cause = pod.disruption === "PreemptionByScheduler" ? "Preempted" : "Evicted"
    return diagnosis(cause, "transient", words(`the pod was disrupted (${pod.disruption})`, pod.message), again)
  }
  return undefined
}

/** Exit codes above this are 128 + a signal's number: the process was ended, by the kernel or by somebody. */
const SIGNALLED = 128

/** What a container's end means, `memoryLimit` being the limit main ran under. */
export const diagnoseEnd = (end: ContainerEnd, memoryLimit: string | undefined): Diagnosis => {
  const said = end.message === undefined || end.message === "" ? "" : `: ${end.message.trim()}`
  if (end.reason === "OOMKilled") {
    const limit = memoryLimit === undefined ? "the node's memory" : `its memory limit of ${memoryLimit}`
    return diagnosis(
      "OutOfMemory",
      "permanent",
      `the command was killed because it used up ${limit} (exit code ${end.exitCode})${said}`,
      "raise resources.limit.memory, or make the command use less"
    )
  }
  if (end.reason === "StartError" || end.reason === "ContainerCannotRun") {
    return diagnosis(
      "StartError",
      "permanent",
      `the container could not start${said}`,
      "commands need a shell ('sh') in the image; check the image, the interpreter and the command's path"
    )
  }
  if (end.reason === "ContainerStatusUnknown") {
    return diagnosis("NodeLost", "transient", `the node lost track of the container${said}`, "run the task again")
  }
  if (end.exitCode > SIGNALLED && end.exitCode <= SIGNALLED + 64) {
    return diagnosis(
      "Killed",
      "permanent",
      `the command was ended by signal ${end.exitCode - SIGNALLED} (exit code ${end.exitCode})${said}`,
      "see its log for what it was doing"
    )
  }
  return diagnosis(
    "CommandFailed",
    "permanent",
    `the command ended with exit code ${end.exitCode}${said}`,
    "see its log"
  )
}

/** The pod was deleted by somebody else. */
export const deleted = (pod: PodObservation | undefined): Diagnosis =>
  (pod && diagnosePodEnd(pod)) ??
  diagnosis(
    "Deleted",
    "transient",
    "the pod was deleted while the task ran",
    "find out who deleted it (kubectl get events, the API server's audit log), and run the task again"
  )

/** Our own helper container ended before the run did. */
export const helperEnded = (container: string, end: ContainerEnd): Diagnosis =>
  diagnosis(
    "HelperEnded",
    end.reason === "OOMKilled" ? "permanent" : "transient",
    `the helper container '${container}' ended early (exit code ${end.exitCode}${end.reason === undefined ? "" : `, ${end.reason}`})${end.message ? `: ${end.message}` : ""}`,
    end.reason === "OOMKilled"
      ? "raise fileSidecar.resources.limit.memory"
      : end.exitCode > SIGNALLED
        ? "find out what ended it (kubectl describe pod, the node's log), and run the task again"
        : "check that fileSidecar.image has a POSIX 'sh'"
  )

/** The pod ended and nothing says why. */
export const unknownEnd = (pod: PodObservation | undefined): Diagnosis =>
  diagnosis(
    "Unknown",
    "transient",
    words(
      `the pod ended in phase ${pod?.phase ?? "Unknown"} and nothing tells the command's exit code`,
      pod?.reason,
      pod?.message
    ),
    "see kubectl describe pod and the node's log"
  )
