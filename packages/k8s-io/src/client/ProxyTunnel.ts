/**
 * The way to a server through an HTTP proxy: CONNECT, then the server's own TLS inside. One for
 * requests and exec alike; the TLS settings are those of the moment a socket is opened.
 */
import { Agent as HttpAgent } from "node:http"
import { Agent as HttpsAgent } from "node:https"
import { isIP } from "node:net"
import type { Duplex } from "node:stream"
import { connect } from "node:tls"
import { Effect } from "effect"
import type { ProxyRoute } from "../config/ProxyRoute.ts"
import type { SocketSettings } from "../config/TlsSettings.ts"
import { failureDetail } from "../error/TransportFailure.ts"

/** Sockets to one server through one proxy. */
export interface ProxyTunnel {
  /** A socket that leads to the server, without TLS of the server's yet. */
  readonly open: () => Promise<Duplex>
  /** An agent for one request of `node:http` or `node:https`, as ws makes them. */
  readonly agent: (settings: SocketSettings) => HttpAgent
}

/**
 * Says which proxy, and which setting named it; the innermost message is what people get to read.
 */
const proxyError = ({ field, url }: ProxyRoute, detail: string): Error =>
  new Error(`the proxy ${url.protocol}//${url.host} of ${field} ${detail}`)

/** A tunnel to one server; it lives as long as the scope. */
export const makeProxyTunnel = Effect.fnUntraced(function* (route: ProxyRoute, server: URL) {
  const { buildConnector, Pool } = yield* Effect.promise(() => import("@effect/platform-node/Undici"))
  const { url } = route
  const toProxy = buildConnector({ allowH2: false })
  const pool = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new Pool(url.origin, {
          allowH2: false,
          // undici would look for the name in `host`, which is the server's, in the proxy's own
          // certificate
          connect: (options, callback) => toProxy({ ...options, servername: "" }, callback)
        })
    ),
    (pool) => Effect.promise(() => pool.destroy())
  )
  const isSecure = server.protocol === "https:"
  const authority = `${server.hostname}:${server.port || (isSecure ? "443" : "80")}`
  const account = [url.username, url.password].map(decodeURIComponent).join(":")
  const headers = {
    host: authority,
    ...(url.username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(account).toString("base64")}` })
  }
  const open = async (): Promise<Duplex> => {
    const { socket, statusCode } = await pool.connect({ path: authority, headers }).catch((cause: unknown) => {
      throw proxyError(route, `cannot be reached: ${failureDetail(cause)}`)
    })
    if (statusCode === 200) return socket
    socket.on("error", () => socket.destroy())
    socket.destroy()
    throw proxyError(route, `refused to connect to ${authority} with status ${statusCode}`)
  }
  const host = server.hostname.replace(/^\[(.*)\]$/, "$1")
  const agent = (settings: SocketSettings): HttpAgent => {
    const made = isSecure ? new HttpsAgent() : new HttpAgent()
    made.createConnection = (_options, callback) => {
      open().then(
        (socket) => {
          const names = isIP(host) === 0 ? { servername: host } : {}
          callback?.(null, isSecure ? connect({ ...names, ...settings, host, socket }) : socket)
        },
        (error: Error) => callback?.(error, undefined as never)
      )
      return undefined
    }
    return made
  }
  return { open, agent } satisfies ProxyTunnel
})
