/**
 * Executions from outside, on the cluster alone: any machine with rights sees them by the labels and
 * leases of their pods, whoever drives them. Talks to the API server; what it says of a pod is
 * decided in `TaskPod.ts`.
 */
import { type Exec, type KubeError, type Pod, type PodLog, Pods, PodWatch } from "@podwright/k8s-io"
import { LABEL_PREFIX, labelValue, TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Clock, Context, Effect, Layer, type Scope, Stream } from "effect"
import { isAlive, newDriver } from "../claim/DriverProcess.ts"
import { leaseState } from "../claim/PodLease.ts"
import { leaseTextOf } from "../diagnosis/PodObservation.ts"
import { RunError } from "../task/RunError.ts"
import { Kube, NoSuchExecution } from "../task/RunReason.ts"
import { type CancelledPod, cancelPod } from "./ExecutionCancel.ts"
import { type PodCommand, runInPod } from "./ExecutionCommand.ts"
import { readTaskLog, type TaskLogEnd, type TaskLogOptions } from "./TaskLog.ts"
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

/** One task of one execution; without a task, the newest of its pods. */
export interface ExecutionTask extends ExecutionSelection {
  readonly executionId: string
}

/** A pod as it was found, and what became of it. */
export interface CancelledTask {
  readonly pod: TaskPod
  readonly outcome: CancelledPod
}

/** What became of a pod: it is as said now, or it was deleted. */
export interface TaskPodChange {
  readonly _tag: "Present" | "Deleted"
  readonly pod: TaskPod
}

/** Each waits for a driver to react, so that all may wait at once; an execution has few pods. */
const CANCELLED_AT_ONCE = 16

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
    /**
     * Reads the log of the newest pod, beside its driver: from the volume while its helper runs,
     * else from the kubelet. Fails with `NoSuchExecution` where there is no pod.
     */
    readonly log: (task: ExecutionTask, options: TaskLogOptions) => Effect.Effect<TaskLogEnd, RunError, Scope.Scope>
    /**
     * Runs a command in the newest pod, beside its driver, and gives its exit code. Fails with
     * `NoSuchExecution` where there is no pod.
     */
    readonly exec: (task: ExecutionTask, command: PodCommand) => Effect.Effect<number, RunError>
    /**
     * Cancels the runs of an execution, or of one task: asks their drivers, who say that `by` asked,
     * and deletes the pods that nobody drives, or whose driver does not react. Completes when each is
     * being deleted. Fails with `NoSuchExecution` where there is no pod.
     */
    readonly cancel: (task: ExecutionTask, by: string) => Effect.Effect<ReadonlyArray<CancelledTask>, RunError>
  }
>()("@podwright/runner/Executions") {
  /** Over a connection. */
  static readonly layer: Layer.Layer<Executions, never, Exec | PodLog | Pods | PodWatch> = Layer.suspend(() =>
    Layer.effect(Executions, makeExecutions)
  )
}

const makeExecutions = Effect.gen(function* () {
  const pods = yield* Pods
  const podWatch = yield* PodWatch
  const services = yield* Effect.context<Exec | PodLog | Pods | PodWatch>()
  const me = newDriver()

  const leaseOf = (now: number, pod: Pod) => leaseState(leaseTextOf(pod), me, now, isAlive)
  const see = (now: number) => (pod: Pod) => taskPod(pod, leaseOf(now, pod)) ?? []

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

  const kubeFailed = (error: KubeError) => new RunError({ operation: "Executions.find", reason: new Kube({ error }) })

  /** The pods of an execution, oldest first, each as read and as seen; there is at least one. */
  const find = Effect.fn("Executions.find")(function* (task: ExecutionTask) {
    const { items } = yield* pods
      .list(task.namespace, { labelSelector: labelSelector(task) })
      .pipe(Effect.mapError(kubeFailed))
    const now = yield* Clock.currentTimeMillis
    const read = new Map(items.map((pod) => [pod.metadata.uid, pod]))
    const found = inOrder(items.flatMap(see(now))).flatMap((seen) => {
      const pod = read.get(seen.uid)
      return pod === undefined ? [] : [{ pod, seen, lease: leaseOf(now, pod) }]
    })
    const newest = found.at(-1)
    if (newest !== undefined) return { found, newest }
    const { executionId, namespace = null, taskId = null } = task
    const reason = new NoSuchExecution({ executionId, taskId, namespace })
    return yield* new RunError({ operation: "Executions.find", reason })
  })

  const log = Effect.fn("Executions.log")((task: ExecutionTask, options: TaskLogOptions) =>
    Effect.flatMap(find(task), ({ newest }) => readTaskLog(newest.pod, options)).pipe(Effect.provideContext(services))
  )

  const cancel = Effect.fn("Executions.cancel")(function* (task: ExecutionTask, by: string) {
    const { found } = yield* find(task)
    return yield* Effect.forEach(
      found,
      Effect.fnUntraced(function* ({ lease, pod, seen }) {
        if (seen.state === "deleting") return { pod: seen, outcome: "Deleting" as const }
        if (seen.state === "succeeded" || seen.state === "failed") return { pod: seen, outcome: "Ended" as const }
        const outcome = yield* cancelPod(pod, lease, by).pipe(Effect.scoped, Effect.mapError(kubeFailed))
        return { pod: seen, outcome }
      }),
      { concurrency: CANCELLED_AT_ONCE }
    ).pipe(Effect.provideContext(services))
  })

  const exec = Effect.fn("Executions.exec")(function* (task: ExecutionTask, command: PodCommand) {
    const { newest } = yield* find(task)
    return yield* runInPod(newest.pod, command).pipe(Effect.mapError(kubeFailed), Effect.provideContext(services))
  })

  return Executions.of({ list, watch, log, exec, cancel })
})
