/**
 * The live state of pods: one list+watch per namespace for the whole process, shared by everybody
 * who follows a pod in it. `PodReflector` reads the server, `PodBoard` knows the followers,
 * `PodMailbox` holds what one of them has not read yet.
 */
import { Context, Effect, Layer, Queue, RcMap, type Scope, Stream } from "effect"
import { KubeConnection } from "../client/KubeConnection.ts"
import { KubeError } from "../error/KubeError.ts"
import { makePodBoard } from "./PodBoard.ts"
import { makePodMailbox, type PodMailbox } from "./PodMailbox.ts"
import { reflectPods } from "./PodReflector.ts"
import type { PodSelection } from "./Pods.ts"
import type { PodChange, WatchChange } from "./PodWatchStep.ts"
import { idleTimeToLive } from "./WatchStream.ts"

/** Which pods are watched at all. */
export interface PodWatchOptions {
  /**
   * In Kubernetes' selector syntax; pods that do not match do not exist for this watch. Default:
   * every pod.
   */
  readonly labelSelector?: string
}

/** Follows pods. */
export class PodWatch extends Context.Service<
  PodWatch,
  {
    /**
     * The state of one pod name, then every change of it; follow it before creating the pod and
     * nothing is missed. A slow reader gets the latest state, not every one in between, and holds
     * nobody up. Passing failures are retried inside; the stream fails only with what retrying
     * cannot cure (403, 401, a broken configuration), and never ends by itself. Pods come without
     * `metadata.managedFields`.
     */
    readonly changes: (namespace: string, name: string) => Stream.Stream<PodChange, KubeError>
    /**
     * The pods of a namespace that match, or those of all namespaces (undefined): all that are there
     * as the first item, then the changes as they come, several at once where the server lists
     * again. A watch of its own; else as `changes`.
     */
    readonly selection: (
      namespace: string | undefined,
      selection: PodSelection
    ) => Stream.Stream<ReadonlyArray<WatchChange>, KubeError>
  }
>()("@podwright/k8s-io/PodWatch") {
  /** One shared watch per namespace over a connection. */
  static readonly layer = (options: PodWatchOptions = {}): Layer.Layer<PodWatch, never, KubeConnection> =>
    Layer.effect(PodWatch, makePodWatch(options.labelSelector))
}

interface SharedWatch {
  readonly follow: (name: string) => Effect.Effect<PodMailbox, never, Scope.Scope>
}

const brokenWatch = (namespace: string | undefined, defect: unknown): KubeError =>
  new KubeError({
    operation: "PodWatch.changes",
    subject: namespace === undefined ? {} : { namespace },
    reason: { _tag: "Protocol", detail: `the watch failed: ${String(defect)}` },
    cause: defect
  })

const makePodWatch = Effect.fnUntraced(function* (labelSelector: string | undefined) {
  const connection = yield* KubeConnection
  const watches: RcMap.RcMap<string, SharedWatch> = yield* RcMap.make({
    idleTimeToLive,
    lookup: (namespace: string) =>
      Effect.gen(function* () {
        const board = makePodBoard()
        yield* reflectPods(connection, namespace, labelSelector === undefined ? {} : { labelSelector }, board).pipe(
          Effect.catchDefect((defect) => Effect.succeed(brokenWatch(namespace, defect))),
          // The failed watch is forgotten before its followers hear of it: whoever comes next may
          // come with better rights. Detached, because forgetting an unused watch closes the scope
          // this very fiber runs in.
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
  const selection = Effect.fnUntraced(function* (namespace: string | undefined, selection: PodSelection) {
    const queue = yield* Queue.unbounded<ReadonlyArray<WatchChange>, KubeError>()
    let begun = false
    yield* reflectPods(connection, namespace, selection, {
      apply: (changes) => {
        if (changes.length === 0) return
        begun = true
        Queue.offerUnsafe(queue, changes)
      },
      markListed: () => {
        // That there are none is news as well.
        if (!begun) Queue.offerUnsafe(queue, [])
        begun = true
      }
    }).pipe(
      Effect.catchDefect((defect) => Effect.succeed(brokenWatch(namespace, defect))),
      Effect.flatMap((error) => Queue.fail(queue, error)),
      Effect.forkScoped
    )
    return Stream.fromQueue(queue)
  })

  return PodWatch.of({
    selection: (namespace, only) => Stream.unwrap(selection(namespace, only)),
    changes: (namespace, name) =>
      Stream.unwrap(
        RcMap.get(watches, namespace).pipe(
          Effect.flatMap((shared) => shared.follow(name)),
          Effect.map((mailbox) => mailbox.changes)
        )
      )
  })
})
