/**
 * Listens for the API server: on one port, with several sockets. libuv takes one connection from a
 * listening socket each time its loop comes round (1.52, `uv__server_io`); a turn that starts four
 * containers takes 60 ms, and of 300 runs at once a connection waited for seconds to be taken (250
 * to 470 in the backlog of 511, seen). The kernel spreads connections over the sockets of a port,
 * so as many are taken each turn.
 */
import { randomBytes } from "node:crypto"
import type { RequestListener } from "node:http"
import { createServer, type Server } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { Effect, type Scope } from "effect"
import { ListenFailed, LocalClusterError } from "../contract/LocalClusterError.ts"
import type { Certificate } from "./Certificate.ts"

export interface ListenOptions {
  readonly certificate: Certificate
  readonly address: string
  /** 0 for a free one. */
  readonly port: number
}

/** Sixteen connections a turn are 250 a second while containers start, more than runs ask for. */
const SOCKETS = 16

/**
 * The length of a TLS ticket key. All sockets share one, so a session of one continues at another.
 */
const TICKET_KEY_BYTES = 48

const listen = (server: Server, address: string, port: number, reusePort: boolean): Effect.Effect<number, Error> =>
  Effect.callback<number, Error>((resume) => {
    server.once("error", (error) => resume(Effect.fail(error)))
    try {
      server.listen({ port, host: address, reusePort }, () =>
        resume(Effect.succeed((server.address() as AddressInfo).port))
      )
    } catch (error) {
      // Node throws for what cannot be a port.
      resume(Effect.fail(error as Error))
    }
  })

const close = (server: Server): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
  })

/**
 * Listens until the scope closes, which ends every connection; gives the URL. `prepare` is told of
 * each server before it listens.
 */
export const listenTogether = Effect.fn("ApiListener.listen")(
  function* (
    { address, certificate, port }: ListenOptions,
    onRequest: RequestListener,
    prepare: (server: Server) => void
  ): Effect.fn.Return<string, Error, Scope.Scope> {
    const options = {
      cert: certificate.certificate,
      key: certificate.privateKey,
      ticketKeys: randomBytes(TICKET_KEY_BYTES)
    }
    // Sockets that share a port share it with anybody's of this user: only one that does not tells
    // whether it is free. A free one is chosen by the kernel, which then gives none that is bound,
    // however (Linux, `inet_csk_find_open_port`).
    if (port !== 0) {
      const probe = createServer(options)
      yield* listen(probe, address, port, false)
      yield* close(probe)
    }
    let chosen = port
    for (let socket = 0; socket < SOCKETS; socket++) {
      const server = createServer(options, onRequest)
      const connections = new Set<Socket>()
      server.on("secureConnection", (connection) => {
        connections.add(connection)
        connection.once("close", () => connections.delete(connection))
      })
      prepare(server)
      chosen = yield* listen(server, address, chosen, true)
      yield* Effect.addFinalizer(() =>
        Effect.suspend(() => {
          for (const connection of connections) connection.destroy()
          return close(server)
        })
      )
    }
    const host = address.includes(":") ? `[${address}]` : address
    return `https://${host}:${chosen}`
  },
  (effect, { address, port }) =>
    Effect.mapError(
      effect,
      ({ message }) =>
        new LocalClusterError({ operation: "start", reason: new ListenFailed({ address, port, detail: message }) })
    )
)
