/**
 * Creates the pod of a run so that it is created once and known to be ours: the reply to a create can be lost, and then
 * only the pod itself tells who made it.
 */
import { isRbacRefusal, type KubeError, type Pod, Pods } from "@podwright/k8s-io"
import { LABEL_PREFIX, type PodPlan } from "@podwright/spec-builder"
import { Effect } from "effect"
import { insist } from "./Insistence.ts"
import { Kube, PodExists, RunError } from "./RunError.ts"

/** Names the driver that created the pod; a random word of its own for every run. */
export const DRIVER_ANNOTATION = "podwright.dev/driver"

/** Whose a pod is, in words that go on from "exists already"; labels are what a pod says of itself. */
export const podOwner = ({ metadata }: Pod): string => {
  const label = (name: string) => metadata.labels?.[`${LABEL_PREFIX}${name}`] ?? "?"
  const whose =
    metadata.labels?.[`${LABEL_PREFIX}taskrun-id`] === undefined
      ? "made by something other than podwright"
      : `made for task ${label("task-id")} of flow ${label("flow-id")}, execution ${label("execution-id")}, task run ${label("taskrun-id")}, attempt ${label("taskrun-attempt")}, by another driver`
  const since = metadata.creationTimestamp === undefined ? "" : ` at ${metadata.creationTimestamp}`
  return `${whose}${since}${metadata.deletionTimestamp === undefined ? "" : "; it is being deleted"}`
}

const failed = (error: KubeError) => new RunError({ operation: "create pod", reason: new Kube({ error }) })

/**
 * Creates the pod and returns it as the server has it.
 *
 * A pod of this name that this very driver made (an earlier try whose reply was lost) is taken for the new one; anybody
 * else's is left alone and gives `PodExists`, which says whose it is. When it stays unknown whether the pod was created, it is deleted if it was.
 */
export const createPod = Effect.fn("PodCreation.create")(function* (
  plan: PodPlan,
  namespace: string,
  driver: string
): Effect.fn.Return<Pod, RunError, Pods> {
  const pods = yield* Pods
  const { metadata } = plan.manifest
  const annotations = { ...metadata.annotations, [DRIVER_ANNOTATION]: driver }
  const manifest = { ...plan.manifest, metadata: { ...metadata, annotations } }
  const isOurs = (pod: Pod) => pod.metadata.annotations?.[DRIVER_ANNOTATION] === driver

  const subject = { namespace, name: plan.name }
  const look = (passes?: (error: KubeError) => boolean) =>
    insist("Pods.get", subject, pods.get(namespace, plan.name), passes)

  const adopt = Effect.fnUntraced(function* (refusal: KubeError) {
    const pod = yield* look().pipe(
      Effect.mapError((error) => failed(error.reason._tag === "NotFound" ? refusal : error))
    )
    if (isOurs(pod)) return pod
    return yield* new RunError({ operation: "create pod", reason: new PodExists({ owner: podOwner(pod) }) })
  })

  const removeOurs = (pod: Pod) => {
    const { uid } = pod.metadata
    const deletion = pods.delete(namespace, plan.name, { uid, gracePeriodSeconds: 0 })
    return isOurs(pod) ? insist("Pods.delete", subject, deletion) : Effect.void
  }

  /**
   * The request may have been carried out though it failed for us. What fails here as well is said by the first error. Who is
   * nobody to the server both times is told so at once.
   */
  const reclaim = ({ reason }: KubeError) =>
    look(reason._tag === "Unauthorized" ? (error) => error.retryable : undefined).pipe(
      Effect.flatMap(removeOurs),
      Effect.ignore
    )

  return yield* pods.create(namespace, manifest).pipe(
    Effect.catch((error) => {
      // A 409 whose words were lost on the way may be either; the pod itself tells.
      if (error.reason._tag === "AlreadyExists" || error.reason._tag === "Conflict") return adopt(error)
      // RBAC would have refused an earlier try as well.
      if (isRbacRefusal(error.reason)) return Effect.fail(failed(error))
      // Whatever else it says: an earlier try of the same request may have been carried out before this one was refused.
      return Effect.andThen(reclaim(error), Effect.fail(failed(error)))
    })
  )
})
