/** Looks in the cluster for pods that earlier drivers of a task run have left. */
import { KubeConnection, Pods } from "@podwright/k8s-io"
import { buildPod, identityLabels, TASK_RUN_LABEL, taskValues } from "@podwright/spec-builder"
import { Effect } from "effect"
import { Kube, RunError, Spec } from "../task/RunError.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { isPodLeft, latestAttempt } from "./PodClaim.ts"

const podsOf = Effect.fnUntraced(function* (task: TaskRequest) {
  const pods = yield* Pods
  const { namespace } = yield* KubeConnection
  const labels = identityLabels(task.identity)
  const { items } = yield* pods
    .list(task.runner.namespace ?? namespace, { labelSelector: `${TASK_RUN_LABEL}=${labels[TASK_RUN_LABEL]}` })
    .pipe(Effect.mapError((error) => new RunError({ operation: "look for pods", reason: new Kube({ error }) })))
  return items
})

/** The attempt that an earlier driver has left a pod of; undefined where it has left none. */
export const findAttempt = Effect.fn("LeftPods.attempt")(function* (task: TaskRequest) {
  return latestAttempt(yield* podsOf(task), task.identity)
})

/** Whether one of the task run's pods goes on, or has not been collected. */
export const findLeft = Effect.fn("LeftPods.isLeft")(function* (task: TaskRequest) {
  const plan = yield* Effect.fromResult(buildPod(taskValues(task), task.runner)).pipe(
    Effect.mapError((error) => new RunError({ operation: "build pod", reason: new Spec({ error }) }))
  )
  return isPodLeft(yield* podsOf(task), task.identity, plan)
})
