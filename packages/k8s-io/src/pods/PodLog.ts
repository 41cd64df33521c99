/**
 * A container's log as the kubelet serves it: raw bytes, one read, no resume. What the kubelet
 * keeps is limited (its newest file, 10 MiB by default); an error after the first byte can only
 * appear as text among the lines.
 */
import { Context, Effect, Layer, Stream } from "effect"
import { KubeConnection } from "../client/KubeConnection.ts"
import { cutError, type KubeRequest, requestStream } from "../client/KubeRequest.ts"
import { podRequest } from "../client/PodRequest.ts"
import type { KubeError } from "../error/KubeError.ts"
import { reasonFromContainerStatus } from "../error/StatusReason.ts"

/** Which log, and which part of it. `sinceTime` is RFC 3339 (whole seconds count). */
export interface PodLogRequest {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly follow?: boolean
  readonly timestamps?: boolean
  readonly sinceTime?: string
  /** No more than the last lines. */
  readonly tailLines?: number
  /** No more than the first bytes of them. */
  readonly limitBytes?: number
}

const parameters = ["container", "follow", "timestamps", "sinceTime", "tailLines", "limitBytes"] as const

/** Reads container logs. */
export class PodLog extends Context.Service<
  PodLog,
  {
    /**
     * The log's bytes, chunked as they arrive; with `follow`, until the container has ended or the
     * connection has. The end of the stream therefore does not say that the container ended. A pod
     * without a node has an empty log; a container that has not started fails with `NotRunningYet`;
     * a lost connection with `Cut`.
     */
    readonly read: (request: PodLogRequest) => Stream.Stream<Uint8Array, KubeError>
  }
>()("@podwright/k8s-io/PodLog") {
  /** Logs over a connection. */
  static readonly layer: Layer.Layer<PodLog, never, KubeConnection> = Layer.suspend(() =>
    Layer.effect(PodLog, makePodLog)
  )
}

const makePodLog = Effect.gen(function* () {
  const connection = yield* KubeConnection
  return PodLog.of({
    read: (wanted) => {
      const { namespace, pod, container } = wanted
      const urlParams: Record<string, string> = {}
      for (const parameter of parameters) {
        const value = wanted[parameter]
        if (value !== undefined) urlParams[parameter] = String(value)
      }
      const request: KubeRequest = {
        ...podRequest("PodLog.read", "get", { namespace, name: pod, container, subresource: "log" }),
        urlParams,
        reason: reasonFromContainerStatus
      }
      // the server sends the head of a followed log with its first line, however long that takes
      return requestStream(connection, request, { deadline: wanted.follow !== true, retry: true }).pipe(
        Effect.map((response) => Stream.mapError(response.stream, (cause) => cutError(request, cause))),
        Stream.unwrap
      )
    }
  })
})
