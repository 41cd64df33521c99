/**
 * Creates the pod of a run so that it is created once and known to be ours: the reply to a create can be lost, and then
 * only the pod itself tells who made it.
 */
import { type KubeError, type Pod, Pods } from "@podwright/k8s-io"
import type { PodPlan } from "@podwright/spec-builder"
import { Effect } from "effect"
import { Kube, PodExists, RunError } from "./RunError.ts"

/** Names the driver that created the pod; a random word of its own for every run. */
export const DRIVER_ANNOTATION = "podwright.dev/driver"

const failed = (error: KubeError) => new RunError({ operation: "create pod", reason: new Kube({ error }) })

/**
 * Creates the pod and returns it as the server has it.
 *
 * A pod of this name that this very driver made (an earlier try whose reply was lost) is taken for the new one; anybody
 * else's is left alone and gives `PodExists`. When it stays unknown whether the pod was created, it is deleted if it was.
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

  const adopt = Effect.gen(function* () {
    const pod = yield* pods.get(namespace, plan.name).pipe(Effect.mapError(failed))
    return isOurs(pod) ? pod : yield* new RunError({ operation: "create pod", reason: new PodExists() })
  })

  /** The request may have been carried out though it failed for us. What fails here as well is said by the first error. */
  const reclaim = pods.get(namespace, plan.name).pipe(
    Effect.flatMap((pod) =>
      isOurs(pod) ? pods.delete(namespace, plan.name, { uid: pod.metadata.uid, gracePeriodSeconds: 0 }) : Effect.void
    ),
    Effect.ignore
  )

  return yield* pods.create(namespace, manifest).pipe(
    Effect.catch((error) => {
      if (error.reason._tag === "AlreadyExists") return adopt
      return Effect.andThen(error.retryable ? reclaim : Effect.void, Effect.fail(failed(error)))
    })
  )
})
