/**
 * Acts out what an image's name says (`ImageTrouble.ts`): a pull that fails or takes its time, an
 * eviction, a lost node.
 */
import { Effect } from "effect"
import { reportOutcome, reportWaiting } from "./ContainerReport.ts"
import { imageTrouble } from "./ImageTrouble.ts"
import type { ContainerSpec, KubeletPod } from "./KubeletPod.ts"
import type { PodContext, PodSignal } from "./PodSignal.ts"

/** Between a failed pull and its back-off; a real kubelet takes a few seconds. */
const BACK_OFF_SECONDS = 1

/** Acts out the pull of a container's image; false when the container is not to start. */
export const actOutPull = Effect.fnUntraced(function* (context: PodContext, container: ContainerSpec) {
  const image = container.image ?? ""
  const trouble = imageTrouble(image)
  const pause = (seconds: number) => Effect.timeoutOption(context.stopping, seconds * 1000)
  if (trouble._tag === "SlowStart") yield* pause(trouble.seconds)
  if (trouble._tag !== "PullFails") return true
  if (container.imagePullPolicy === "Never") {
    const message = `Container image "${image}" is not present with pull policy of Never`
    yield* reportWaiting(context, container, "ErrImageNeverPull", message)
    return false
  }
  yield* context.event(container.name, "Pulling", `Pulling image "${image}"`)
  yield* reportWaiting(context, container, "ErrImagePull", trouble.message)
  yield* pause(BACK_OFF_SECONDS)
  if (yield* context.isStopping) return false
  const message = `Back-off pulling image "${image}": ErrImagePull: ${trouble.message}`
  yield* reportOutcome(context, container, { _tag: "Waits", reason: "ImagePullBackOff", message })
  yield* context.event(container.name, "BackOff", `Back-off pulling image "${image}"`)
  return false
})

/**
 * What an image does to its pod while the container runs, and after how many seconds; undefined for
 * most.
 */
const actedVerdict = (
  pod: KubeletPod,
  container: ContainerSpec
): { readonly seconds: number; readonly signal: PodSignal } | undefined => {
  const trouble = imageTrouble(container.image ?? "")
  if (trouble._tag === "Evicted") {
    const message = `The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. Container ${container.name} was using 512Mi, request is 0, has larger consumption of memory. `
    const verdict = { reason: "Evicted", message, disruption: "TerminationByKubelet" }
    return { seconds: trouble.seconds, signal: { _tag: "Verdict", verdict, graceSeconds: 0, silent: false } }
  }
  if (trouble._tag === "NodeLost") {
    const message = `Node local which was running pod ${pod.metadata.name} is unresponsive`
    const verdict = { reason: "NodeLost", message, disruption: "DeletionByTaintManager" }
    return { seconds: trouble.seconds, signal: { _tag: "Verdict", verdict, graceSeconds: 0, silent: true } }
  }
  return undefined
}

/** Begins what an image does to its pod while the container runs; closing the scope gives it up. */
export const actOutVerdict = Effect.fnUntraced(function* (context: PodContext, container: ContainerSpec) {
  const acted = actedVerdict(context.pod, container)
  if (acted !== undefined)
    yield* Effect.forkScoped(Effect.andThen(Effect.sleep(acted.seconds * 1000), context.send(acted.signal)))
})
