/**
 * Servers in front of an API server, small enough for a test: a forwarder under another address,
 * proxies that know CONNECT, and a front that asks for name and password and forwards with a token.
 */
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from "node:http"
import { createServer as createTlsServer, request } from "node:https"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import type { Duplex } from "node:stream"

export interface Front {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** A certificate with its key, PEM. */
export interface Identity {
  readonly cert: string
  readonly key: string
}

const join = (one: Duplex, other: Duplex): void => {
  for (const [from, to] of [
    [one, other],
    [other, one]
  ] as const) {
    from.pipe(to)
    from.on("error", () => to.destroy())
    from.on("close", () => to.destroy())
  }
}

/** Listens on a loopback address; `stop` ends the connections with it. */
const open = async (server: Server | HttpServer, address = "127.0.0.1"): Promise<Front> => {
  const sockets = new Set<Socket>()
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, address, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      return closed
    }
  }
}

/** Leads an address of this machine to a port of 127.0.0.1, byte by byte. */
export const forwarder = (address: string, port: number): Promise<Front> =>
  open(
    createServer((socket) => join(socket, connect(port, "127.0.0.1"))),
    address
  )

export interface ConnectProxy extends Front {
  /** `host:port` of every CONNECT that was let through. */
  readonly asked: ReadonlyArray<string>
}

/**
 * A proxy that leads every name to one port of this machine; speaks TLS itself when it is given an
 * identity.
 */
export const connectProxy = async (
  port: number,
  { account, identity }: { readonly account?: string; readonly identity?: Identity } = {}
): Promise<ConnectProxy> => {
  const asked: Array<string> = []
  const wanted = account === undefined ? undefined : `Basic ${Buffer.from(account).toString("base64")}`
  const server = identity === undefined ? createHttpServer() : createTlsServer({ ...identity })
  server.on("connect", (incoming: IncomingMessage, socket: Duplex, early: Buffer) => {
    if (incoming.headers["proxy-authorization"] !== wanted) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
      return
    }
    asked.push(incoming.url ?? "")
    const target = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
      if (early.length > 0) target.write(early)
      join(socket, target)
    })
    target.on("error", () => socket.destroy())
  })
  return { ...(await open(server)), asked }
}

export interface BasicFrontOptions {
  readonly identity: Identity
  /** `name:password` of the only user. */
  readonly account: string
  /** The API server behind, its authority, and the token that the front has for it. */
  readonly server: string
  readonly authority: string
  readonly token: string
}

/** A front that does Basic authentication for a server which does not know it. */
export const basicFront = ({ account, authority, identity, server, token }: BasicFrontOptions): Promise<Front> => {
  const wanted = `Basic ${Buffer.from(account).toString("base64")}`
  const refusal = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "Unauthorized", code: 401 }
  const begin = (incoming: IncomingMessage) =>
    request(new URL(incoming.url ?? "/", server), {
      method: incoming.method ?? "GET",
      headers: { ...incoming.headers, host: new URL(server).host, authorization: `Bearer ${token}` },
      ca: authority
    })
  const front = createTlsServer({ ...identity }, (incoming, response) => {
    if (incoming.headers.authorization !== wanted) {
      response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify(refusal))
      return
    }
    const outgoing = begin(incoming)
    outgoing.on("error", () => response.destroy())
    outgoing.on("response", (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.on("error", () => response.destroy())
      reply.pipe(response)
    })
    response.on("close", () => outgoing.destroy())
    incoming.pipe(outgoing)
  })
  front.on("upgrade", (incoming: IncomingMessage, socket: Duplex, early: Buffer) => {
    socket.on("error", () => socket.destroy())
    if (incoming.headers.authorization !== wanted) {
      socket.end("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")
      return
    }
    const outgoing = begin(incoming)
    outgoing.on("error", () => socket.destroy())
    outgoing.on("response", (reply) => {
      reply.resume()
      socket.end(`HTTP/1.1 ${reply.statusCode} Refused\r\ncontent-length: 0\r\n\r\n`)
    })
    outgoing.on("upgrade", (reply, target, first) => {
      const lines = Object.entries(reply.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`)
      if (first.length > 0) socket.write(first)
      if (early.length > 0) target.write(early)
      join(socket, target)
    })
    outgoing.end()
  })
  return open(front)
}
