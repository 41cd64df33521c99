/**
 * Gives a run its pod: creates it so that it is created once and known to be ours, though the reply
 * to a create can be lost, or takes over the one that an earlier driver of the same task run has
 * left. Each step is short; waiting is the caller's.
 */
import { isRbacRefusal, type KubeError, type Pod, Pods } from "@podwright/k8s-io"
import { LABEL_PREFIX, LEASE_ANNOTATION, type PodPlan } from "@podwright/spec-builder"
import { Effect } from "effect"
import { persistently } from "../pod/PersistentRequest.ts"
import { RunError } from "../task/RunError.ts"
import { Kube, PodExists, SpecChanged } from "../task/RunReason.ts"
import type { RunLease } from "./LeaseKeeper.ts"
import { type ClaimPolicy, decideClaim, podOwner } from "./PodClaim.ts"

/** Names the driver that created the pod; a random word of its own for every run. */
export const DRIVER_ANNOTATION = `${LABEL_PREFIX}driver`

/**
 * For a pod whose name is to be used again: by force (0) the name is free at once, while the old
 * containers run for another second or two, beside their successor's. With a grace the name is free
 * when they are gone.
 */
const REPLACED_GRACE_SECONDS = 1

export type Obtained =
  | { readonly _tag: "Held"; readonly pod: Pod; readonly adopted: boolean }
  /** Another pod is in the way for a while: look again when the lease is renewed or has run out. */
  | { readonly _tag: "Leased"; readonly pod: Pod; readonly holder: string; readonly remainingMs: number }
  /** Look again when it is gone. */
  | { readonly _tag: "Leaving" }
  /** It went, or was taken, while we looked: try again. */
  | { readonly _tag: "Missed" }

export interface PodCreation {
  readonly plan: PodPlan
  readonly namespace: string
  readonly driver: string
  readonly lease: RunLease
  readonly policy: ClaimPolicy
}

const failed = (error: KubeError) => new RunError({ operation: "PodCreation.obtain", reason: new Kube({ error }) })

/**
 * Creates the pod, or takes one of this name for it: one that this very driver made (an earlier try
 * whose reply was lost), or one of the same task run that its driver has left or died over. Anybody
 * else's is left alone and gives `PodExists`, which says whose it is. When it stays unknown whether
 * the pod was created, it is deleted if it was.
 */
export const obtainPod = Effect.fn("PodCreation.obtain")(function* ({
  driver,
  lease,
  namespace,
  plan,
  policy
}: PodCreation): Effect.fn.Return<Obtained, RunError, Pods> {
  const pods = yield* Pods
  const { metadata } = plan.manifest
  // Without `resume` nobody is to take it over, and nobody needs to know who drives it.
  const leased = policy.resume ? { [LEASE_ANNOTATION]: yield* lease.annotation } : {}
  const annotations = { ...metadata.annotations, [DRIVER_ANNOTATION]: driver, ...leased }
  const manifest = { ...plan.manifest, metadata: { ...metadata, annotations } }
  const isOurs = (pod: Pod) => pod.metadata.annotations?.[DRIVER_ANNOTATION] === driver

  const subject = { namespace, name: plan.name }
  const look = (passes?: (error: KubeError) => boolean) =>
    persistently("Pods.get", subject, pods.get(namespace, plan.name), passes)
  const remove = (pod: Pod, gracePeriodSeconds: number) =>
    persistently(
      "Pods.delete",
      subject,
      pods.delete(namespace, plan.name, { uid: pod.metadata.uid, gracePeriodSeconds })
    )

  const claim = Effect.fnUntraced(function* (): Effect.fn.Return<Obtained, RunError> {
    const found = yield* look().pipe(
      Effect.catchReason("KubeError", "NotFound", () => Effect.undefined),
      Effect.mapError(failed)
    )
    if (found === undefined) return { _tag: "Missed" }
    if (isOurs(found)) return { _tag: "Held", pod: found, adopted: false }
    const decided = decideClaim(found, plan, yield* lease.state(found), policy)
    switch (decided._tag) {
      case "Ours":
        // Taken over before, and the reply was lost.
        return { _tag: "Held", pod: found, adopted: true }
      case "Adopt":
        return yield* lease.take(found).pipe(
          // A lease does not keep a pod from being deleted, by `podwright clean` or anybody,
          // between our look and our taking it.
          Effect.map(
            (pod): Obtained =>
              pod.metadata.deletionTimestamp === undefined ? { _tag: "Held", pod, adopted: true } : { _tag: "Leaving" }
          ),
          Effect.catch((error) => {
            const { _tag } = error.reason
            return _tag === "Invalid" || _tag === "Conflict" || _tag === "NotFound"
              ? Effect.succeed<Obtained>({ _tag: "Missed" })
              : Effect.fail(new RunError({ operation: "PodCreation.obtain", reason: new Kube({ error }) }))
          })
        )
      case "WaitForLease":
        return { _tag: "Leased", pod: found, holder: decided.holder, remainingMs: decided.remainingMs }
      case "WaitForRemoval":
        return { _tag: "Leaving" }
      case "Replace":
        yield* remove(found, REPLACED_GRACE_SECONDS).pipe(Effect.mapError(failed))
        return { _tag: "Leaving" }
      case "Changed":
        return yield* new RunError({
          operation: "PodCreation.obtain",
          reason: new SpecChanged({ pod: plan.name, owner: podOwner(found) })
        })
      case "Foreign":
        return yield* new RunError({
          operation: "PodCreation.obtain",
          reason: new PodExists({ pod: plan.name, owner: decided.why })
        })
    }
  })

  /**
   * The request may have been carried out though it failed for us. What fails here as well is said
   * by the first error. Who is nobody to the server both times is told so at once.
   */
  const reclaim = ({ reason }: KubeError) =>
    look(reason._tag === "Unauthorized" ? (error) => error.retryable : undefined).pipe(
      Effect.flatMap((pod) => (isOurs(pod) ? remove(pod, 0) : Effect.void)),
      Effect.ignore
    )

  return yield* pods.create(namespace, manifest).pipe(
    Effect.map((pod): Obtained => ({ _tag: "Held", pod, adopted: false })),
    Effect.catch((error) => {
      // A 409 whose words were lost on the way may be either; the pod itself tells.
      if (error.reason._tag === "AlreadyExists") return claim()
      if (error.reason._tag === "Conflict") {
        return Effect.filterOrFail(
          claim(),
          ({ _tag }) => _tag !== "Missed",
          () => failed(error)
        )
      }
      // RBAC would have refused an earlier try as well.
      if (isRbacRefusal(error.reason)) return Effect.fail(failed(error))
      // Whatever else it says: an earlier try of the same request may have been carried out before
      // this one was refused.
      return Effect.andThen(reclaim(error), Effect.fail(failed(error)))
    })
  )
})
