/**
 * The cluster behind the proxy: requests to it carry the credentials of the kubeconfig instead of
 * those that came in.
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http"
import { Agent, request as httpsRequest } from "node:https"
import type { KubeConnection, WebSocketOptions } from "@podwright/k8s-io"
import { Effect, type Scope } from "effect"

export interface Upstream {
  /** Begins the same request to the cluster; its body is the caller's to send. */
  readonly begin: (incoming: IncomingMessage) => Promise<ClientRequest>
}

/** Headers that are about one connection only, and those that the proxy sets itself. */
const notForwarded = new Set(["authorization", "host", "keep-alive", "proxy-authorization", "te"])

const forwardedHeaders = (incoming: IncomingMessage, own: WebSocketOptions["headers"]): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(incoming.headers))
    if (value !== undefined && !notForwarded.has(name)) headers[name] = String(value)
  return { ...headers, ...own }
}

/** Connections to the cluster of a `KubeConnection`, for as long as the scope is open. */
export const makeUpstream = Effect.fnUntraced(function* (
  connection: KubeConnection["Service"]
): Effect.fn.Return<Upstream, never, Scope.Scope> {
  const { server } = connection
  const runPromise = Effect.runPromiseWith(yield* Effect.context<never>())
  const secure = server.protocol === "https:"
  const pool = yield* Effect.acquireRelease(
    Effect.sync(() => (secure ? new Agent({ keepAlive: true }) : new HttpAgent({ keepAlive: true }))),
    (agent) => Effect.sync(() => agent.destroy())
  )
  return {
    begin: async (incoming) => {
      const { headers, ...tls } = await runPromise(connection.webSocketOptions)
      const options = {
        agent: pool,
        ...tls,
        host: server.hostname.replace(/^\[|\]$/g, ""),
        port: server.port === "" ? (secure ? 443 : 80) : Number(server.port),
        path: server.pathname.replace(/\/$/, "") + (incoming.url ?? "/"),
        method: incoming.method ?? "GET",
        headers: forwardedHeaders(incoming, headers)
      }
      return secure ? httpsRequest(options) : httpRequest(options)
    }
  }
})
