/**
 * What scheduler and kubelet report about pods while it happens: one watch of a namespace's events
 * for the whole process, from the moment it is opened. A nicety: whatever goes wrong here ends in
 * fewer events, never in an error. No state but followers.
 */
import { Clock, Context, Effect, Layer, Queue, Random, RcMap, type Scope, Stream } from "effect"
import { KubeConnection } from "../client/KubeConnection.ts"
import { type KubeRequest, protocolError, requestJson } from "../client/KubeRequest.ts"
import { podRequest } from "../client/PodRequest.ts"
import type { KubeError } from "../error/KubeError.ts"
import { isKubeEvent, type KubeEvent } from "./Pod.ts"
import { backoff, backoffReset, jittered } from "./PodWatchStep.ts"
import { idleTimeToLive, isVersioned, isWatchEvent, watchLines } from "./WatchStream.ts"

/** A follower that does not read gets the newest of its pod; a pod that starts has a dozen. */
const UNREAD = 64

/**
 * What a line of the watch brings: the version to continue from, and an event to report. Undefined:
 * start over.
 */
export const readEventLine = (
  value: unknown
): { readonly resourceVersion: string; readonly event: KubeEvent | undefined } | undefined => {
  if (!isWatchEvent(value) || value.type === "ERROR" || !isVersioned(value.object)) return undefined
  // The server deletes events after an hour; that says nothing about a pod.
  const told = value.type === "ADDED" || value.type === "MODIFIED"
  const event = told && isKubeEvent(value.object) ? value.object : undefined
  return { resourceVersion: value.object.metadata.resourceVersion, event }
}

/** Follows the events about pods. */
export class PodEvents extends Context.Service<
  PodEvents,
  {
    /**
     * Every event about pods of this name from now on, also about an earlier pod of the name
     * (`involvedObject.uid` tells). An event that happens again comes again, its `count` raised.
     * Never ends and never fails: who may not read events gets none.
     */
    readonly follow: (namespace: string, name: string) => Effect.Effect<Stream.Stream<KubeEvent>, never, Scope.Scope>
  }
>()("@podwright/k8s-io/PodEvents") {
  /** One shared watch per namespace over a connection. */
  static readonly layer: Layer.Layer<PodEvents, never, KubeConnection> = Layer.suspend(() =>
    Layer.effect(PodEvents, makePodEvents)
  )
}

type Followers = Map<string, Set<Queue.Queue<KubeEvent>>>

const makePodEvents = Effect.gen(function* () {
  const connection = yield* KubeConnection

  const watchFrom = Effect.fnUntraced(function* (request: KubeRequest, begin: string, followers: Followers) {
    let resourceVersion: string | undefined = begin
    const readLine = (value: unknown): Effect.Effect<void, KubeError> =>
      Effect.suspend(() => {
        const line = readEventLine(value)
        resourceVersion = line?.resourceVersion
        if (line === undefined) return Effect.fail(protocolError(request, "the watch cannot continue from here"))
        const name = line.event?.involvedObject?.name
        if (line.event === undefined || name === undefined) return Effect.void
        const { event } = line
        return Effect.forEach(followers.get(name) ?? [], (queue) => Queue.offer(queue, event), { discard: true })
      })
    yield* Stream.runForEach(watchLines(connection, request, begin), readLine).pipe(
      Effect.catch((error) => {
        // A watch that was only cut continues where it was.
        if (error.retryable && error.reason._tag === "Cut") return Effect.void
        resourceVersion = undefined
        return Effect.fail(error)
      })
    )
    return resourceVersion
  })

  const run = Effect.fnUntraced(function* (namespace: string, followers: Followers) {
    const request: KubeRequest = {
      ...podRequest("PodEvents.follow", "list", { namespace, resource: "events" }),
      urlParams: { fieldSelector: "involvedObject.kind=Pod" }
    }
    // One item is enough to learn where "now" is; a namespace holds an hour of events of
    // everybody's pods.
    const now = requestJson(connection, { ...request, urlParams: { ...request.urlParams, limit: "1" } }).pipe(
      Effect.flatMap((answer) =>
        isVersioned(answer)
          ? Effect.succeed(answer.metadata.resourceVersion)
          : Effect.fail(protocolError(request, "the answer is not an EventList"))
      )
    )
    let failures = 0
    let from: string | undefined
    while (true) {
      const begun = yield* Clock.currentTimeMillis
      const step: Effect.Effect<string | undefined, KubeError> =
        from === undefined ? now : watchFrom(request, from, followers)
      const next = yield* Effect.result(step)
      const healthy = (yield* Clock.currentTimeMillis) - begun >= backoffReset
      if (next._tag === "Success") {
        // A server that ends watches at once is backed off from, however well it lists.
        if (from !== undefined) failures = healthy ? 0 : failures + 1
        from = next.success
      } else {
        const error: KubeError = next.failure
        yield* Effect.logDebug(`events of namespace ${namespace}: ${error.message}`)
        // No right to read them, or no such resource. Whoever asks after this watch is forgotten
        // gets a new try.
        if (!error.retryable && error.reason._tag !== "Protocol" && error.reason._tag !== "Gone") return
        failures = healthy ? 1 : failures + 1
        from = undefined
      }
      if (failures > 0) yield* Effect.sleep(jittered(backoff(failures), yield* Random.next))
    }
  })

  const watches = yield* RcMap.make({
    idleTimeToLive,
    lookup: (namespace: string) =>
      Effect.gen(function* () {
        const followers: Followers = new Map()
        yield* run(namespace, followers).pipe(
          Effect.catchCause((cause) => Effect.logDebug(`the watch of events broke down: ${String(cause)}`)),
          Effect.forkScoped
        )
        return followers
      })
  })

  const follow = Effect.fnUntraced(function* (namespace: string, name: string) {
    const followers = yield* RcMap.get(watches, namespace)
    const queue = yield* Queue.sliding<KubeEvent>(UNREAD)
    const queues = followers.get(name) ?? new Set()
    followers.set(name, queues.add(queue))
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        queues.delete(queue)
        if (queues.size === 0) followers.delete(name)
      })
    )
    return Stream.fromQueue(queue)
  })

  return PodEvents.of({ follow })
})
