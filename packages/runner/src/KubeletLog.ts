/**
 * Follows main's log through `pods/log`, for pods whose output does not go through the volume. Reconnects until the
 * container has ended and a last read adds nothing. Its limits are the kubelet's: stdout and stderr arrive as one
 * stream, and lines that rotate away before they are read (10 MiB by default) are lost.
 */
import { LogSplitter } from "@podwright/file-sync"
import { type KubeError, PodLog } from "@podwright/k8s-io"
import { Effect, Ref, type Scope, Stream } from "effect"
import { KubeletLogCursor } from "./KubeletLogCursor.ts"

export interface KubeletLogRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** Completes when the container has ended, or never will. */
  readonly ended: Effect.Effect<unknown>
  readonly onLines: (lines: ReadonlyArray<string>, end: number) => Effect.Effect<void>
}

/** Between two reads of a container that still runs: a read that ends at once must not become a busy loop. */
const REOPEN_INTERVAL = "250 millis"

/**
 * Delivers every line once and in order; completes behind the last one.
 *
 * Retryable failures are retried without bound; the caller's clocks bound them.
 */
export const followKubeletLog = Effect.fn("KubeletLog.follow")(function* (
  request: KubeletLogRequest
): Effect.fn.Return<void, KubeError, PodLog | Scope.Scope> {
  const podLog = yield* PodLog
  const cursor = new KubeletLogCursor()
  const ended = yield* Ref.make(false)
  let delivered = 0

  const read = Effect.fnUntraced(function* (follow: boolean) {
    cursor.reopen()
    const splitter = new LogSplitter()
    let fresh = 0
    const deliver = Effect.fnUntraced(function* (lines: ReadonlyArray<{ readonly text: string }>) {
      const texts = lines.map((line) => cursor.take(line.text)).filter((text) => text !== undefined)
      if (texts.length === 0) return
      fresh += texts.length
      for (const text of texts) delivered += Buffer.byteLength(text) + 1
      yield* request.onLines(texts, delivered)
    })
    yield* podLog
      .read({
        namespace: request.namespace,
        pod: request.pod,
        container: request.container,
        follow,
        timestamps: true,
        ...(cursor.sinceTime === undefined ? {} : { sinceTime: cursor.sinceTime })
      })
      .pipe(Stream.runForEach((chunk) => deliver(splitter.push(chunk))))
    // Only a log that was read to its end has a last line; a cut one is read again from the line's second.
    yield* deliver(splitter.finish())
    return fresh
  })

  yield* request.ended.pipe(Effect.andThen(Ref.set(ended, true)), Effect.forkScoped)
  while (true) {
    const last = yield* Ref.get(ended)
    const fresh = yield* read(!last).pipe(
      Effect.catchIf(
        (error) => error.retryable || error.reason._tag === "NotRunningYet",
        () => Effect.undefined
      )
    )
    // A failed last read says nothing about what is left; one that adds nothing says that nothing is.
    if (last && fresh === 0) return
    if (!last || fresh === undefined) yield* Effect.sleep(REOPEN_INTERVAL)
  }
}, Effect.scoped)
