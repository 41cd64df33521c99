/**
 * The node: takes every pod of the store, schedules it, and has a worker run it until it is gone.
 */
import { availableParallelism, hostname, totalmem } from "node:os"
import { basename } from "node:path"
import { Effect, FiberMap, Queue, Result, Schema, type Scope, Stream } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { LocalClusterError } from "../contract/LocalClusterError.ts"
import type { ContainerRuntime, KubeObject, PodStore } from "../contract/Runtime.ts"
import { memoryCgroups } from "../sandbox/MemoryCgroup.ts"
import { makeSandbox } from "../sandbox/Sandbox.ts"
import { makeContainerStarter } from "./ContainerStarter.ts"
import { imageTrouble } from "./ImageTrouble.ts"
import { KubeletPod } from "./KubeletPod.ts"
import type { PodSignal } from "./PodSignal.ts"
import { runPod } from "./PodWorker.ts"
import { NODE_NAME, type NodeCapacity, type SchedulingDecision, schedule, unschedulable } from "./Scheduler.ts"
import { unscheduledStatus } from "./StatusFacts.ts"

const decodePod = Schema.decodeUnknownResult(KubeletPod)

const thisNode = (): NodeCapacity => ({
  cpus: availableParallelism(),
  memoryBytes: totalmem(),
  labels: {
    "kubernetes.io/hostname": hostname(),
    "kubernetes.io/os": process.platform,
    "kubernetes.io/arch": process.arch === "x64" ? "amd64" : process.arch
  }
})

const decide = (pod: KubeletPod, node: NodeCapacity): SchedulingDecision => {
  const images = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ image = "" }) => image)
  return images.some((image) => imageTrouble(image)._tag === "Unschedulable")
    ? unschedulable("1 Insufficient cpu")
    : schedule(pod, node)
}

/** A defect ends one pod's worker; the log says why, for those who wait for the pod. */
const logDefects = <A, E, R>(effect: Effect.Effect<A, E, R>, whose: string): Effect.Effect<A, E, R> =>
  Effect.tapDefect(effect, (defect) => Effect.logError(`${whose} is no longer managed, because of a defect`, defect))

/**
 * Runs the store's pods until the scope closes; returns the runtime that reaches their containers.
 */
export const makeKubelet = Effect.fn("Kubelet.make")(function* (
  store: PodStore
): Effect.fn.Return<ContainerRuntime, LocalClusterError, Scope.Scope> {
  const sandbox = yield* makeSandbox
  const cgroups = yield* memoryCgroups(basename(sandbox.folder))
  const starter = makeContainerStarter(sandbox, cgroups)
  const node = thisNode()
  const mailboxes = new Map<string, Queue.Queue<PodSignal>>()
  /** The grace period that each pod's worker was last told. */
  const deletions = new Map<string, number>()
  const workers = yield* FiberMap.make<string>()

  const event = (pod: KubeletPod, type: "Normal" | "Warning", reason: string, message: string) =>
    store.addEvent({
      podUid: pod.metadata.uid,
      type,
      reason,
      message,
      component: reason === "MemoryLimitNotEnforced" ? "kubelet" : "default-scheduler"
    })

  const work = Effect.fnUntraced(function* (pod: KubeletPod, mailbox: Queue.Queue<PodSignal>) {
    const { name, namespace, uid } = pod.metadata
    if (pod.spec.nodeName === undefined) {
      const decision = decide(pod, node)
      if (decision._tag === "Unschedulable") {
        yield* event(pod, "Warning", "FailedScheduling", decision.message)
        yield* store.setStatus(uid, unscheduledStatus(pod, decision.message, apiTime()))
        // The node never changes, so the pod waits until it is deleted.
        while ((yield* Queue.take(mailbox))._tag !== "Gone");
        return
      }
      yield* store.bind(uid, NODE_NAME)
      yield* event(pod, "Normal", "Scheduled", `Successfully assigned ${namespace}/${name} to ${NODE_NAME}`)
    }
    const limited = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].filter(
      ({ resources }) => resources?.limits?.["memory"] !== undefined
    )
    if (cgroups === undefined && limited.length > 0) {
      const names = limited.map((container) => container.name).join(", ")
      const message = `The memory limit of ${names} is not enforced: ${process.env["USER"] ?? "this user"} may not create a memory cgroup on this machine`
      yield* event(pod, "Warning", "MemoryLimitNotEnforced", message)
    }
    const bound = { ...pod, spec: { ...pod.spec, nodeName: pod.spec.nodeName ?? NODE_NAME } }
    yield* Effect.scoped(runPod(bound, mailbox, store, starter))
  })

  const admit = Effect.fnUntraced(function* (object: KubeObject) {
    const decoded = decodePod(object)
    if (Result.isFailure(decoded)) {
      // The API server has let through what this kubelet cannot act on.
      const message = `this pod cannot run in a local cluster: ${decoded.failure.message}`
      const { uid } = object["metadata"] as KubeletPod["metadata"]
      yield* store.setStatus(uid, { phase: "Failed", reason: "UnexpectedAdmissionError", message })
      return
    }
    const pod = decoded.success
    const { uid } = pod.metadata
    const elsewhere = pod.spec.nodeName !== undefined && pod.spec.nodeName !== NODE_NAME
    if (mailboxes.has(uid) || elsewhere) return
    const mailbox = yield* Queue.unbounded<PodSignal>()
    mailboxes.set(uid, mailbox)
    const worker = Effect.ensuring(work(pod, mailbox), starter.forget(uid))
    yield* FiberMap.run(workers, uid, logDefects(worker, `pod ${pod.metadata.namespace}/${pod.metadata.name}`))
  })

  const onChange = Effect.fnUntraced(function* (type: "ADDED" | "MODIFIED" | "DELETED", object: KubeObject) {
    const metadata = object["metadata"] as KubeletPod["metadata"]
    if (type === "ADDED") return yield* admit(object)
    const mailbox = mailboxes.get(metadata.uid)
    if (mailbox === undefined) return
    if (type === "DELETED") {
      mailboxes.delete(metadata.uid)
      deletions.delete(metadata.uid)
      yield* Queue.offer(mailbox, { _tag: "Gone" })
      return
    }
    if (metadata.deletionTimestamp === undefined || deletions.get(metadata.uid) === metadata.deletionGracePeriodSeconds)
      return
    const graceSeconds = metadata.deletionGracePeriodSeconds ?? 0
    deletions.set(metadata.uid, graceSeconds)
    yield* Queue.offer(mailbox, { _tag: "Deleted", graceSeconds })
  })
  const changes = Stream.runForEach(store.pods, ({ object, type }) => onChange(type, object))
  yield* Effect.forkScoped(logDefects(changes, "the local cluster's kubelet"))
  return starter.runtime
})
