/**
 * The leases of the runs that this process drives: how many there are, and the keeping of each.
 * Talks to the API server by `Pods.annotate`.
 */
import { isRbacRefusal, type KubeError, type Pod, Pods } from "@podwright/k8s-io"
import { LEASE_ANNOTATION } from "@podwright/spec-builder"
import { Clock, Context, Effect, Layer, type Scope } from "effect"
import { leaseTextOf } from "../diagnosis/PodObservation.ts"
import { persistently } from "../pod/PersistentRequest.ts"
import type { PodFollow } from "../pod/PodFollow.ts"
import { accessAdvice } from "../task/AccessAdvice.ts"
import { RunError } from "../task/RunError.ts"
import { LeaseLost } from "../task/RunReason.ts"
import { isAlive, newDriver } from "./DriverProcess.ts"
import {
  type LeaseState,
  leaseSeconds,
  leaseState,
  leaseText,
  readLease,
  releasedText,
  renewalSeconds
} from "./PodLease.ts"

/** The lease of one run. */
export interface RunLease {
  /** For the manifest of a new pod. */
  readonly annotation: Effect.Effect<string>
  readonly state: (pod: Pod) => Effect.Effect<LeaseState>
  /** Takes a pod over whose lease is as it was read; `Invalid` when it is not any more. */
  readonly take: (pod: Pod) => Effect.Effect<Pod, KubeError>
  /** Renews it; never succeeds, and fails with `LeaseLost` when another driver has the pod. */
  readonly keep: (pod: Pod, follow: PodFollow) => Effect.Effect<never, RunError>
  /** Releases the pod: any driver may take it over at once. */
  readonly release: (pod: Pod) => Effect.Effect<void, KubeError>
  /**
   * Whether the pod is still ours: asked of the server when renewals have failed for so long that
   * it may not be.
   */
  readonly isSure: (pod: Pod) => Effect.Effect<boolean>
}

/** What a patch is answered whose `test` does not hold, or which came between two others. */
const isOvertaken = ({ reason }: KubeError): boolean => reason._tag === "Invalid" || reason._tag === "Conflict"

export class LeaseKeeper extends Context.Service<
  LeaseKeeper,
  {
    /** For one run; it counts among this process's runs until the scope ends. */
    readonly open: (
      namespace: string,
      name: string,
      warn: (message: string) => Effect.Effect<void>
    ) => Effect.Effect<RunLease, never, Pods | Scope.Scope>
  }
>()("@podwright/runner/LeaseKeeper") {
  static readonly layer = Layer.sync(LeaseKeeper, () => {
    let runs = 0

    const open = Effect.fn("LeaseKeeper.open")(function* (
      namespace: string,
      name: string,
      warn: (message: string) => Effect.Effect<void>
    ) {
      const pods = yield* Pods
      const me = newDriver()
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          runs += 1
        }),
        () =>
          Effect.sync(() => {
            runs -= 1
          })
      )
      /** What the annotation holds as far as we know, and until when it keeps others away. */
      let text = ""
      let until = Number.POSITIVE_INFINITY

      const begin = Effect.fnUntraced(function* (renewed: boolean) {
        const now = yield* Clock.currentTimeMillis
        const seconds = leaseSeconds(runs)
        return { text: leaseText(me, now, seconds, renewed), until: now + seconds * 1000 }
      })
      const holds = (next: { readonly text: string; readonly until: number }) =>
        Effect.sync(() => {
          text = next.text
          until = next.until
        })
      const change = (pod: Pod, from: string, to: string) =>
        pods.annotate(namespace, name, { uid: pod.metadata.uid, annotation: LEASE_ANNOTATION, from, to })

      const annotation = begin(false).pipe(
        Effect.tap(holds),
        Effect.map((next) => next.text)
      )
      const state = (pod: Pod) =>
        Effect.map(Clock.currentTimeMillis, (now) => leaseState(leaseTextOf(pod), me, now, isAlive))
      const take = Effect.fnUntraced(function* (pod: Pod) {
        const next = yield* begin(true)
        const taken = yield* change(pod, leaseTextOf(pod) ?? "", next.text)
        yield* holds(next)
        return taken
      })

      const lost = (holder: string) =>
        new RunError({ operation: "LeaseKeeper.keep", reason: new LeaseLost({ pod: name, holder }) })
      /** Somebody else's name in the lease; undefined when it is ours, or nobody's. */
      const otherHolder = (found: string | undefined): string | undefined => {
        const holder = readLease(found)?.holder ?? undefined
        return holder === me.name ? undefined : holder
      }

      /**
       * One renewal. A lease that is not as we left it is ours with an answer lost, or another's.
       */
      const renew = Effect.fnUntraced(function* (pod: Pod) {
        const next = yield* begin(true)
        yield* change(pod, text, next.text).pipe(
          Effect.asVoid,
          Effect.catchIf(isOvertaken, () =>
            Effect.gen(function* () {
              const found = yield* pods.get(namespace, name)
              const other = otherHolder(leaseTextOf(found))
              if (found.metadata.uid === pod.metadata.uid && other !== undefined) return yield* lost(other)
              text = leaseTextOf(found) ?? text
              yield* change(pod, text, next.text)
            })
          )
        )
        yield* holds(next)
      })

      const keep = Effect.fnUntraced(function* (pod: Pod, follow: PodFollow): Effect.fn.Return<never, RunError> {
        let refused = false
        const renewals = Effect.gen(function* () {
          while (true) {
            yield* Effect.sleep(`${renewalSeconds(leaseSeconds(runs))} seconds`)
            yield* renew(pod).pipe(
              Effect.catchTag("KubeError", (error) => {
                refused = isRbacRefusal(error.reason)
                // Other failures pass, or are reported by what else fails; a lease survives two.
                if (!refused) return Effect.void
                // Only a lease that was renewed before looks abandoned now.
                const cleaned = readLease(text)?.renewed === true ? ", or deleted by `podwright clean`" : ""
                return warn(
                  `the lease of pod ${name} cannot be renewed, so it may be taken over${cleaned}: ${error.explanation}${accessAdvice(error)}`
                )
              })
            )
            if (refused) return yield* Effect.never
          }
        })
        // The watch may be behind our taking the pod over: another name counts only after our own
        // was seen.
        const overtaken = follow
          .until(({ lease }) => readLease(lease)?.holder === me.name)
          .pipe(
            Effect.andThen(follow.until(({ lease }) => otherHolder(lease) !== undefined)),
            Effect.flatMap((seen) => {
              const holder = otherHolder(seen?.lease)
              return holder === undefined ? Effect.never : Effect.fail(lost(holder))
            })
          )
        return yield* Effect.raceFirst(renewals, overtaken)
      })

      const release = Effect.fnUntraced(function* (pod: Pod) {
        const now = yield* Clock.currentTimeMillis
        const released = change(pod, text, releasedText(me, now))
        yield* persistently("Pods.annotate", { namespace, name }, released).pipe(Effect.asVoid)
      })

      const isSure = Effect.fnUntraced(function* (pod: Pod) {
        if ((yield* Clock.currentTimeMillis) < until) return true
        return yield* pods.get(namespace, name).pipe(
          Effect.map(
            (found) => found.metadata.uid !== pod.metadata.uid || otherHolder(leaseTextOf(found)) === undefined
          ),
          // Deleted, or no answer: the deletion is guarded by the pod's uid, and the lease is
          // advice.
          Effect.orElseSucceed(() => true)
        )
      })

      return { annotation, state, take, keep, release, isSure }
    })
    return LeaseKeeper.of({ open })
  })
}
