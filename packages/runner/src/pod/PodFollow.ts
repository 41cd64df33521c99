/**
 * Follows one pod through the shared watch: its latest observation, waiting for a condition on it,
 * and the failure of a pod that cannot continue. Decides by `Diagnosis.ts` and `PodObservation.ts`.
 */
import { type KubeError, type PodChange, PodWatch } from "@podwright/k8s-io"
import { Deferred, Effect, type Scope, Stream, SubscriptionRef } from "effect"
import { type Diagnosis, deleted, diagnosePodEnd, helperEnded, nodeSilent, unknownEnd } from "../diagnosis/Diagnosis.ts"
import { diagnosePending, pendingBehindMain } from "../diagnosis/PendingDiagnosis.ts"
import { mainHasEnded, observePod, type PodObservation } from "../diagnosis/PodObservation.ts"
import { RunError } from "../task/RunError.ts"
import { Kube, PodFailed } from "../task/RunReason.ts"
import { monotonicMillis } from "./MonotonicClock.ts"

interface Followed {
  /** The latest observation; undefined until the pod has been seen. */
  readonly pod: PodObservation | undefined
  readonly gone: boolean
  /** When it was first seen to be taken away, by the monotonic clock. */
  readonly takenSince: number | undefined
}

export interface PodFollow {
  /**
   * From now on only the pod of this uid counts: the watch may still report an earlier pod of the
   * name.
   */
  readonly expect: (uid: string) => Effect.Effect<void>
  readonly current: Effect.Effect<PodObservation | undefined>
  /**
   * When the pod was first seen to be deleted, evicted or otherwise ended from outside, by the
   * monotonic clock.
   */
  readonly takenSince: Effect.Effect<number | undefined>
  /**
   * Completes with the first observation that satisfies the condition, or with undefined when the
   * pod was deleted.
   */
  readonly until: (condition: (pod: PodObservation) => boolean) => Effect.Effect<PodObservation | undefined>
  /** Never succeeds; fails when the pod cannot continue, or can no longer be watched. */
  readonly failure: Effect.Effect<never, RunError>
}

export interface FollowOptions {
  readonly namespace: string
  readonly name: string
  readonly main: string
  /** Containers of ours; one that ends with an error takes the run with it. */
  readonly helpers: ReadonlyArray<string>
  /** Is told what stands in the way of a pod that does not run yet. */
  readonly waiting: (diagnosis: Diagnosis) => Effect.Effect<void>
  /** Is told every state of the pod. */
  readonly seen: (pod: PodObservation) => void
}

/**
 * A pod's end and a session's last bytes race each other to us. The session wins within this time
 * if it can: what it holds has been sent already.
 */
const LAST_BYTES_GRACE = "2 seconds"

/**
 * Seconds after the grace period of a pod that is being deleted: a kubelet that lives has killed
 * the pod and reported it by then, also on a loaded node. A kubelet that is lost never reports, and
 * the pod stays.
 */
const SILENCE_SECONDS = 30

/** How often a trouble that has a grace is looked at again; graces are tens of seconds. */
const TROUBLE_INTERVAL = "1 second"

const podFailed = (diagnosis: Diagnosis) =>
  new RunError({ operation: "PodFollow.failure", reason: new PodFailed({ diagnosis }) })

/** Why a pod that had begun to run cannot continue; undefined while it can. */
const endOf = ({ pod, gone }: Followed, helpers: ReadonlyArray<string>): Diagnosis | undefined => {
  if (gone) return deleted(pod)
  if (pod === undefined) return undefined
  for (const name of helpers) {
    const helper = pod.containers.get(name)
    if (helper?._tag === "Ended" && helper.end.exitCode !== 0)
      return pod.terminating ? deleted(pod) : (diagnosePodEnd(pod) ?? helperEnded(name, helper.end))
  }
  if (pod.phase !== "Failed") return undefined
  // A pod that failed before main ran may report no container at all; nothing more will come.
  return diagnosePodEnd(pod) ?? (pod.main._tag === "Ended" ? undefined : unknownEnd(pod))
}

const nothing: Followed = { pod: undefined, gone: false, takenSince: undefined }

const isTaken = (pod: PodObservation): boolean => pod.terminating || diagnosePodEnd(pod) !== undefined

/**
 * What is known after a change of the name; `expected` is the uid of the pod that is meant, once it
 * is known.
 */
