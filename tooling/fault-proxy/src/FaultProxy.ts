/**
 * A TLS server on loopback that takes the place of a cluster: it forwards every request with the
 * credentials of a kubeconfig and injects the plan's faults. It writes a kubeconfig of its own,
 * whose token keeps other users of this machine out.
 */
import { randomBytes } from "node:crypto"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Duplex } from "node:stream"
import { KubeConnection, type KubeError } from "@podwright/k8s-io"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { generate } from "selfsigned"
import { type ApiCall, apiCall } from "./ApiVerb.ts"
import type { Fault } from "./Fault.ts"
import { decide, type FaultPlan, initialPlanState } from "./FaultPlan.ts"
import { FaultProxyError } from "./FaultProxyError.ts"
import type { Passage } from "./Passage.ts"
import { proxyRequest, refuse } from "./ProxiedRequest.ts"
import { proxyUpgrade } from "./ProxiedUpgrade.ts"
import { makeUpstream } from "./Upstream.ts"

/** What to proxy, which faults to inject, and whom to tell. */
export interface FaultProxyOptions {
  /** Path of the cluster's kubeconfig; by default the one that kubectl would use. */
  readonly kubeconfig?: string
  /** Read anew at every request, so it may be a getter that follows what has happened. */
  readonly plan: FaultPlan
  /** Seed of the plan's chance, an unsigned 32-bit number; 0 by default. */
  readonly seed?: number
  /**
   * Path to write the proxy's kubeconfig to; by default in a temporary folder that is removed with
   * the proxy.
   */
  readonly writeKubeconfig?: string
  /** Called for every fault when it happens. */
  readonly onFault?: (fault: FiredFault) => void
  /** Called for every request when it comes, with or without a fault. */
  readonly onRequest?: (call: ApiCall) => void
  /**
   * Called with the bytes that an exec's WebSocket forwards, frame headers included; `down` is from
   * the cluster.
   */
  readonly onBytes?: (direction: "down" | "up", bytes: Uint8Array) => void
}

/** A fault that happened. */
export interface FiredFault {
  readonly call: ApiCall
  readonly fault: Fault
}

/** A running proxy. */
export interface FaultProxy {
  /** Path of a kubeconfig that leads through the proxy. */
  readonly kubeconfig: string
  /** e.g. `https://127.0.0.1:40123`. */
  readonly server: string
  /** The number of requests so far, with or without a fault. */
  readonly requests: () => number
  /** Faults that have happened so far. */
  readonly fired: () => ReadonlyArray<FiredFault>
}

const DAY = 24 * 60 * 60 * 1000

const makeCertificate = () =>
  generate([{ name: "commonName", value: "podwright-fault-proxy" }], {
    algorithm: "sha256",
    keyType: "ec",
    notBeforeDate: new Date(Date.now() - DAY),
    notAfterDate: new Date(Date.now() + 30 * DAY),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }
    ]
  })

