/**
 * The connection to one API server: where it is, who we are, and one pooled HTTP client. client-node supplies settings and
 * credentials and is loaded when a connection is made, not before; sockets are ours: one undici dispatcher for everything,
 * HTTP/1.1, TLS settings asked for anew at every new socket.
 */
import type { Agent as HttpAgent } from "node:http"
import { Dispatcher, makeUndici } from "@effect/platform-node/NodeHttpClient"
import { Context, Effect, Layer, type Scope } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import { type Credentials, credentialError, makeCredentials, type TlsSettings } from "./internal/Credentials.ts"
import type { KubeError } from "./KubeError.ts"

/** What a WebSocket to the API server needs besides its URL. */
export interface WebSocketOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
  /** Set when the connection goes through a proxy; then it also carries the TLS settings. */
  readonly agent?: HttpAgent
}

/** Where a connection's settings come from. Both default to what kubectl would take. */
export interface KubeConnectionOptions {
  /** Path of a kubeconfig file. */
  readonly kubeconfig?: string
  /** Name of a context in it, else its current-context. */
  readonly context?: string
}

/** Longest wait for a TCP and TLS connection, milliseconds; undici's own default. */
const connectTimeout = 10_000

/** How long an idle pooled socket is kept, milliseconds. The API server closes idle ones after 90 s; balancers after 60 s. */
const idleSocketTimeout = 30_000

/** TCP keep-alive probes start after this long, milliseconds; as client-go, and under the 60 s of cloud balancers. */
const keepAliveDelay = 30_000

const fingerprint = (tls: TlsSettings): string =>
  [tls.ca, tls.cert, tls.key, tls.rejectUnauthorized, tls.servername].map(String).join("\u0000")

/** One dispatcher for all requests. TLS settings are asked for per socket, so rotated certificates are taken up. */
const makeDispatcher = Effect.fnUntraced(function* (credentials: Credentials) {
  const undici = yield* Effect.promise(() => import("@effect/platform-node/Undici"))
  const { proxyUrl } = credentials.loaded
  const pool = { allowH2: false, bodyTimeout: 0, keepAliveTimeout: idleSocketTimeout }
  if (proxyUrl !== undefined) {
    const { tls } = yield* Effect.tryPromise({
      try: credentials.current,
      catch: (cause) => credentialError(credentials.loaded, cause)
    })
    return yield* Effect.acquireRelease(
      Effect.sync(
        () => new undici.ProxyAgent({ ...pool, uri: proxyUrl, requestTls: { ...tls, timeout: connectTimeout } })
      ),
      (agent) => Effect.promise(() => agent.destroy())
    )
  }
  const build = (tls: TlsSettings) =>
    undici.buildConnector({
      ...tls,
      allowH2: false,
      timeout: connectTimeout,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveDelay
    })
  let connector: { readonly key: string; readonly connect: ReturnType<typeof build> } | undefined
  return yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new undici.Agent({
          ...pool,
          connect: (options, callback) => {
            credentials.current().then(
              ({ tls }) => {
                const key = fingerprint(tls)
                // kept while the settings stay, for the TLS sessions it remembers
                if (connector?.key !== key) connector = { key, connect: build(tls) }
                connector.connect(options, callback)
              },
              (cause: unknown) => callback(credentialError(credentials.loaded, cause), null)
            )
          }
        })
    ),
    (agent) => Effect.promise(() => agent.destroy())
  )
})

/** The connection to one API server. */
export class KubeConnection extends Context.Service<
  KubeConnection,
  {
    /** The server's base URL; may have a path, as behind Rancher. */
    readonly server: URL
    /** Namespace of the context, "default" when it names none. */
    readonly namespace: string
    /** Headers that say who we are, as of now. May run an exec plugin. */
    readonly authHeaders: Effect.Effect<Record<string, string>, KubeError>
    /** Takes paths from the server's root; base URL and credentials are applied, a 401 is retried once with fresh ones. */
    readonly http: HttpClient.HttpClient.With<HttpClientError.HttpClientError | KubeError>
    /** Settings for a WebSocket, as of now. */
    readonly webSocketOptions: Effect.Effect<WebSocketOptions, KubeError>
    /** Reads the kubeconfig, and with it every credential, again: for a server that has just answered 401. */
    readonly refreshCredentials: Effect.Effect<void, KubeError>
  }
>()("@podwright/k8s-io/KubeConnection") {
  /**
   * The connection that kubectl would make: `kubeconfig`, else the KUBECONFIG list, else ~/.kube/config, else the service
   * account of the pod this runs in. Fails with a `Config` error that names the field, or all places looked at.
   */
  static readonly layer = (options: KubeConnectionOptions = {}): Layer.Layer<KubeConnection, KubeError> =>
    Layer.effect(KubeConnection, open(options))
}

const open = (options: KubeConnectionOptions): Effect.Effect<KubeConnection["Service"], KubeError, Scope.Scope> =>
  Effect.gen(function* () {
    const credentials = yield* makeCredentials(options)
    const dispatcher = yield* makeDispatcher(credentials)
    const { server, namespace } = credentials.loaded
    const current = Effect.tryPromise({
      try: credentials.current,
      catch: (cause) => credentialError(credentials.loaded, cause)
    })
    const authHeaders = Effect.map(current, ({ headers }) => ({ ...headers }))
    const client = (yield* makeUndici.pipe(Effect.provideService(Dispatcher, dispatcher))).pipe(
      HttpClient.mapRequest(HttpClientRequest.prependUrl(server.href.replace(/\/$/, ""))),
      HttpClient.mapRequestEffect((request) =>
        Effect.map(authHeaders, (headers) => HttpClientRequest.setHeaders(request, headers))
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
      authHeaders,
      http,
      refreshCredentials: credentials.reload,
      webSocketOptions: Effect.map(current, ({ headers, tls, agent }) => ({
        headers,
        ...tls,
        ...(agent === undefined ? {} : { agent })
      }))
    })
  })
