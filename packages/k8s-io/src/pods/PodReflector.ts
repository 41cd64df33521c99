/**
 * Keeps a listener up to date with a namespace's pods: lists, watches, waits, and starts over, as
 * the reducer (`PodWatchStep`) decides. Talks to the API server; knows nothing of followers.
 */
import { Clock, Effect, Option, Random, Stream } from "effect"
import type { KubeConnection } from "../client/KubeConnection.ts"
import { cutError, requestJson } from "../client/KubeRequest.ts"
import type { KubeError } from "../error/KubeError.ts"
import { statusFromJson } from "../error/KubeStatus.ts"
import { isPod, type Pod } from "./Pod.ts"
import { listRequest, type PodSelection, readPodList } from "./Pods.ts"
import {
  initialState,
  jittered,
  step,
  type WatchChange,
  type WatchInput,
  type WatchLine,
  type WatchNext,
  type WatchState,
  watchIdleMarginSeconds,
  watchTimeoutSeconds
} from "./PodWatchStep.ts"
import { isVersioned, isWatchEvent, watchLines } from "./WatchStream.ts"

/**
 * Without the record of who set which field: nobody here asks for it, and of a pod's memory it is
 * half.
 */
const withoutManagedFields = (pod: Pod): Pod => {
  const { managedFields: _, ...metadata } = pod.metadata as Pod["metadata"] & { readonly managedFields?: unknown }
  return { ...pod, metadata }
}

/** Tells a line of the watch stream apart; anything unexpected is `Unknown`. */
export const readWatchLine = (value: unknown): WatchLine => {
  if (!isWatchEvent(value)) return { _tag: "Unknown" }
  const { type, object } = value
  switch (type) {
    case "ADDED":
    case "MODIFIED":
      return isPod(object) ? { _tag: "Changed", pod: withoutManagedFields(object) } : { _tag: "Unknown" }
    case "DELETED":
      return isPod(object) ? { _tag: "Removed", pod: withoutManagedFields(object) } : { _tag: "Unknown" }
    case "BOOKMARK":
      return isVersioned(object)
        ? { _tag: "Bookmark", resourceVersion: object.metadata.resourceVersion }
        : { _tag: "Unknown" }
    case "ERROR":
      return Option.match(statusFromJson(object), {
        onNone: (): WatchLine => ({ _tag: "Unknown" }),
        onSome: (status) => ({ _tag: "Refused", status })
      })
    default:
      return { _tag: "Unknown" }
  }
}

/** Signals that the reducer wants something other than the next line of the open stream. */
class StreamLeft {
  readonly next: WatchNext
  constructor(next: WatchNext) {
    this.next = next
  }
}

/** Who hears of a namespace's pods. */
export interface PodListener {
  readonly apply: (changes: ReadonlyArray<WatchChange>) => void
  /** Called after the changes of each list. */
  readonly markListed: () => void
}

/**
 * Lists and watches a namespace's pods, or those of all, for as long as that can succeed, and gives
 * the error that ends it: one that trying again does not cure.
 */
export const reflectPods = (
  connection: KubeConnection["Service"],
  namespace: string | undefined,
  selection: PodSelection,
  listener: PodListener
): Effect.Effect<KubeError> => {
  let state: WatchState = initialState
  const list = listRequest("PodWatch.changes", namespace, selection)
  const where = namespace === undefined ? "all namespaces" : `namespace ${namespace}`

  const take = (input: WatchInput): Effect.Effect<WatchNext> =>
    Effect.suspend(() => {
      const result = step(state, input)
      state = result.state
      listener.apply(result.changes)
      if (input._tag === "Listed") listener.markListed()
      return input._tag === "Failed" && result.next._tag !== "Stop"
        ? Effect.as(Effect.logDebug(`pod watch of ${where} continues after: ${input.error.message}`), result.next)
        : Effect.succeed(result.next)
    })

  const doList = requestJson(connection, list).pipe(
    Effect.flatMap((answer) => readPodList(list, answer)),
    Effect.matchEffect({
      onSuccess: ({ items, resourceVersion }) =>
        take({ _tag: "Listed", items: items.map(withoutManagedFields), resourceVersion }),
      onFailure: (error) => take({ _tag: "Failed", error, openFor: 0, heard: false })
    })
  )

  const doWatch = Effect.fnUntraced(function* (resourceVersion: string) {
    const started = yield* Clock.currentTimeMillis
    let heard = false
    const readLine = (line: WatchLine): Effect.Effect<void, StreamLeft> => {
      if (line._tag !== "Refused" && line._tag !== "Unknown") heard = true
      return Effect.flatMap(take({ _tag: "Line", line }), (next) =>
        next._tag === "Read" ? Effect.void : Effect.fail(new StreamLeft(next))
      )
    }
    const ended = yield* Stream.runForEach(watchLines(connection, list, resourceVersion), (value) =>
      readLine(readWatchLine(value))
    ).pipe(
      Effect.timeoutOrElse({
        duration: `${watchTimeoutSeconds + watchIdleMarginSeconds} seconds`,
        orElse: () => Effect.fail(cutError(list, new Error("the server did not end the watch in time")))
      }),
      Effect.result
    )
    const openFor = (yield* Clock.currentTimeMillis) - started
    if (ended._tag === "Success") return yield* take({ _tag: "StreamEnded", openFor, heard })
    if (ended.failure instanceof StreamLeft) return ended.failure.next
    return yield* take({ _tag: "Failed", error: ended.failure, openFor, heard })
  })

  return Effect.gen(function* () {
    let next: WatchNext = { _tag: "List", delay: 0 }
    while (next._tag !== "Stop") {
      if (next._tag === "Read") return yield* Effect.die(new Error("the reducer read on without a stream"))
      if (next.delay > 0) yield* Effect.sleep(jittered(next.delay, yield* Random.next))
      next = next._tag === "List" ? yield* doList : yield* doWatch(next.resourceVersion)
    }
    return next.error
  })
}
