/**
 * Cancels the run of a pod from outside: asks its driver, who stops the command as it would itself
 * and says who asked; where no driver reacts, the pod is deleted with its own grace period. Talks to
 * the API server.
 */
import { hostname, userInfo } from "node:os"
import { type KubeError, type Pod, Pods, type PodWatch } from "@podwright/k8s-io"
import { CANCEL_ANNOTATION, MAIN_CONTAINER } from "@podwright/spec-builder"
import { Clock, Effect, type Scope } from "effect"
import { cancelText } from "../claim/PodCancel.ts"
import type { LeaseState } from "../claim/PodLease.ts"
import { persistently } from "../pod/PersistentRequest.ts"
import { followPod } from "../pod/PodFollow.ts"

/** What became of a pod whose run was to be cancelled. */
export type CancelledPod =
  /** Its driver reacted, or had ended the pod by itself. */
  | "DriverStops"
  /** Nobody drives it, or its driver did not react while its lease was valid: it is being deleted. */
  | "Deleted"
  /** It was being deleted already. */
  | "Deleting"
  /** Its command has ended; there is nothing to cancel. */
  | "Ended"

/** A driver hears of it by its watch: at once, or when a watch that was cut is open again. */
const REACTION_MS = 5_000

const userName = (): string => {
  try {
    return userInfo().username
  } catch {
    // A container may run as a user that no file names.
    return `user ${process.getuid?.() ?? "?"}`
  }
}

/** This user on this machine. */
export const whoCancels = (): string => `${userName()}@${hostname()}`

/** Cancels the run of this very pod; `lease` is what its annotation means now. */
export const cancelPod = Effect.fn("ExecutionCancel.cancel")(function* (
  pod: Pod,
  lease: LeaseState,
  by: string
): Effect.fn.Return<CancelledPod, KubeError, Pods | PodWatch | Scope.Scope> {
  const pods = yield* Pods
  const { name, namespace, uid } = pod.metadata
  const subject = { namespace, name }
  const watched = yield* followPod({
    ...subject,
    main: MAIN_CONTAINER,
    helpers: [],
    waiting: () => Effect.void,
    seen: () => undefined
  })
  yield* watched.expect(uid)
  // Also where nobody seems to drive it: a driver that cannot renew its lease lives.
  const to = cancelText({ by, at: new Date(yield* Clock.currentTimeMillis).toISOString() })
  const isThere = yield* persistently(
    "Pods.annotate",
    subject,
    pods.annotate(namespace, name, { uid, annotation: CANCEL_ANNOTATION, to })
  ).pipe(
    Effect.as(true),
    // Of another uid by now: the pod was deleted.
    Effect.catchReason("KubeError", "NotFound", () => Effect.succeed(false)),
    Effect.catchReason("KubeError", "Invalid", () => Effect.succeed(false))
  )
  if (!isThere) return "Deleting"
  if (lease._tag === "Held") {
    const reacted = yield* watched
      .until(({ terminating }) => terminating)
      .pipe(
        Effect.as(true),
        Effect.timeoutOrElse({
          duration: lease.remainingMs + REACTION_MS,
          orElse: () => Effect.succeed(false)
        })
      )
    if (reacted) return "DriverStops"
  }
  yield* persistently("Pods.delete", subject, pods.delete(namespace, name, { uid }))
  return "Deleted"
})
