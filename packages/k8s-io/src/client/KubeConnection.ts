/**
 * The connection to one API server: where it is, who we are, and one pooled HTTP client.
 * client-node supplies settings and credentials and is loaded when a connection is made, not
 * before; sockets are ours: one undici dispatcher for everything, HTTP/1.1, TLS settings asked for
 * anew at every new socket.
 */
import { createHash } from "node:crypto"
import type { Agent as HttpAgent } from "node:http"
import type { Socket } from "node:net"
import { Dispatcher, makeUndici } from "@effect/platform-node/NodeHttpClient"
import { Context, Effect, Layer, type Scope } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import type { ConnectionConfig } from "../config/ConnectionConfig.ts"
import { type Credentials, credentialError, makeCredentials } from "../config/Credentials.ts"
import { makeSocketSettings, type SocketSettings, type TlsSettings } from "../config/TlsSettings.ts"
import type { KubeError } from "../error/KubeError.ts"
import { makeProxyTunnel, type ProxyTunnel } from "./ProxyTunnel.ts"
import { makeRequestTurns, type RequestTurns } from "./RequestRate.ts"
import { makeServerReach, type ServerReach } from "./ServerReach.ts"

/** What a WebSocket to the API server needs besides its URL. */
export interface WebSocketOptions extends SocketSettings {
  readonly headers: Readonly<Record<string, string>>
  /** Set when the connection goes through a proxy; then it also carries the TLS settings. */
  readonly agent?: HttpAgent
}

/** Where a connection's settings come from. Both default to what kubectl would take. */
export interface KubeConnectionOptions {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string
  /** Name of a context in it, else its current-context. */
  readonly context?: string
  /** Fields of a connection: added to the above, or with `inherit: false` in its place. */
  readonly config?: ConnectionConfig
}

/** Longest wait for a TCP and TLS connection, milliseconds; undici's own default. */
const connectTimeout = 10_000

/**
 * How long an idle pooled socket is kept, milliseconds. The API server closes idle ones after 90 s;
 * balancers after 60 s.
 */
const idleSocketTimeout = 30_000

/**
 * TCP keep-alive probes start after this long, milliseconds; as client-go, and under the 60 s of
 * cloud balancers.
 */
const keepAliveDelay = 30_000

/**
 * One dispatcher for all requests. TLS settings are asked for per socket, so rotated certificates
 * are taken up.
 */
const makeDispatcher = Effect.fnUntraced(function* (
  credentials: Credentials,
  socketSettings: (tls: TlsSettings) => SocketSettings,
  tunnel: ProxyTunnel | undefined
) {
  const undici = yield* Effect.promise(() => import("@effect/platform-node/Undici"))
  const isSecure = credentials.loaded.server.protocol === "https:"
  const build = (settings: SocketSettings) =>
    undici.buildConnector({
      ...settings,
      allowH2: false,
      timeout: connectTimeout,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelay
    })
  let connector: { readonly settings: SocketSettings; readonly connect: ReturnType<typeof build> } | undefined
  const connectorFor = (settings: SocketSettings) => {
    // kept while the settings stay, for the TLS sessions it remembers
    if (connector?.settings !== settings) connector = { settings, connect: build(settings) }
    return connector.connect
  }
  type Connect = ReturnType<typeof build>
  const open = async (options: Parameters<Connect>[0], callback: Parameters<Connect>[1]): Promise<void> => {
    const settings = socketSettings(await credentials.tls())
    if (tunnel === undefined) return connectorFor(settings)(options, callback)
    const socket = (await tunnel.open()) as Socket
    if (isSecure) return connectorFor(settings)({ ...options, httpSocket: socket }, callback)
    callback(null, socket)
  }
  return yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new undici.Agent({
          allowH2: false,
          bodyTimeout: 0,
          keepAliveTimeout: idleSocketTimeout,
          connect: (options, callback) => {
            open(options, callback).catch((cause: Error) => callback(cause, null))
          }
        })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )
})

/** Warns once per connection about TLS checks that its config disables. */
const warnOfUnchecked = Effect.fnUntraced(function* ({ disableHostnameVerification, trustCerts }: ConnectionConfig) {
  if (trustCerts)
    yield* Effect.logWarning(
      "config.trustCerts: the API server's certificate is not checked, so anyone on the network path can read the traffic"
    )
  if (disableHostnameVerification)
    yield* Effect.logWarning(
      "config.disableHostnameVerification: the name in the API server's certificate is not checked"
    )
})

