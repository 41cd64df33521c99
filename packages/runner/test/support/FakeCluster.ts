/**
 * A cluster of one pod whose every answer the test gives: what the watch says, whether requests are refused. Its exec never
 * comes through, and its log says nothing. For the life of a run; streams and files have tests of their own.
 */
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import {
  Exec,
  KubeConnection,
  KubeError,
  type KubeEvent,
  type Pod,
  type PodChange,
  PodEvents,
  PodLog,
  Pods,
  PodWatch
} from "@podwright/k8s-io"
import { CANCEL_ANNOTATION } from "@podwright/spec-builder"
import { Effect, Layer, Queue, Stream } from "effect"
import { HttpClient, type HttpClientError } from "effect/http"
import { TaskRunner } from "../../src/run/TaskRunner.ts"
import { fakePods } from "./FakePods.ts"

export interface FakeClusterOptions {
  /** Instead of an exec that never comes through. */
  readonly exec?: Exec["Service"]["open"]
  /** Creates are carried out and then fail with this, as when the reply is lost. */
  readonly loseReply?: KubeError["reason"]
  readonly create?: KubeError["reason"]
  readonly delete?: KubeError["reason"]
  /** The first look at the pod gets no answer, the second this. */
  readonly get?: KubeError["reason"]
  /** The pod is gone when it is looked at, of which the watch says nothing. */
  readonly gone?: boolean
  /** Instead of a log that says nothing. */
  readonly log?: PodLog["Service"]["read"]
  /** The first deletion gets no answer. */
  readonly deleteHangs?: boolean
  /** A pod that is deleted stays until the test says otherwise (`deleted`), or it is deleted by force (`"node"`). */
  readonly stays?: "node" | "always"
}

export const fakeCluster = Effect.fnUntraced(function* (options: FakeClusterOptions = {}) {
  const changes = yield* Queue.unbounded<PodChange>()
  const told = yield* Queue.unbounded<KubeEvent>()
  const requests: Array<string> = []
  let created: Pick<Pod, "metadata"> | undefined
  const refuse = (operation: KubeError["operation"], reason: KubeError["reason"]) =>
    new KubeError({ operation, subject: {}, reason })
  const pod = (status: Pod["status"], node?: string, uid = "uid-1"): Pod => ({
    metadata: { name: "pod", namespace: "default", uid, resourceVersion: "1" },
    ...(node === undefined ? {} : { spec: { nodeName: node } }),
    ...(status === undefined ? {} : { status })
  })
  const unused = Effect.die("not asked for in these tests")

  const services = Layer.mergeAll(
    Layer.succeed(
      Pods,
      fakePods({
        create: (_namespace, manifest) =>
          Effect.suspend(() => {
            requests.push("create")
            if (options.loseReply !== undefined) {
              created = manifest as Pick<Pod, "metadata">
              return Effect.fail(refuse("Pods.create", options.loseReply))
            }
            return options.create === undefined
              ? Effect.succeed(pod({ phase: "Pending" }))
              : Effect.fail(refuse("Pods.create", options.create))
          }),
        delete: (_namespace, _name, deletion) =>
          Effect.suspend(() => {
            requests.push(`delete ${deletion?.uid} ${deletion?.gracePeriodSeconds ?? "graceful"}`)
            const before = requests.filter((request) => request.startsWith("delete")).length
            if (options.deleteHangs === true && before === 1) return Effect.never
            if (options.delete !== undefined) return Effect.fail(refuse("Pods.delete", options.delete))
            const stays = options.stays === "always" || (options.stays === "node" && deletion?.gracePeriodSeconds !== 0)
            const deleted: PodChange = { _tag: "Deleted", pod: pod({ phase: "Running" }) }
            return stays ? Effect.void : Queue.offer(changes, deleted)
          }),
        get: () =>
          Effect.suspend(() => {
            requests.push("get")
            if (options.gone === true)
              return Effect.fail(refuse("Pods.get", { _tag: "NotFound", detail: "pods not found" }))
            const before = requests.filter((request) => request === "get").length
            if (options.get !== undefined && before === 1) return Effect.never
            if (options.get !== undefined && before === 2) return Effect.fail(refuse("Pods.get", options.get))
            const found = pod({ phase: "Pending" })
            return Effect.succeed({ ...found, metadata: { ...created?.metadata, ...found.metadata } })
          }),
        annotate: () => Effect.succeed(pod({ phase: "Running" }))
      })
    ),
    Layer.succeed(PodEvents, PodEvents.of({ follow: () => Effect.succeed(Stream.fromQueue(told)) })),
    Layer.succeed(PodWatch, PodWatch.of({ changes: () => Stream.fromQueue(changes), selection: () => Stream.never })),
    Layer.succeed(
      Exec,
      Exec.of({
        open:
          options.exec ??
          (() => Effect.fail(refuse("Exec.open", { _tag: "NotRunningYet", detail: "container not found" })))
      })
    ),
    Layer.succeed(PodLog, PodLog.of({ read: options.log ?? (() => Stream.never) })),
    Layer.succeed(
      KubeConnection,
      KubeConnection.of({
        server: new URL("https://cluster.invalid"),
        namespace: "default",
        source: "a test",
        turns: { create: Effect.void, other: Effect.void },
        followSilence: () => Effect.never,
        http: HttpClient.makeWith<never, never, HttpClientError.HttpClientError | KubeError, never>(
          () => unused,
          Effect.succeed
        ),
        clusterId: Effect.succeed("fake"),
        webSocketOptions: unused,
        refreshCredentials: unused,
        extend: () =>
          Effect.fail(refuse("KubeConnection.open", { _tag: "Config", field: "config.caCertFile", detail: "is empty" }))
      })
    )
  )
  return {
    requests,
    present: (status: Pod["status"], node?: string, uid?: string) =>
      Queue.offer(changes, { _tag: "Present", pod: pod(status, node, uid) }),
    /** Somebody asks by the pod's annotation that its run be cancelled. */
    cancelled: (status: Pod["status"], cancel: string) => {
      const { metadata, ...rest } = pod(status, "node1")
      const annotations = { [CANCEL_ANNOTATION]: cancel }
      return Queue.offer(changes, { _tag: "Present", pod: { ...rest, metadata: { ...metadata, annotations } } })
    },
    terminating: (status: Pod["status"]) => {
      const { metadata, ...rest } = pod(status, "node1")
      const deletionTimestamp = "2026-01-01T00:00:00Z"
      return Queue.offer(changes, { _tag: "Present", pod: { ...rest, metadata: { ...metadata, deletionTimestamp } } })
    },
    /** Scheduler or kubelet say something about the pod, or about one with another uid. */
    says: (reason: string, message: string, uid = "uid-1") =>
      Queue.offer(told, {
        metadata: { name: "pod.1" },
        type: "Normal",
        reason,
        message,
        involvedObject: { kind: "Pod", name: "pod", uid, fieldPath: "spec.containers{main}" }
      }),
    deleted: (status: Pod["status"]) => Queue.offer(changes, { _tag: "Deleted", pod: pod(status) }),
    layer: TaskRunner.layer.pipe(
      Layer.provide(services),
      Layer.provide([NodeFileSystem.layer, NodeHttpClient.layerUndici])
    )
  }
})
