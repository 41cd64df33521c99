/**
 * One watch of the API server as a stream of parsed lines: opened from a version, bounded in
 * silence, with every failure as a `KubeError`. What the lines mean is for its reader
 * (`PodReflector`, `PodEvents`), and so is opening the next one.
 */
import { Effect, Schema, Stream } from "effect"
import { Ndjson } from "effect/encoding"
import type { KubeConnection } from "../client/KubeConnection.ts"
import { cutError, type KubeRequest, protocolError, requestStream } from "../client/KubeRequest.ts"
import type { KubeError } from "../error/KubeError.ts"
import { watchSilenceSeconds, watchTimeoutSeconds } from "./PodWatchStep.ts"

/** A watch without followers is kept this long: runs that follow each other share it. */
export const idleTimeToLive = "10 seconds"

/** Is this line a watch event (`ADDED`, `BOOKMARK`, `ERROR`, ...)? */
export const isWatchEvent = Schema.is(Schema.Struct({ type: Schema.String, object: Schema.Unknown }))

/** Does this object say which version it is of, as objects, lists and bookmarks do? */
export const isVersioned = Schema.is(Schema.Struct({ metadata: Schema.Struct({ resourceVersion: Schema.String }) }))

/**
 * Watches what `list` lists, from `resourceVersion`. The stream ends when the server ends the watch
 * (290 s). It fails with `Cut` when the connection is lost or silent for 90 s, with `Protocol` for
 * a line that is no JSON, and with what refuses the request.
 */
export const watchLines = (
  connection: KubeConnection["Service"],
  list: KubeRequest,
  resourceVersion: string
): Stream.Stream<unknown, KubeError> => {
  const request: KubeRequest = {
    ...list,
    access: { ...list.access, verb: "watch" },
    urlParams: {
      ...list.urlParams,
      resourceVersion,
      watch: "true",
      allowWatchBookmarks: "true",
      timeoutSeconds: String(watchTimeoutSeconds)
    }
  }
  return Stream.unwrap(
    Effect.map(requestStream(connection, request, { deadline: true, retry: false }), (response) =>
      response.stream.pipe(
        Stream.timeoutOrElse({
          duration: `${watchSilenceSeconds} seconds`,
          orElse: () => Stream.fail(cutError(request, new Error(`nothing was heard for ${watchSilenceSeconds} s`)))
        }),
        Stream.pipeThroughChannel(Ndjson.decode({ ignoreEmptyLines: true })),
        Stream.mapError((cause) =>
          cause._tag === "NdjsonError" ? protocolError(request, cause.message) : cutError(request, cause)
        )
      )
    )
  )
}
