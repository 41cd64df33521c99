/**
 * What becomes of a flow's pods while a test runs, as the API server itself puts it in order: a watch
 * of its own, which knows nothing of podwright.
 */
import { KubeConnection, kubeLayer, type Pod, Pods } from "@podwright/k8s-io"
import { TASK_RUN_LABEL } from "@podwright/spec-builder"
import { Effect, Fiber, Schedule, Stream } from "effect"
import { type Cluster, LIMITED_NAMESPACE } from "./Cluster.ts"

/** What has been seen of a flow's pods. */
export interface PodHistory {
  /** Most pods that there were at once. */
  readonly most: number
  /** How many there were in all. */
  readonly pods: number
  /** Pods of a task run that were created while an earlier one was there. */
  readonly overlapping: ReadonlyArray<string>
  /** Pods that went while their main ran, as by force. */
  readonly unended: ReadonlyArray<string>
  /**
   * The grace periods that pods were deleted with, in seconds, by pod: the first each, as a kubelet
   * ends its own part by deleting with 0.
   */
  readonly graces: ReadonlyMap<string, number>
}

/** How soon a stream that has ended is opened again. */
const AGAIN = Schedule.spaced("100 millis")

interface WatchLine {
  readonly type: string
  readonly object: Pod
}

const mainRuns = ({ status }: Pod): boolean =>
  status?.containerStatuses?.some(({ name, state }) => name === "main" && state?.running !== undefined) === true

/** Puts the changes of pods in order. */
const recorder = () => {
  const alive = new Map<string, Pod>()
  const seen = new Set<string>()
  const overlapping: Array<string> = []
  const unended: Array<string> = []
  const graces = new Map<string, number>()
  let most = 0
  const taskRun = ({ metadata }: Pod) => metadata.labels?.[TASK_RUN_LABEL]
  const record = ({ object: pod, type }: WatchLine) => {
    const { deletionGracePeriodSeconds: grace, name, uid } = pod.metadata
    if (grace !== undefined && !graces.has(name)) graces.set(name, grace)
    if (type === "DELETED") {
      alive.delete(uid)
      if (mainRuns(pod)) unended.push(name)
      return
    }
    if (!seen.has(uid)) {
      const earlier = [...alive.values()].find((other) => taskRun(other) === taskRun(pod))
      if (earlier !== undefined) overlapping.push(`${name} was created while ${earlier.metadata.name} was there`)
    }
    seen.add(uid)
    alive.set(uid, pod)
    most = Math.max(most, alive.size)
  }
  return { record, history: (): PodHistory => ({ most, pods: seen.size, overlapping, unended, graces }) }
}

/** Watches until it is stopped, and gives what it has seen. `stop` rejects when the watch has missed something. */
export const watchPods = async (cluster: Cluster, flowId: string) => {
  const { history, record } = recorder()
  const labelSelector = `podwright.dev/flow-id=${flowId}`
  const path = `/api/v1/namespaces/${LIMITED_NAMESPACE}/pods`
  const layer = kubeLayer({ kubeconfig: cluster.kubeconfig })
  let resourceVersion = await Effect.runPromise(
    Effect.flatMap(Pods, (pods) => pods.list(LIMITED_NAMESPACE, { labelSelector })).pipe(
      Effect.map((list) => list.resourceVersion),
      Effect.provide(layer)
    )
  )
  const take = (line: string) =>
    Effect.suspend(() => {
      const change: WatchLine = JSON.parse(line)
      if (change.type === "ERROR") return Effect.die(new Error(`the watch has missed something: ${line}`))
      resourceVersion = change.object.metadata.resourceVersion
      if (change.type !== "BOOKMARK") record(change)
      return Effect.void
    })
  const watch = Effect.gen(function* () {
    const { http } = yield* KubeConnection
    const urlParams = { watch: "1", allowWatchBookmarks: "true", labelSelector, resourceVersion }
    const response = yield* http.get(path, { urlParams })
    yield* response.stream.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.filter((line) => line !== ""),
      Stream.runForEach(take)
    )
  })
  // A stream that is cut continues after the last change it brought.
  const fiber = Effect.runFork(
    Effect.suspend(() => watch).pipe(Effect.ignore, Effect.repeat({ schedule: AGAIN }), Effect.provide(layer))
  )
  const stop = async (): Promise<PodHistory> => {
    const exit = fiber.pollUnsafe()
    if (exit?._tag === "Failure") throw new Error(String(exit.cause))
    await Effect.runPromise(Fiber.interrupt(fiber))
    return history()
  }
  return { stop }
}