const kubeconfigText = (server: string, certificate: string, token: string, namespace: string): string => {
  const name = "podwright-fault-proxy"
  const ca = Buffer.from(certificate).toString("base64")
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": ca } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

/** The TCP socket below each TLS one: only it can be reset. */
const tcpSockets = (server: Server) => {
  const byPort = new Map<number | undefined, Socket>()
  server.on("connection", (socket: Socket) => {
    const { remotePort } = socket
    byPort.set(remotePort, socket)
    socket.on("error", () => undefined)
    socket.on("close", () => {
      // Its port may have another socket by now.
      if (byPort.get(remotePort) === socket) byPort.delete(remotePort)
    })
  })
  const secure = new Set<Socket>()
  server.on("secureConnection", (socket: Socket) => {
    secure.add(socket)
    socket.on("close", () => secure.delete(socket))
  })
  return {
    reset: (socket: Duplex) => {
      const tcp = byPort.get((socket as Socket).remotePort)
      if (tcp === undefined || tcp.destroyed) socket.destroy()
      else tcp.resetAndDestroy()
    },
    destroyAll: () => {
      for (const socket of [...secure, ...byPort.values()]) socket.destroy()
    }
  }
}

/**
 * Starts a proxy until the scope closes. Fails with `FaultProxyError` when it cannot listen or
 * write its kubeconfig, and with `KubeError` when the cluster's kubeconfig cannot be used.
 *
 * @example
 * const proxy = yield* startFaultProxy({ plan: { chance: MODERATE }, seed: 7 })
 * // proxy.kubeconfig leads through the proxy
 */
export const startFaultProxy = Effect.fn("FaultProxy.start")(function* (
  options: FaultProxyOptions
): Effect.fn.Return<FaultProxy, FaultProxyError | KubeError, Scope.Scope> {
  const connection = Context.get(
    yield* Layer.build(
      KubeConnection.layer(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig })
    ),
    KubeConnection
  )
  const upstream = yield* makeUpstream(connection)
  const certificate = yield* Effect.promise(makeCertificate)
  const token = randomBytes(32).toString("base64url")
  const seed = options.seed ?? 0
  const fired: Array<FiredFault> = []
  let requests = 0
  let state = initialPlanState

  const server = createServer({ cert: certificate.cert, key: certificate.private })
  const { destroyAll, reset } = tcpSockets(server)

  const admit = (request: IncomingMessage): Passage => {
    const call = apiCall(request.method ?? "GET", request.url ?? "/")
    const [next, fault] = decide(options.plan, seed, state, call)
    state = next
    requests++
    options.onRequest?.(call)
    return {
      call,
      fault,
      fired: () => {
        if (fault === undefined) return
        fired.push({ call, fault })
        options.onFault?.({ call, fault })
      },
      passed: options.onBytes,
      reset,
      upstream
    }
  }
  const isKnown = (request: IncomingMessage) => request.headers.authorization === `Bearer ${token}`
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    response.on("error", () => undefined)
    if (!isKnown(request)) return refuse(response, { _tag: "Refuse", code: 401 })
    proxyRequest(admit(request), request, response).catch(() => reset(request.socket))
  })
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isKnown(request)) return void socket.end("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n")
    proxyUpgrade(admit(request), request, socket, head).catch(() => reset(socket))
  })
  // A client that breaks off its handshake is its own affair.
  server.on("tlsClientError", () => undefined)

  const url = yield* Effect.acquireRelease(
    Effect.callback<string, FaultProxyError>((resume) => {
      server.once("error", (cause) =>
        resume(Effect.fail(new FaultProxyError({ operation: "listen on 127.0.0.1", detail: cause.message, cause })))
      )
      server.listen(0, "127.0.0.1", () =>
        resume(Effect.succeed(`https://127.0.0.1:${(server.address() as AddressInfo).port}`))
      )
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        destroyAll()
      })
  )

  const folder =
    options.writeKubeconfig === undefined
      ? yield* Effect.acquireRelease(
          Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-fault-proxy-"))),
          (made) => Effect.promise(() => rm(made, { recursive: true }))
        )
      : ""
  const kubeconfig = options.writeKubeconfig ?? join(folder, "kubeconfig")
  yield* Effect.tryPromise({
    try: () =>
      writeFile(kubeconfig, kubeconfigText(url, certificate.cert, token, connection.namespace), { mode: 0o600 }),
    catch: (cause) => new FaultProxyError({ operation: `write ${kubeconfig}`, detail: String(cause), cause })
  })
  return { kubeconfig, server: url, requests: () => requests, fired: () => fired }
})

/**
 * The same as a promise, with a `close` of its own. Rejects with the errors of `startFaultProxy`.
 */
export const openFaultProxy = async (
  options: FaultProxyOptions
): Promise<FaultProxy & { readonly close: () => Promise<void> }> => {
  const scope = Scope.makeUnsafe()
  const proxy = await Effect.runPromise(startFaultProxy(options).pipe(Scope.provide(scope)))
  return { ...proxy, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}
