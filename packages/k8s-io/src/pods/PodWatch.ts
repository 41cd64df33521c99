/**
 * The live state of pods: one list+watch per namespace for the whole process, shared by everybody who follows a pod in it. The
 * reducer (`PodWatchStep`) decides; this file reads the stream, waits, and hands changes to mailboxes.
 */
import { Clock, Context, Effect, Layer, Option, Random, RcMap, Schema, type Scope, Stream } from "effect"
import { Ndjson } from "effect/encoding"
import { KubeConnection } from "../client/KubeConnection.ts"
import {
  cutError,
  type KubeRequest,
  podsPath,
  protocolError,
  requestJson,
  requestStream
} from "../client/KubeRequest.ts"
import { KubeError } from "../error/KubeError.ts"
import { statusFromJson } from "../error/KubeStatus.ts"
import { isPod, type Pod } from "./Pod.ts"
import { makePodMailbox, type PodMailbox } from "./PodMailbox.ts"
import { listRequest, readPodList } from "./Pods.ts"
import {
  initialState,
  jittered,
  type PodChange,
  step,
  type WatchChange,
  type WatchInput,
  type WatchLine,
  type WatchNext,
  type WatchState,
  watchIdleMarginSeconds,
  watchSilenceSeconds,
  watchTimeoutSeconds
} from "./PodWatchStep.ts"

/** Which pods are watched at all. */
export interface PodWatchOptions {
  /** In Kubernetes' selector syntax; pods that do not match do not exist for this watch. */
  readonly labelSelector?: string
}

/** Pods that run a task: the label is there, whatever its value. */
export const defaultLabelSelector = "podwright.dev/taskrun-id"

/** A watch without followers is kept this long: runs that follow each other share it. */
const idleTimeToLive = "10 seconds"

const WatchEvent = Schema.Struct({ type: Schema.String, object: Schema.Unknown })
const isWatchEvent = Schema.is(WatchEvent)
const isBookmark = Schema.is(Schema.Struct({ metadata: Schema.Struct({ resourceVersion: Schema.String }) }))

/** Without the record of who set which field: nobody here asks for it, and of a pod's memory it is half. */
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
      return isBookmark(object)
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

/** Follows pods. */
export class PodWatch extends Context.Service<
  PodWatch,
  {
    /**
     * The state of one pod name, then every change of it; follow it before creating the pod and nothing is missed. A slow
     * reader gets the latest state, not every one in between, and holds nobody up. Passing failures are retried inside; the
     * stream fails only with what retrying cannot cure (403, 401, a broken configuration), and never ends by itself. Pods
     * come without `metadata.managedFields`.
     */
    readonly changes: (namespace: string, name: string) => Stream.Stream<PodChange, KubeError>
  }
>()("@podwright/k8s-io/PodWatch") {
  /** One shared watch per namespace over a connection. */
  static readonly layer = (options: PodWatchOptions = {}): Layer.Layer<PodWatch, never, KubeConnection> =>
    Layer.effect(PodWatch, makePodWatch(options.labelSelector ?? defaultLabelSelector))
}

interface SharedWatch {
  readonly follow: (name: string) => Effect.Effect<PodMailbox, never, Scope.Scope>
}

/** The followers of a namespace and the pods they can be told about. */
const makeBoard = () => {
  const pods = new Map<string, Pod>()
  const mailboxes = new Map<string, Set<PodMailbox>>()
  let listed = false
  let failure: KubeError | undefined
  const tell = (name: string, change: PodChange) => {
    for (const mailbox of mailboxes.get(name) ?? []) mailbox.offer(change)
  }
  return {
    apply: (changes: ReadonlyArray<WatchChange>) => {
      for (const change of changes) {
        const { name } = change.pod.metadata
        if (change._tag === "Present") pods.set(name, change.pod)
        else pods.delete(name)
        tell(name, change)
      }
    },
    /** After the first list: whoever waits for a pod that is not on it learns so. */
    markListed: () => {
      if (listed) return
      listed = true
      for (const name of mailboxes.keys()) if (!pods.has(name)) tell(name, { _tag: "Absent" })
    },
    fail: (error: KubeError) => {
      failure = error
      for (const followers of mailboxes.values()) for (const mailbox of followers) mailbox.fail(error)
    },
    add: (name: string, mailbox: PodMailbox) => {
      const followers = mailboxes.get(name) ?? new Set()
      mailboxes.set(name, followers.add(mailbox))
      const pod = pods.get(name)
      if (failure !== undefined) mailbox.fail(failure)
      else if (pod !== undefined) mailbox.offer({ _tag: "Present", pod })
      else if (listed) mailbox.offer({ _tag: "Absent" })
    },
    remove: (name: string, mailbox: PodMailbox) => {
      const followers = mailboxes.get(name)
      followers?.delete(mailbox)
      if (followers?.size === 0) mailboxes.delete(name)
    }
  }
}

