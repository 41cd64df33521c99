/** A proxy that knows CONNECT, leads every name to one port of this machine, and notes what it was asked. */
import { createServer, type IncomingMessage } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { type AddressInfo, connect, type Socket } from "node:net"
import { Effect } from "effect"
import { fixtureText } from "./TlsApiServer.ts"

export interface HttpProxy {
  readonly url: string
  /** `host:port` of every CONNECT. */
  readonly asked: ReadonlyArray<string>
}

export interface HttpProxyOptions {
  /** Speaks TLS itself. */
  readonly secure?: boolean
  /** What Proxy-Authorization must be. */
  readonly authorization?: string
}

export const httpProxy = (port: number, { authorization, secure = false }: HttpProxyOptions = {}) =>
  Effect.acquireRelease(
    Effect.callback<HttpProxy & { readonly close: () => Promise<void> }>((resume) => {
      const asked: Array<string> = []
      const open = new Set<Socket>()
      const server = secure
        ? createTlsServer({ cert: fixtureText("server.pem"), key: fixtureText("server.key") })
        : createServer()
      server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
        asked.push(request.url ?? "")
        socket.on("error", () => socket.destroy())
        if (request.headers["proxy-authorization"] !== authorization) {
          socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
          return
        }
        const target = connect(port, "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
          target.write(head)
          target.pipe(socket)
          socket.pipe(target)
        })
        target.on("error", () => socket.destroy())
        for (const one of [socket, target]) {
          open.add(one)
          one.on("close", () => open.delete(one))
        }
      })
      server.listen(0, "127.0.0.1", () => {
        const { port: own } = server.address() as AddressInfo
        resume(
          Effect.succeed({
            url: `${secure ? "https" : "http"}://127.0.0.1:${own}`,
            asked,
            close: () => {
              for (const socket of open) socket.destroy()
              server.closeAllConnections()
              return new Promise<void>((done) => server.close(() => done()))
            }
          })
        )
      })
    }),
    (proxy) => Effect.promise(proxy.close)
  )
