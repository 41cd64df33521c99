/**
 * What keeps a pod from running, and whether it may pass. Pure: (pod, how long it has been so) →
 * verdict. Whatever the kubelet tries again gets time; what stays as it is fails the run as soon as
 * that is certain.
 */
import { type Diagnosis, diagnosis } from "./Diagnosis.ts"
import type { ContainerObservation, PodObservation } from "./PodObservation.ts"

/**
 * How long a pull may fail before it counts, in ms: registries answer 5xx and 429 for a while and
 * recover. The kubelet tries again after 10, 20 and 40 s, so that this is its fourth failure.
 */
export const PULL_GRACE_MS = 90_000
/**
 * How long a configuration error may stand, in ms: a Secret or ConfigMap may be created just after
 * the pod.
 */
export const CONFIG_GRACE_MS = 10_000

/** A registry or a network that is busy, whatever else its words contain. */
const PASSING_PULL =
  /toomanyrequests|too many requests|rate limit|\b(?:429|50[0234])\b|timeout|timed out|handshake|connection re(?:fused|set)|\bEOF\b|no such host|deadline exceeded/i

/** What a registry says when asking again will not help. */
const PERMANENT_PULL =
  /not found|does not exist|manifest unknown|unauthorized|authentication required|denied|forbidden|no match for platform|invalid reference/i

/** What a runtime says of work that it has not finished: the kubelet asks again. */
const PASSING_CREATE = /deadline exceeded|name .* is reserved/i

export type PendingVerdict =
  /** Nothing is wrong, or nothing that needs a word. */
  | { readonly _tag: "Wait" }
  /** Something is wrong that may pass; tell the user. */
  | { readonly _tag: "Report"; readonly diagnosis: Diagnosis }
  | { readonly _tag: "Fail"; readonly diagnosis: Diagnosis }

const wait: PendingVerdict = { _tag: "Wait" }

const after = (grace: number, sinceMs: number, found: Diagnosis): PendingVerdict => ({
  _tag: sinceMs >= grace ? "Fail" : "Report",
  diagnosis: found
})

const waitingVerdict = (
  container: string,
  image: string,
  { last, message, reason }: Extract<ContainerObservation, { readonly _tag: "Waiting" }>,
  sinceMs: number
): PendingVerdict => {
  const said = message?.trim() ?? ""
  const detail = said === "" ? "" : `: ${said}`
  switch (reason) {
    case undefined:
    case "ContainerCreating":
    case "PodInitializing":
      return wait
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "RegistryUnavailable":
    case "SignatureValidationFailed": {
      const permanent =
        reason === "SignatureValidationFailed" || (!PASSING_PULL.test(said) && PERMANENT_PULL.test(said))
      const found = diagnosis(
        { _tag: "ImagePull", container, image, said },
        permanent ? "permanent" : "transient",
        `the image of container '${container}' cannot be pulled${detail}`,
        permanent
          ? "check the image's name and tag, and that the pod has an imagePullSecret for its registry"
          : "the registry may be busy or unreachable from the node; try again, or use pullPolicy IF_NOT_PRESENT"
      )
      return after(permanent ? 0 : PULL_GRACE_MS, sinceMs, found)
    }
    case "InvalidImageName":
    case "ErrImageNeverPull": {
      const found = diagnosis(
        { _tag: "ImageName", container, image, reason, said },
        "permanent",
        `the image of container '${container}' cannot be used (${reason})${detail}`,
        reason === "InvalidImageName"
          ? "correct the image's name"
          : "the image is not on the node; use pullPolicy IF_NOT_PRESENT or ALWAYS"
      )
      return { _tag: "Fail", diagnosis: found }
    }
    case "CreateContainerConfigError":
    case "CreateContainerError":
    case "RunContainerError": {
      const passing = PASSING_CREATE.test(said)
      const found = diagnosis(
        { _tag: "ContainerConfig", container, reason, said },
        passing ? "transient" : "permanent",
        `container '${container}' cannot be created (${reason})${detail}`,
        passing
          ? "the node is slow to create containers; retry the task"
          : "check the Secrets, ConfigMaps, volumes and security context that the task names"
      )
      return after(passing ? PULL_GRACE_MS : CONFIG_GRACE_MS, sinceMs, found)
    }
    default: {
      if (last !== undefined) {
        const { exitCode } = last
        const how = last.reason === undefined || last.reason === "Error" ? "" : `, ${last.reason}`
        // The kubelet's sentence has the length of its back-off, which would make each a new diagnosis.
        const found = diagnosis(
          { _tag: "ContainerWaiting", container, reason, exitCode, said },
          "transient",
          `container '${container}' ended with exit code ${exitCode}${how} and waits to be restarted (${reason})`,
          `correct container '${container}' in podSpec; waitUntilRunning ends the wait`
        )
        return { _tag: "Report", diagnosis: found }
      }
      const found = diagnosis(
        { _tag: "ContainerWaiting", container, reason, said },
        "transient",
        `container '${container}' waits (${reason})${detail}`,
        "the pod's events, which the run reports, may say more; waitUntilRunning ends the wait"
      )
      return { _tag: "Report", diagnosis: found }
    }
  }
}

/**
 * What is left to wait for in a pod whose main has ended: helpers that have not run yet, and are to
 * bring the outputs. Undefined when there is none. Other containers no longer matter.
 */
export const pendingBehindMain = (pod: PodObservation, helpers: ReadonlyArray<string>): PodObservation | undefined => {
  const containers = [...pod.containers].filter(([name, { _tag }]) => helpers.includes(name) && _tag === "Waiting")
  return containers.length === 0 ? undefined : { ...pod, containers: new Map(containers) }
}

/**
 * What to make of a pod that does not run yet. `sinceMs` is how long something has been in its way.
 */
export const diagnosePending = (pod: PodObservation, sinceMs: number): PendingVerdict => {
  if (pod.unschedulable !== undefined) {
    const found = diagnosis(
      { _tag: "Unschedulable", said: pod.unschedulable },
      "transient",
      `no node can take the pod: ${pod.unschedulable}`,
      "lower the resource requests, free or add nodes, or check nodeSelector, affinity and tolerations"
    )
    return { _tag: "Report", diagnosis: found }
  }
  if (pod.gated !== undefined) {
    const found = diagnosis(
      { _tag: "SchedulingGated", said: pod.gated },
      "transient",
      `the pod is held back from the scheduler: ${pod.gated}`,
      "the controller that set the schedulingGates (a queue, a quota) must remove them"
    )
    return { _tag: "Report", diagnosis: found }
  }
  let report: PendingVerdict = wait
  for (const [name, state] of pod.containers) {
    if (state._tag !== "Waiting") continue
    const verdict = waitingVerdict(name, pod.images.get(name) ?? "", state, sinceMs)
    if (verdict._tag === "Fail") return verdict
    if (verdict._tag === "Report") report = verdict
  }
  return report
}