type Board = ReturnType<typeof makeBoard>

/** Signals that the reducer wants something other than the next line of the open stream. */
class StreamLeft {
  readonly next: WatchNext
  constructor(next: WatchNext) {
    this.next = next
  }
}

const runWatch = (
  connection: KubeConnection["Service"],
  namespace: string,
  labelSelector: string,
  board: Board
): Effect.Effect<KubeError> => {
  let state: WatchState = initialState
  const list = listRequest("PodWatch.changes", namespace, { labelSelector })
  const watch = (resourceVersion: string): KubeRequest => ({
    ...list,
    access: { verb: "watch", resource: "pods", namespace },
    path: podsPath(namespace),
    urlParams: {
      labelSelector,
      resourceVersion,
      watch: "true",
      allowWatchBookmarks: "true",
      timeoutSeconds: String(watchTimeoutSeconds)
    }
  })

  const take = (input: WatchInput): Effect.Effect<WatchNext> =>
    Effect.suspend(() => {
      const result = step(state, input)
      state = result.state
      board.apply(result.changes)
      if (input._tag === "Listed") board.markListed()
      return input._tag === "Failed" && result.next._tag !== "Stop"
        ? Effect.as(
            Effect.logDebug(`pod watch of namespace ${namespace} goes on after: ${input.error.message}`),
            result.next
          )
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
    const request = watch(resourceVersion)
    const started = yield* Clock.currentTimeMillis
    let heard = false
    const readLine = (line: WatchLine): Effect.Effect<void, StreamLeft> => {
      if (line._tag !== "Refused" && line._tag !== "Unknown") heard = true
      return Effect.flatMap(take({ _tag: "Line", line }), (next) =>
        next._tag === "Read" ? Effect.void : Effect.fail(new StreamLeft(next))
      )
    }
    const ended = yield* requestStream(connection, request, { deadline: true, retry: false }).pipe(
      Effect.flatMap((response) =>
        response.stream.pipe(
          Stream.timeoutOrElse({
            duration: `${watchSilenceSeconds} seconds`,
            orElse: () => Stream.fail(cutError(request, new Error(`nothing was heard for ${watchSilenceSeconds} s`)))
          }),
          Stream.pipeThroughChannel(Ndjson.decode({ ignoreEmptyLines: true })),
          Stream.mapError((cause) =>
            cause._tag === "NdjsonError" ? protocolError(request, cause.message) : cutError(request, cause)
          ),
          Stream.runForEach((value) => readLine(readWatchLine(value)))
        )
      ),
      Effect.timeoutOrElse({
        duration: `${watchTimeoutSeconds + watchIdleMarginSeconds} seconds`,
        orElse: () => Effect.fail(cutError(request, new Error("the server did not end the watch in time")))
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

const brokenWatch = (namespace: string, defect: unknown): KubeError =>
  new KubeError({
    operation: "PodWatch.changes",
    subject: { namespace },
    reason: { _tag: "Protocol", detail: `the watch broke down: ${String(defect)}` },
    cause: defect
  })

const makePodWatch = Effect.fnUntraced(function* (labelSelector: string) {
  const connection = yield* KubeConnection
  const watches: RcMap.RcMap<string, SharedWatch> = yield* RcMap.make({
    idleTimeToLive,
    lookup: (namespace: string) =>
      Effect.gen(function* () {
        const board = makeBoard()
        yield* runWatch(connection, namespace, labelSelector, board).pipe(
          Effect.catchDefect((defect) => Effect.succeed(brokenWatch(namespace, defect))),
          // The failed watch is forgotten before its followers hear of it: whoever comes next may come with better rights.
          // Detached, because forgetting an unused watch closes the scope this very fiber runs in.
          Effect.flatMap((error) =>
            Effect.forkDetach(
              Effect.andThen(
                RcMap.invalidate(watches, namespace),
                Effect.sync(() => board.fail(error))
              )
            )
          ),
          Effect.forkScoped
        )
        const shared: SharedWatch = {
          follow: (name) =>
            Effect.acquireRelease(
              Effect.sync(() => {
                const mailbox = makePodMailbox()
                board.add(name, mailbox)
                return mailbox
              }),
              (mailbox) => Effect.sync(() => board.remove(name, mailbox))
            )
        }
        return shared
      })
  })
  return PodWatch.of({
    changes: (namespace, name) =>
      Stream.unwrap(
        RcMap.get(watches, namespace).pipe(
          Effect.flatMap((shared) => shared.follow(name)),
          Effect.map((mailbox) => mailbox.changes)
        )
      )
  })
})
