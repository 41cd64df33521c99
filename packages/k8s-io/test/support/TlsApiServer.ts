/**
 * An API server behind real TLS that tells who it takes one for: by client certificate, bearer token or Basic. It answers the
 * read of any pod with one named after its user, and an exec with the user's name. The material is in `fixtures`.
 */
import { readFileSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import type { TLSSocket } from "node:tls"
import { Effect } from "effect"
import { WebSocketServer } from "ws"

export const fixture = (name: string): string => join(import.meta.dirname, "../fixtures", name)
export const fixtureText = (name: string): string => readFileSync(fixture(name), "utf8")

export interface TlsApi {
  readonly url: string
  readonly port: number
  /** Who has asked, in order; null for those refused. */
  readonly users: ReadonlyArray<string | null>
  /** Takes and refuses bearer tokens. */
  readonly tokens: Map<string, string>
  /** Connections made so far. */
  readonly connections: () => number
  /** Ends every connection that is idle, so that the next request opens one. */
  readonly closeIdle: () => void
}

export interface TlsApiOptions {
  /** Name of the fixture with the server's certificate. */
  readonly certificate?: string
}

const basicUsers: ReadonlyMap<string, string> = new Map([["me:pass word", "me"]])

/** Starts the server; it ends with the scope. */
export const tlsApi = ({ certificate = "server" }: TlsApiOptions = {}) =>
  Effect.acquireRelease(
    Effect.callback<TlsApi & { readonly close: () => Promise<void> }>((resume) => {
      const users: Array<string | null> = []
      const tokens = new Map<string, string>()
      let connections = 0
      const identify = (request: IncomingMessage): string | null => {
        const socket = request.socket as TLSSocket
        const [scheme = "", word = ""] = (request.headers.authorization ?? "").split(" ")
        const byHeader =
          scheme === "Bearer" ? tokens.get(word) : basicUsers.get(Buffer.from(word, "base64").toString("utf8"))
        const name = socket.authorized ? socket.getPeerCertificate().subject["CN"] : undefined
        const user = (Array.isArray(name) ? name[0] : name) ?? (scheme === "" ? undefined : byHeader) ?? null
        users.push(user)
        return user
      }
      const server = createServer(
        {
          cert: fixtureText(`${certificate}.pem`),
          key: fixtureText(`${certificate}.key`),
          ca: fixtureText("ca.pem"),
          requestCert: true,
          rejectUnauthorized: false
        },
        (request, response) => {
          const user = identify(request)
          const body =
            user === null
              ? { kind: "Status", status: "Failure", code: 401, reason: "Unauthorized", message: "Unauthorized" }
              : { metadata: { name: user, namespace: "default", uid: "1", resourceVersion: "1" } }
          response.writeHead(user === null ? 401 : 200, { "content-type": "application/json" })
          response.end(JSON.stringify(body))
        }
      )
      const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "v5.channel.k8s.io" })
      server.on("upgrade", (request, socket, head) => {
        const user = identify(request)
        if (user === null) {
          socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
          return
        }
        sockets.handleUpgrade(request, socket, head, (webSocket) => {
          webSocket.send(Buffer.concat([Buffer.from([1]), Buffer.from(user)]))
          webSocket.send(Buffer.concat([Buffer.from([3]), Buffer.from('{"status":"Success"}')]))
        })
      })
      server.on("connection", () => {
        connections += 1
      })
      server.on("tlsClientError", () => {})
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(
          Effect.succeed({
            url: `https://127.0.0.1:${port}`,
            port,
            users,
            tokens,
            connections: () => connections,
            closeIdle: () => server.closeIdleConnections(),
            close: () => {
              for (const webSocket of sockets.clients) webSocket.terminate()
              server.closeAllConnections()
              return new Promise<void>((done) => server.close(() => done()))
            }
          })
        )
      })
    }),
    (api) => Effect.promise(api.close)
  )
