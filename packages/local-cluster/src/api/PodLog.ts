/**
 * What `pods/log` answers: the text of a container's log, from the runtime, cut as the query asks.
 */
import { Effect, Stream } from "effect"
import type { ContainerRuntime, LogRecord } from "../contract/Runtime.ts"
import type { ApiAnswer } from "./ApiRequest.ts"
import { badRequest } from "./ApiStatus.ts"
import { type LogQuery, LogText, logQuery } from "./LogQuery.ts"
import { chooseContainer, waitingReason } from "./PodContainers.ts"
import type { StoredPod } from "./StoredObject.ts"

/**
 * The text of a container's log; `tailLines` is taken of the records before anything is left out by
 * time.
 */
const logBytes = (records: Stream.Stream<LogRecord>, query: LogQuery): Stream.Stream<Uint8Array> => {
  const text = new LogText(query)
  return records.pipe(
    // Both are asked at once: a stream's steps run over many records before the next step sees the
    // first.
    Stream.map((record) => ({ bytes: text.take(record), last: text.full })),
    Stream.takeUntil(({ last }) => last),
    Stream.map(({ bytes }) => bytes),
    Stream.filter((bytes) => bytes.length > 0)
  )
}

/** The last `count` records of what there is now, then what follows. */
const tail = Effect.fnUntraced(function* (
  open: (follow: boolean) => Effect.Effect<Stream.Stream<LogRecord> | undefined>,
  query: LogQuery
) {
  if (query.tailLines === undefined) return yield* open(query.follow)
  const present = yield* open(false)
  if (present === undefined) return undefined
  const total = yield* Stream.runCount(present)
  const records = yield* open(query.follow)
  return records?.pipe(Stream.drop(Math.max(0, total - query.tailLines)))
})

/** Answers with the log of a pod's container; fails while the container has not started. */
export const readLog = Effect.fnUntraced(function* (
  runtime: ContainerRuntime,
  pod: StoredPod,
  parameters: URLSearchParams
) {
  const container = yield* Effect.fromResult(chooseContainer(pod, parameters.get("container")))
  const query = yield* Effect.fromResult(logQuery(parameters, pod.metadata.name, Date.now()))
  const reference = { podUid: pod.metadata.uid, container }
  const records = yield* tail((follow) => runtime.log(reference, follow), query)
  if (records === undefined) {
    const reason = waitingReason(pod, container)
    const why = `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${reason}`
    return yield* Effect.fail(badRequest(why))
  }
  return { _tag: "Stream", contentType: "text/plain", bytes: logBytes(records, query) } satisfies ApiAnswer
})
