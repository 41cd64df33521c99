/**
 * Looks for pods that nobody comes for any more (`PodOrphan.ts`), and removes them. Talks to the
 * API server by `Pods`; what it deletes is the very pod it has judged, unchanged since.
 */
import { KubeError, type Pod, Pods } from "@podwright/k8s-io"
import { TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Clock, Effect, Stream } from "effect"
import { leaseTextOf } from "../diagnosis/PodObservation.ts"
import { persistently } from "../pod/PersistentRequest.ts"
import { isAlive, newDriver } from "./DriverProcess.ts"
import { leaseState } from "./PodLease.ts"
import { decideOrphan, type PodClaimed, type PodForsaken } from "./PodOrphan.ts"

/**
 * Which pods `cleanPods` looks at, and how long a pod must have been without a driver to be
 * deleted.
 */
export interface CleaningOptions {
  /** Undefined: all namespaces, which only a ClusterRole allows. */
  readonly namespace: string | undefined
  /** How long a pod has to be forsaken, in ms. */
  readonly olderThanMs: number
  /** Says what would be removed, and removes nothing. */
  readonly dryRun: boolean
}

/** What became of one pod, and why. */
export type CleanedPod = { readonly namespace: string; readonly name: string; readonly uid: string } & (
  | { readonly _tag: "Kept"; readonly why: PodClaimed | PodForsaken }
  /** Its deletion is accepted; its containers have the pod's grace period to end. */
  | { readonly _tag: "Removed"; readonly why: PodForsaken }
  | { readonly _tag: "WouldRemove"; readonly why: PodForsaken }
  /** It should have gone, and could not be deleted. */
  | { readonly _tag: "Failed"; readonly why: PodForsaken; readonly error: KubeError }
)

/**
 * Deletions at once. Each is two short requests at most; more of them would only wait for each
 * other's turn.
 */
const CONCURRENCY = 8
/**
 * How often a pod is judged that changes every time before it can be deleted: a pod nobody drives
 * changes a few times at its end.
 */
const JUDGED_TIMES = 5

/**
 * The pods of podwright in a namespace, each with what became of it, in the server's order. A pod
 * that changes between its being judged and its deletion is judged again, so that one that is taken
 * over meanwhile stays. Fails only when there is no list; a pod that cannot be deleted is `Failed`,
 * and the others go on.
 */
export const cleanPods = (options: CleaningOptions): Stream.Stream<CleanedPod, KubeError, Pods> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const pods = yield* Pods
      const me = newDriver()

      const judge = (pod: Pod) =>
        Effect.map(Clock.currentTimeMillis, (now) =>
          decideOrphan(pod, leaseState(leaseTextOf(pod), me, now, isAlive), now, options.olderThanMs)
        )

      const clean = Effect.fn("PodCleaning.clean")(function* (listed: Pod): Effect.fn.Return<CleanedPod> {
        const { name, namespace, uid } = listed.metadata
        const subject = { namespace, name, uid }
        /** The pod as it is now; undefined when it has gone, or goes. */
        const look = persistently("Pods.get", { namespace, name }, pods.get(namespace, name)).pipe(
          Effect.map((pod) =>
            pod.metadata.uid === uid && pod.metadata.deletionTimestamp === undefined ? pod : undefined
          ),
          Effect.catchReason("KubeError", "NotFound", () => Effect.undefined)
        )
        let pod = listed
        for (let times = 1; ; times += 1) {
          const { _tag, why } = yield* judge(pod)
          if (_tag === "Keep") return { ...subject, _tag: "Kept", why }
          if (options.dryRun) return { ...subject, _tag: "WouldRemove", why }
          const { resourceVersion } = pod.metadata
          const found = yield* persistently(
            "Pods.delete",
            { namespace, name },
            pods.delete(namespace, name, { uid, resourceVersion })
          ).pipe(
            Effect.as(undefined),
            Effect.catchReason("KubeError", "Conflict", (_reason, error) =>
              times < JUDGED_TIMES ? look : Effect.fail(error)
            ),
            Effect.catchTag("KubeError", (error) => Effect.succeed(error))
          )
          if (found === undefined) return { ...subject, _tag: "Removed", why }
          if (found instanceof KubeError) return { ...subject, _tag: "Failed", why, error: found }
          pod = found
        }
      })

      const { items } = yield* pods.list(options.namespace, { labelSelector: TASK_RUN_LABEL })
      return Stream.mapEffect(Stream.fromIterable(items), clean, { concurrency: CONCURRENCY })
    })
  )
