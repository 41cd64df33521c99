/**
 * Reports what scheduler and kubelet say about one pod, and keeps the last of it to explain a pod
 * that took too long. Starts before the pod is created, and reports only events of the pod that
 * was.
 */
import { type KubeEvent, PodEvents } from "@podwright/k8s-io"
import { Effect, type Scope, Stream } from "effect"
import { EVIDENCE_REASONS } from "../diagnosis/EventEvidence.ts"

/** Events kept as evidence: a probe's are one event whose count rises, told again each time. */
const KEPT = 32

export interface PodEventFollow {
  /** Tells of the pod with this uid until the scope ends. */
  readonly tellOf: (uid: string) => Effect.Effect<void, never, Scope.Scope>
  /** What was said last; undefined when nothing was, or we may not hear it. */
  readonly last: Effect.Effect<KubeEvent | undefined>
  /** What was said of ends: failed hooks and probes, and what was killed; the newest of it. */
  readonly evidence: Effect.Effect<ReadonlyArray<KubeEvent>>
}

/** Follows from now on; `tell` may suspend, and the newest events are kept for it. */
export const followPodEvents = Effect.fn("PodEventFollow.make")(function* (
  namespace: string,
  name: string,
  tell: (event: KubeEvent) => Effect.Effect<void>
): Effect.fn.Return<PodEventFollow, never, PodEvents | Scope.Scope> {
  const events = yield* PodEvents
  const stream = yield* events.follow(namespace, name)
  let last: KubeEvent | undefined
  let evidence: ReadonlyArray<KubeEvent> = []
  return {
    tellOf: (uid) =>
      stream.pipe(
        Stream.filter((event) => event.involvedObject?.uid === uid),
        Stream.runForEach((event) => {
          last = event
          if (EVIDENCE_REASONS.has(event.reason)) evidence = [...evidence, event].slice(-KEPT)
          return tell(event)
        }),
        Effect.forkScoped,
        Effect.asVoid
      ),
    last: Effect.sync(() => last),
    evidence: Effect.sync(() => evidence)
  }
})
