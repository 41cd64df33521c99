/**
 * From where the log of a task's pod can be read by somebody who did not create it. Pure: the pod as
 * read.
 */
import type { Pod } from "@podwright/k8s-io"
import { HELPER_CONTAINER, INPUT_CONTAINER, MAIN_CONTAINER } from "@podwright/spec-builder"
import { observePod } from "../diagnosis/PodObservation.ts"

export type PodLogSource =
  /** From the volume, by the helper: all of it, stdout and stderr apart. */
  | "volume"
  /** From the kubelet: the shape has no gate, or its helper has ended. */
  | "kubelet"
  /** Nothing of main runs yet. */
  | "none"

/**
 * A gate keeps main's output on the volume whatever `logs` is, for as long as the helper runs; an
 * init container of ours means that main has no gate. `follow`: what is not there yet is waited for.
 */
export const podLogSource = (pod: Pod, follow: boolean): PodLogSource => {
  const has = (containers: ReadonlyArray<{ readonly name: string }> | undefined, name: string) =>
    (containers ?? []).some((container) => container.name === name)
  const isGate = has(pod.spec?.containers, HELPER_CONTAINER) && !has(pod.spec?.initContainers, INPUT_CONTAINER)
  const seen = observePod(pod, MAIN_CONTAINER)
  const container = isGate ? HELPER_CONTAINER : MAIN_CONTAINER
  const state = seen.containers.get(container)?._tag ?? "Unknown"
  if (!follow && (state === "Waiting" || state === "Unknown")) return "none"
  return isGate && state !== "Ended" ? "volume" : "kubelet"
}
