/**
 * Holds a pod for as long as a run uses it: obtains it, waiting for another pod that is in the way,
 * and gives it back when the run ends. Obtaining and giving back cannot be interrupted, waiting
 * can.
 */
import type { Pod, Pods } from "@podwright/k8s-io"
import { Effect, type Exit } from "effect"
import { leaseTextOf } from "../diagnosis/PodObservation.ts"
import type { PodFollow } from "../pod/PodFollow.ts"
import { LOOK_AGAIN } from "../pod/PodPresence.ts"
import { RunError } from "../task/RunError.ts"
import { LeaseHeld } from "../task/RunReason.ts"
import { type Obtained, obtainPod, type PodCreation } from "./PodCreation.ts"

export interface PodTenure<A, R> {
  readonly creation: PodCreation
  readonly follow: PodFollow
  readonly warn: (message: string) => Effect.Effect<void>
  readonly use: (pod: Pod, adopted: boolean) => Effect.Effect<A, RunError, R>
  readonly giveBack: (pod: Pod, exit: Exit.Exit<A, RunError>) => Effect.Effect<void, never, R>
  /** Raced against all waiting; never succeeds. */
  readonly whileWaiting: Effect.Effect<never, RunError>
}

type Obstacle = Exclude<Obtained, { readonly _tag: "Held" }>
type Ended<A> = { readonly _tag: "Used"; readonly value: A } | Obstacle

/**
 * Gives `use` the run's pod. A pod that is on its way out is waited for; one that is leased is
 * watched until its driver renews the lease, which is the error `LeaseHeld`, or lets it run out,
 * and then is taken over.
 */
export const withPod = Effect.fnUntraced(function* <A, R>(
  tenure: PodTenure<A, R>
): Effect.fn.Return<A, RunError, R | Pods> {
  const { creation, follow } = tenure
  let leased: Pod | undefined

  const attempt = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* (): Effect.fn.Return<Ended<A>, RunError, R | Pods> {
      const obtained = yield* obtainPod(creation)
      if (obtained._tag !== "Held") return obtained
      const value = yield* restore(tenure.use(obtained.pod, obtained.adopted)).pipe(
        Effect.onExit((exit) => tenure.giveBack(obtained.pod, exit))
      )
      return { _tag: "Used", value }
    })
  )

  const clear = Effect.fnUntraced(function* (obstacle: Obstacle): Effect.fn.Return<void, RunError> {
    if (obstacle._tag !== "Leased") {
      yield* Effect.timeoutOption(
        follow.until(() => false),
        LOOK_AGAIN
      )
      return
    }
    const { holder, pod, remainingMs } = obstacle
    if (leased !== undefined && leaseTextOf(leased) !== leaseTextOf(pod)) {
      return yield* new RunError({
        operation: "PodTenure.withPod",
        reason: new LeaseHeld({ pod: creation.plan.name, holder })
      })
    }
    if (leased === undefined) {
      const seconds = Math.ceil(remainingMs / 1000)
      yield* tenure.warn(
        `pod ${creation.plan.name} is leased to ${holder}: waiting for up to ${seconds} s to see whether that driver lives`
      )
    }
    leased = pod
    const changed = follow.until((seen) => seen.terminating || seen.lease !== leaseTextOf(pod))
    yield* Effect.timeoutOption(changed, remainingMs)
  })

  while (true) {
    const ended = yield* attempt
    if (ended._tag === "Used") return ended.value
    yield* Effect.raceFirst(clear(ended), tenure.whileWaiting)
  }
})