/** What a connection to one API server offers. */
export interface KubeConnectionService {
  /** The server's base URL; may have a path, as behind Rancher. */
  readonly server: URL
  /** Namespace of the context, "default" when it names none. */
  readonly namespace: string
  /**
   * Where the settings were found, for people: a file and its context, or the service account of a
   * pod.
   */
  readonly source: string
  /**
   * Tells this cluster from others, as a SHA-256 of its address and the authority that signs for it:
   * two clusters may have one address, as seen from inside. Asks no server.
   */
  readonly clusterId: Effect.Effect<string, KubeError>
  /**
   * Turns for ordinary requests, which all services over this connection share (`RequestRate`); for
   * services alone.
   */
  readonly turns: RequestTurns
  /**
   * Takes paths from the server's root; base URL and credentials are applied, a 401 is retried once
   * with fresh ones.
   */
  readonly http: HttpClient.HttpClient.With<HttpClientError.HttpClientError | KubeError>
  /**
   * Tells within two seconds that the server does not answer the requests of this connection, and
   * when it does again, each once; runs until it is interrupted.
   */
  readonly followSilence: ServerReach["follow"]
  /** Settings for a WebSocket, as of now. */
  readonly webSocketOptions: Effect.Effect<WebSocketOptions, KubeError>
  /**
   * Reads the kubeconfig, and with it every credential, again: for a server that has just answered
   * 401.
   */
  readonly refreshCredentials: Effect.Effect<void, KubeError>
  /**
   * Another connection, of its own, for as long as the scope: this one with what `config` says
   * added, or with `inherit: false` what `config` says alone.
   */
  readonly extend: (config: ConnectionConfig) => Effect.Effect<KubeConnectionService, KubeError, Scope.Scope>
}

/** The connection to one API server. */
export class KubeConnection extends Context.Service<KubeConnection, KubeConnectionService>()(
  "@podwright/k8s-io/KubeConnection"
) {
  /**
   * The connection that kubectl would make: `kubeconfig`, else the KUBECONFIG list, else
   * ~/.kube/config, else the service account of the pod this runs in; through the proxy of the
   * kubeconfig, else of HTTPS_PROXY and NO_PROXY. Fails with a `Config` error that names the field,
   * or all places looked at.
   */
  static readonly layer = (options: KubeConnectionOptions = {}): Layer.Layer<KubeConnection, KubeError> =>
    Layer.effect(KubeConnection, open(options))
}

const open = (options: KubeConnectionOptions): Effect.Effect<KubeConnectionService, KubeError, Scope.Scope> =>
  Effect.gen(function* () {
    const credentials = yield* makeCredentials(options)
    const { namespace, proxy, server, source } = credentials.loaded
    const asked = <A>(question: () => Promise<A>) =>
      Effect.tryPromise({ try: question, catch: (cause) => credentialError(credentials.loaded, cause) })
    if (options.config !== undefined) {
      // what the fields name is read now, so that a wrong one is told before anything is created
      yield* asked(credentials.tls)
      yield* warnOfUnchecked(options.config)
    }
    const tunnel = proxy === undefined ? undefined : yield* makeProxyTunnel(proxy, server)
    const socketSettings = makeSocketSettings()
    const reach = yield* makeServerReach(server.origin)
    const dispatcher = yield* makeDispatcher(credentials, socketSettings, tunnel)
    const client = (yield* makeUndici.pipe(Effect.provideService(Dispatcher, dispatcher))).pipe(
      // Innermost: a plugin that takes its time for credentials is no server that does not answer.
      HttpClient.transform(reach.noting),
      HttpClient.mapRequest(HttpClientRequest.prependUrl(server.href.replace(/\/$/, ""))),
      HttpClient.mapRequestEffect((request) =>
        Effect.map(asked(credentials.headers), (headers) => HttpClientRequest.setHeaders(request, headers))
      )
    )
    const http = HttpClient.makeWith(
      (prepared: Effect.Effect<HttpClientRequest.HttpClientRequest>) =>
        Effect.flatMap(prepared, (request) =>
          Effect.filterOrElse(
            client.execute(request),
            (response) => response.status !== 401,
            (response) =>
              response.text.pipe(
                Effect.ignore,
                Effect.andThen(credentials.reload),
                Effect.andThen(client.execute(request))
              )
          )
        ),
      Effect.succeed
    )
    return KubeConnection.of({
      server,
      namespace,
      source,
      clusterId: Effect.map(asked(credentials.tls), ({ ca = "" }) =>
        createHash("sha256").update(`${server.href}\0`).update(ca).digest("hex")
      ),
      turns: makeRequestTurns(),
      followSilence: reach.follow,
      http,
      refreshCredentials: credentials.reload,
      webSocketOptions: asked(async () => {
        const { headers, tls } = await credentials.current()
        const settings = socketSettings(tls)
        return { headers, ...settings, ...(tunnel === undefined ? {} : { agent: tunnel.agent(settings) }) }
      }),
      extend: (config) => open({ ...options, config })
    })
  })
