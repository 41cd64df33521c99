/** Leaves a pod at the end of its run as `PodEnding.ts` decides: deletes it, keeps it, or gives its lease away. */
import { type Pod, Pods } from "@podwright/k8s-io"
import type { PodPlan, RunnerProperties } from "@podwright/spec-builder"
import { Effect, type Exit } from "effect"
import type { RunLease } from "../claim/LeaseKeeper.ts"
import { persistently } from "../pod/PersistentRequest.ts"
import type { RunError } from "../task/RunError.ts"
import type { RunResult } from "../task/RunResult.ts"
import { podEnding } from "./PodEnding.ts"
import type { RunJournal } from "./RunJournal.ts"

export interface UsedPod {
  readonly plan: PodPlan
  readonly namespace: string
  readonly properties: RunnerProperties
  readonly lease: RunLease
  readonly journal: RunJournal
}

/** What fails here is a warning: it must not hide the run's own end. */
export const leavePod = Effect.fnUntraced(function* (
  pod: Pod,
  exit: Exit.Exit<RunResult, RunError>,
  { journal, lease, namespace, plan, properties }: UsedPod
): Effect.fn.Return<void, never, Pods> {
  const ending = podEnding(exit, properties.delete)
  if (ending._tag === "Leave") {
    return yield* lease
      .release(pod)
      .pipe(
        Effect.catch((error) =>
          journal.warn(`pod ${plan.name} goes on, and its lease has to run out first: ${error.message}`)
        )
      )
  }
  if (ending._tag === "Keep") return
  if (properties.resume && !(yield* lease.isSure(pod))) {
    return yield* journal.warn(`pod ${plan.name} has been taken over by another driver, and is left to it`)
  }
  const options = { uid: pod.metadata.uid, ...(ending._tag === "Kill" ? { gracePeriodSeconds: 0 } : {}) }
  const subject = { namespace, name: plan.name }
  const pods = yield* Pods
  const deletion = pods.delete(namespace, plan.name, options)
  yield* persistently("Pods.delete", subject, deletion).pipe(
    Effect.andThen(journal.phase("removed")),
    // The run's own end must not be hidden; the pod's deadline ends it in any case.
    Effect.catch((error) => journal.warn(`pod ${plan.name} could not be deleted: ${error.message}`))
  )
})
