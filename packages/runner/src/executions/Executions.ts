/**
 * Executions from outside, on the cluster alone: any machine with rights sees them by the labels and
 * leases of their pods, whoever drives them. Talks to the API server; what it says of a pod is
 * decided in `TaskPod.ts`.
 */
import { type KubeError, type Pod, Pods, PodWatch } from "@podwright/k8s-io"
import { LABEL_PREFIX, labelValue, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Clock, Context, Effect, Layer, Stream } from "effect"
import { isAlive, newDriver } from "../claim/DriverProcess.ts"
import { leaseState } from "../claim/PodLease.ts"
import { leaseTextOf } from "../diagnosis/PodObservation.ts"
import { inOrder, type TaskPod, taskPod } from "./TaskPod.ts"

/** Which pods are meant. */
export interface ExecutionSelection {
  /** Undefined: all namespaces, which only a ClusterRole allows. */
  readonly namespace: string | undefined
  /** Undefined: every execution. */
  readonly executionId?: string | undefined
  /** Undefined: every task. */
  readonly taskId?: string | undefined
}

/** What became of a pod: it is as said now, or it was deleted. */
export interface TaskPodChange {
  readonly _tag: "Present" | "Deleted"
  readonly pod: TaskPod
}

/** In Kubernetes' own syntax. Ids that have equal labels are told apart by nobody. */
const labelSelector = ({ executionId, taskId }: ExecutionSelection): string =>
  [
    TASK_RUN_LABEL,
    ...(executionId === undefined ? [] : [`${LABEL_PREFIX}execution-id=${labelValue(executionId)}`]),
    ...(taskId === undefined ? [] : [`${LABEL_PREFIX}task-id=${labelValue(taskId)}`])
  ].join(",")

/** Executions, as they are on the cluster. */
export class Executions extends Context.Service<
  Executions,
  {
    /** The pods that are there now, oldest first. */
    readonly list: (selection: ExecutionSelection) => Effect.Effect<ReadonlyArray<TaskPod>, KubeError>
    /**
     * All pods that are there as the first item, oldest first, then each change. Never ends by
     * itself; passing failures are retried inside.
     */
    readonly watch: (selection: ExecutionSelection) => Stream.Stream<ReadonlyArray<TaskPodChange>, KubeError>
  }
>()("@podwright/runner/Executions") {
  /** Over a connection. */
  static readonly layer: Layer.Layer<Executions, never, Pods | PodWatch> = Layer.suspend(() =>
    Layer.effect(Executions, makeExecutions)
  )
}

const makeExecutions = Effect.gen(function* () {
  const pods = yield* Pods
  const podWatch = yield* PodWatch
  const me = newDriver()

  const see = (now: number) => (pod: Pod) => taskPod(pod, leaseState(leaseTextOf(pod), me, now, isAlive)) ?? []

  const list = Effect.fn("Executions.list")(function* (selection: ExecutionSelection) {
    const { items } = yield* pods.list(selection.namespace, { labelSelector: labelSelector(selection) })
    const now = yield* Clock.currentTimeMillis
    return inOrder(items.flatMap(see(now)))
  })

  const watch = (selection: ExecutionSelection) =>
    podWatch.selection(selection.namespace, { labelSelector: labelSelector(selection) }).pipe(
      Stream.mapEffect((changes) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const seen = (wanted: TaskPodChange["_tag"]) =>
            inOrder(changes.filter(({ _tag }) => _tag === wanted).flatMap((change) => see(now)(change.pod))).map(
              (pod): TaskPodChange => ({ _tag: wanted, pod })
            )
          return [...seen("Deleted"), ...seen("Present")]
        })
      )
    )

  return Executions.of({ list, watch })
})
