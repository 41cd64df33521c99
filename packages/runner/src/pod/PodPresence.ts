/**
 * Makes sure that a pod was deleted before a run is given up. One of several API servers may lag
 * behind, or be shutting down, and deny a pod that exists.
 */
import { Pods } from "@podwright/k8s-io"
import { Effect } from "effect"
import { persistently } from "./PersistentRequest.ts"
import type { PodFollow } from "./PodFollow.ts"

/**
 * Between two looks at a pod that may have been deleted. A server that lags does so for less;
 * client-go's informers resume their watches within a second as well.
 */
export const LOOK_AGAIN = "1 second"
const LOOKS = 2

/**
 * A pod that is taken away ends its sessions first, and the watch tells why a moment later, when
 * `PodFollow` has given the last bytes their two seconds. What a lost session says is worth that
 * wait.
 */
export const WATCH_WORD = "4 seconds"

/**
 * Asks the API server for the pod's own name, twice where it says no, and compares uids: a new pod
 * of that name is another pod. A read without a resource version is answered from the quorum. No
 * answer does not count as a deletion.
 */
export const podIsGone = Effect.fn("PodPresence.isGone")(function* (
  pod: { readonly namespace: string; readonly name: string; readonly uid: string },
  follow: PodFollow
): Effect.fn.Return<boolean, never, Pods> {
  const { name, namespace, uid } = pod
  const pods = yield* Pods
  const look = persistently("Pods.get", { namespace, name }, pods.get(namespace, name)).pipe(
    Effect.map(({ metadata }) => metadata.uid !== uid),
    Effect.catch(({ reason }) => Effect.succeed(reason._tag === "NotFound"))
  )
  const looks = Effect.gen(function* () {
    for (let turn = 1; turn < LOOKS; turn++) {
      if (!(yield* look)) return false
      yield* Effect.sleep(LOOK_AGAIN)
    }
    return yield* look
  })
  const told = Effect.as(
    follow.until(() => false),
    true
  )
  const gone = yield* Effect.raceFirst(looks, told)
  if (gone) yield* Effect.sleep(WATCH_WORD)
  return gone
})
