/** Looks in the cluster for pods that earlier drivers of a task run have left. */
import { KubeConnection, Pods } from "@podwright/k8s-io"
import { identityLabels, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Effect } from "effect"
import type { PreparedTask } from "../task/PreparedTask.ts"
import { RunError } from "../task/RunError.ts"
import { Kube } from "../task/RunReason.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { isPodLeft, latestAttempt } from "./PodClaim.ts"

const podsOf = Effect.fnUntraced(function* (task: TaskRequest) {
  const pods = yield* Pods
  const { namespace } = yield* KubeConnection
  const labels = identityLabels(task.identity)
  const { items } = yield* pods
    .list(task.runner.namespace ?? namespace, { labelSelector: `${TASK_RUN_LABEL}=${labels[TASK_RUN_LABEL]}` })
    .pipe(Effect.mapError((error) => new RunError({ operation: "EarlierAttempts.list", reason: new Kube({ error }) })))
  return items
})

/** The attempt that an earlier driver has left a pod of; undefined where it has left none. */
export const findEarlierAttempt = Effect.fn("EarlierAttempts.find")(function* (task: TaskRequest) {
  return latestAttempt(yield* podsOf(task), task.identity)
})

/** Whether one of the task run's pods goes on, or has not been collected. */
export const hasEarlierPod = Effect.fn("EarlierAttempts.hasPod")(function* ({ plan, task }: PreparedTask) {
  return isPodLeft(yield* podsOf(task), task.identity, plan)
})
