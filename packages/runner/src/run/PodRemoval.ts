/**
 * Ends a run's use of its pod as `PodEnding.ts` decides: deletes it, keeps it, or releases its
 * lease.
 */
import { type Pod, Pods } from "@podwright/k8s-io"
import { Effect, type Exit } from "effect"
import { persistently } from "../pod/PersistentRequest.ts"
import { accessAdvice } from "../task/AccessAdvice.ts"
import type { RunError } from "../task/RunError.ts"
import type { RunResult } from "../task/RunResult.ts"
import { podEnding } from "./PodEnding.ts"
import type { Run } from "./Run.ts"

/** What fails here is a warning: it must not hide the run's own end. */
export const leavePod = Effect.fnUntraced(function* (
  { journal, lease, namespace, plan, task }: Run,
  pod: Pod,
  exit: Exit.Exit<RunResult, RunError>
): Effect.fn.Return<void, never, Pods> {
  const ending = podEnding(exit, task.runner.delete)
  if (ending._tag === "Leave") {
    return yield* lease
      .release(pod)
      .pipe(
        Effect.catch((error) =>
          journal.warn(
            `pod ${plan.name} continues, but its lease could not be released, so a driver that takes it over has to wait until it runs out: ${error.explanation}${accessAdvice(error)}`
          )
        )
      )
  }
  if (ending._tag === "Keep") return
  if (task.runner.resume && !(yield* lease.isSure(pod))) {
    return yield* journal.warn(`pod ${plan.name} was taken over by another driver, so this run does not delete it`)
  }
  const options = { uid: pod.metadata.uid, ...(ending._tag === "Kill" ? { gracePeriodSeconds: 0 } : {}) }
  const subject = { namespace, name: plan.name }
  const pods = yield* Pods
  const deletion = pods.delete(namespace, plan.name, options)
  yield* persistently("Pods.delete", subject, deletion).pipe(
    Effect.andThen(journal.phase("removed")),
    // The run's own end must not be hidden; the pod's deadline ends it in any case.
    Effect.catch((error) =>
      journal.warn(`pod ${plan.name} could not be deleted: ${error.explanation}${accessAdvice(error)}`)
    )
  )
})
