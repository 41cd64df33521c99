/**
 * Decides how a run ended from what has been seen: main's own receipts first, the kubelet's word
 * where they do not suffice. Pure.
 */
import { type Diagnosis, deleted, diagnoseEnd, diagnosePodEnd, memoryWarning, unknownEnd } from "./Diagnosis.ts"
import type { PodObservation } from "./PodObservation.ts"

/**
 * How long the kubelet may take to report main's end after its exit file said so, in ms. It looks
 * once a second and reports at once; a loaded node takes a few seconds. A pod that is taken away
 * later than this after the command ended is not considered the cause.
 */
export const KUBELET_WORD_MS = 10_000

/** What the run has seen by itself. */
export interface Witness {
  /**
   * Main's exit code from its exit file; undefined when it left none or there is no file to leave.
   */
  readonly exitCode: number | undefined
  /**
   * How long the command had ended when its pod was first seen to be taken away, in ms, negative
   * where that was before; both by our own clock. Undefined where one of them was not seen.
   */
  readonly takenAfterMs: number | undefined
}

export type Decision =
  /** Proven by receipts or by the kubelet. */
  | { readonly _tag: "Succeeded"; readonly warning?: string }
  /** The command ran and failed. */
  | { readonly _tag: "Failed"; readonly exitCode: number; readonly diagnosis: Diagnosis }
  /** The pod was lost; whether the command would have succeeded is unknown. */
  | { readonly _tag: "Lost"; readonly diagnosis: Diagnosis }

/** `Ask`: only the kubelet can tell, and it has not yet. */
export type Outcome = Decision | { readonly _tag: "Ask" }

const succeeded = (pod: PodObservation | undefined, memoryLimit: string | undefined): Decision => {
  const warning = pod?.main._tag === "Ended" ? memoryWarning(pod.main.end, memoryLimit) : undefined
  return warning === undefined ? { _tag: "Succeeded" } : { _tag: "Succeeded", warning }
}

/**
 * Why the pod was ended from outside, if that is what ended the command. A command that receives
 * TERM may end with any code of its own; a pod that is taken away long after the command ended has
 * nothing to do with it. A success stands unless the pod was being taken away already.
 */
const takenAway = (pod: PodObservation, exitCode: number, takenAfterMs = 0): Diagnosis | undefined => {
  if (takenAfterMs > (exitCode === 0 ? 0 : KUBELET_WORD_MS)) return undefined
  return diagnosePodEnd(pod) ?? (pod.terminating && exitCode !== 0 ? deleted(pod) : undefined)
}

/**
 * Exit code 0 with every receipt is success at once. Any other code is the command's, but the
 * kubelet alone knows whether the command was killed for its memory or because its pod has to go;
 * without an exit file it is the only witness.
 */
export const decideOutcome = (
  receipts: Witness,
  pod: PodObservation | undefined,
  memoryLimit: string | undefined
): Outcome => {
  if (receipts.exitCode === 0) return succeeded(pod, memoryLimit)
  if (pod?.main._tag === "Ended") {
    const { end } = pod.main
    if (end.reason === "ContainerStatusUnknown") {
      return { _tag: "Lost", diagnosis: diagnosePodEnd(pod) ?? diagnoseEnd(end, memoryLimit) }
    }
    const exitCode = receipts.exitCode ?? end.exitCode
    const lost = takenAway(pod, exitCode, receipts.takenAfterMs)
    if (lost !== undefined && end.reason !== "OOMKilled") return { _tag: "Lost", diagnosis: lost }
    if (exitCode === 0) return succeeded(pod, memoryLimit)
    return { _tag: "Failed", exitCode, diagnosis: diagnoseEnd({ ...end, exitCode }, memoryLimit) }
  }
  if (pod?.phase === "Failed") {
    return { _tag: "Lost", diagnosis: diagnosePodEnd(pod) ?? unknownEnd(pod) }
  }
  return { _tag: "Ask" }
}

/** The outcome when the kubelet's word did not come in time: what the receipts say. */
export const outcomeWithoutKubelet = (receipts: Witness, pod: PodObservation | undefined): Decision => {
  if (receipts.exitCode === 0) return { _tag: "Succeeded" }
  if (receipts.exitCode !== undefined) {
    const lost = pod === undefined ? undefined : takenAway(pod, receipts.exitCode, receipts.takenAfterMs)
    if (lost !== undefined) return { _tag: "Lost", diagnosis: lost }
    const end = { exitCode: receipts.exitCode, reason: undefined, message: undefined }
    return { _tag: "Failed", exitCode: receipts.exitCode, diagnosis: diagnoseEnd(end, undefined) }
  }
  return { _tag: "Lost", diagnosis: unknownEnd(pod) }
}
