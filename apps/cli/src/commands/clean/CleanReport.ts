/**
 * What `podwright clean` says of each pod. Pure. The keys of the JSON form are an interface that
 * scripts read.
 */
import { accessAdvice, type CleanedPod } from "@podwright/runner"
import { describeAge, safeLines } from "../../report/TextReport.ts"

const describeWhy = ({ why }: CleanedPod): string => {
  switch (why._tag) {
    case "Foreign":
      return "something other than podwright created it"
    case "Terminating":
      return "it is being deleted"
    case "Driven":
      return `it is driven by ${why.holder}, whose lease holds for ${describeAge(why.remainingMs)} unless it is renewed`
    case "Unleased":
      return "it has no lease (resume: false), so it cannot be known whether a driver uses it; its deadline ends it"
    case "NeverRenewed":
      return "its driver never renewed the lease: the driver died at once, or may not patch pods; the pod's deadline ends it"
    case "LeaseUnreadable":
      return "its lease cannot be read, because something else wrote it; its deadline ends it"
    case "Ended":
      return `it ended ${describeAge(why.ageMs)} ago`
    case "Released":
      return `its driver released it ${describeAge(why.ageMs)} ago`
    case "Abandoned":
      return `abandoned: its driver last renewed the lease ${describeAge(why.ageMs)} ago`
    case "NeverStarted":
      return `no node accepted it, and its deadline passed ${describeAge(why.ageMs)} ago`
  }
}

const ACTIONS = { Kept: "kept", Removed: "removed", WouldRemove: "would remove", Failed: "not removed" } as const

/** A line for a person. */
export const cleanedLine = (pod: CleanedPod): string => {
  const { _tag, name, namespace } = pod
  const failure =
    _tag === "Failed" ? `; it could not be deleted: ${pod.error.explanation}${accessAdvice(pod.error)}` : ""
  return safeLines([`${ACTIONS[_tag]} ${namespace}/${name}: ${describeWhy(pod)}${failure}`])
}

/** What was found, or why nothing could be. */
export interface Cleaning {
  /** Undefined: all, or not known for want of a connection. */
  readonly namespace: string | undefined
  readonly dryRun: boolean
  readonly olderThanMs: number
  readonly pods: ReadonlyArray<CleanedPod>
  readonly problem: string | undefined
}

/** Everything for a script. */
export const cleaningJson = ({ dryRun, namespace, olderThanMs, pods, problem }: Cleaning): object => ({
  namespace: namespace ?? null,
  dryRun,
  olderThanSeconds: olderThanMs / 1000,
  pods: pods.map((pod) => ({
    namespace: pod.namespace,
    pod: pod.name,
    uid: pod.uid,
    action: ACTIONS[pod._tag].replace(" ", "-"),
    cause: pod.why._tag,
    ageSeconds: "ageMs" in pod.why ? pod.why.ageMs / 1000 : null,
    holder: pod.why._tag === "Driven" ? pod.why.holder : null,
    why: describeWhy(pod),
    error: pod._tag === "Failed" ? `${pod.error.message}${accessAdvice(pod.error)}` : null
  })),
  error: problem ?? null
})