const followed = (
  before: Followed,
  change: PodChange,
  expected: string | undefined,
  main: string,
  now: number
): Followed => {
  // Not created yet, or deleted while nobody looked.
  if (change._tag === "Absent") return { ...before, gone: before.pod !== undefined }
  // A pod before ours, or one after it: then ours was deleted and the name is used again.
  if (expected !== undefined && change.pod.metadata.uid !== expected)
    return before.pod === undefined ? before : { ...before, gone: true }
  const pod = observePod(change.pod, main)
  const gone = change._tag === "Deleted"
  return { pod, gone, takenSince: before.takenSince ?? (gone || isTaken(pod) ? now : undefined) }
}

/**
 * Starts following; ends with the scope. Subscribe before the pod is created, then nothing is
 * missed.
 */
export const followPod = Effect.fn("PodFollow.make")(function* (
  options: FollowOptions
): Effect.fn.Return<PodFollow, never, PodWatch | Scope.Scope> {
  const watch = yield* PodWatch
  const state = yield* SubscriptionRef.make<Followed>(nothing)
  const broken = yield* Deferred.make<never, RunError>()
  let expected: string | undefined

  yield* watch.changes(options.namespace, options.name).pipe(
    Stream.runForEach((change) =>
      Effect.flatMap(monotonicMillis, (now) =>
        SubscriptionRef.update(state, (before) => {
          const after = followed(before, change, expected, options.main, now)
          if (after.pod !== undefined && after.pod !== before.pod) options.seen(after.pod)
          return after
        })
      )
    ),
    Effect.catch((error: KubeError) =>
      Deferred.fail(broken, new RunError({ operation: "PodFollow.failure", reason: new Kube({ error }) }))
    ),
    Effect.forkScoped
  )

  const expect = (uid: string) =>
    SubscriptionRef.update(state, (before): Followed => {
      expected = uid
      return before.pod?.uid === uid ? before : nothing
    })

  const until: PodFollow["until"] = (condition) =>
    SubscriptionRef.changes(state).pipe(
      Stream.filter(({ pod, gone }) => gone || (pod !== undefined && condition(pod))),
      Stream.runHead,
      Effect.map((found) => (found._tag === "Some" && !found.value.gone ? found.value.pod : undefined))
    )

  /** While the pod is pending: tells what stands in the way, and fails when it will not pass. */
  const pendingFailure = Effect.gen(function* () {
    let since: number | undefined
    while (true) {
      const seen = yield* SubscriptionRef.get(state)
      const { pod } = seen
      const now = yield* monotonicMillis
      if (pod !== undefined) {
        const left = mainHasEnded(pod) ? pendingBehindMain(pod, options.helpers) : pod
        if (left === undefined) return yield* Effect.never
        const verdict = diagnosePending(left, since === undefined ? 0 : now - since)
        if (verdict._tag === "Fail") return yield* podFailed(verdict.diagnosis)
        if (verdict._tag === "Wait") since = undefined
        else {
          since ??= now
          yield* options.waiting(verdict.diagnosis)
        }
      }
      const changed = SubscriptionRef.changes(state).pipe(
        Stream.filter((next) => next !== seen),
        Stream.runHead
      )
      yield* since === undefined ? changed : Effect.timeoutOption(changed, TROUBLE_INTERVAL)
    }
  })

  const endFailure = SubscriptionRef.changes(state).pipe(
    Stream.filter((followed) => endOf(followed, options.helpers) !== undefined),
    Stream.runHead,
    Effect.andThen(Effect.sleep(LAST_BYTES_GRACE)),
    Effect.andThen(SubscriptionRef.get(state)),
    Effect.flatMap((followed) => {
      const diagnosis = endOf(followed, options.helpers)
      return diagnosis === undefined ? Effect.never : podFailed(diagnosis)
    })
  )

  const goes = (pod: PodObservation) => pod.terminating && !mainHasEnded(pod)
  const nodeFailure = Effect.gen(function* () {
    const pod = yield* until(goes)
    if (pod === undefined) return yield* Effect.never
    yield* Effect.sleep(`${(pod.graceSeconds ?? 0) + SILENCE_SECONDS} seconds`)
    const now = yield* SubscriptionRef.get(state)
    return now.pod !== undefined && !now.gone && now.pod.uid === pod.uid && goes(now.pod)
      ? yield* podFailed(nodeSilent(now.pod))
      : yield* Effect.never
  })

  return {
    expect,
    current: SubscriptionRef.get(state).pipe(Effect.map(({ pod }) => pod)),
    takenSince: SubscriptionRef.get(state).pipe(Effect.map(({ takenSince }) => takenSince)),
    until,
    failure: Effect.raceAllFirst([pendingFailure, endFailure, nodeFailure, Deferred.await(broken)])
  }
})
