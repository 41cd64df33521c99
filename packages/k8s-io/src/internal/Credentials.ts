/**
 * Who we are: headers and TLS material, asked of client-node anew for every request and every connection, so that rotated
 * tokens, certificates and authorities are taken up. Runs exec plugins and reads files through client-node; one question at a
 * time, however many requests wait for the answer (client-node would start a plugin for each).
 */
import type { Agent, OutgoingHttpHeaders } from "node:http"
import type { RequestOptions } from "node:https"
import { Effect, Semaphore } from "effect"
import { KubeError } from "../KubeError.ts"
import { type LoadedConfig, loadConfig, type SourceRequest } from "./KubeConfigSource.ts"
import { failureDetail } from "./TransportFailure.ts"

/** TLS settings of a connection, in the words of `node:tls`. */
export interface TlsSettings {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

/** What to send and to show. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsSettings
  /** client-node's agent for the proxy of the kubeconfig. */
  readonly agent?: Agent
}

/** Asks for credentials. */
export interface Credentials {
  readonly loaded: LoadedConfig
  /** The current ones. Concurrent callers share one answer. */
  readonly current: () => Promise<Credential>
  /** Reads the kubeconfig again, at most once in `reloadPause`. */
  readonly reload: Effect.Effect<void, KubeError>
}

/** After a 401 the files are read again; requests failing together shall not each do it. */
const reloadPause = 5_000

const material = (value: unknown): string | Buffer | undefined =>
  typeof value === "string" || Buffer.isBuffer(value) ? value : undefined

const headersOf = (headers: OutgoingHttpHeaders | undefined): Record<string, string> => {
  const result: Record<string, string> = {}
  // token files end with a newline, which no header may hold
  for (const [name, value] of Object.entries(headers ?? {}))
    if (value !== undefined) result[name] = String(value).trim()
  return result
}

const ask = async ({ config, proxyUrl }: LoadedConfig): Promise<Credential> => {
  const options: RequestOptions & { servername?: string } = {}
  await config.applyToHTTPSOptions(options)
  const basic = typeof options.auth === "string" ? Buffer.from(options.auth).toString("base64") : undefined
  const headers = {
    ...headersOf(options.headers as OutgoingHttpHeaders | undefined),
    ...(basic === undefined ? {} : { Authorization: `Basic ${basic}` })
  }
  const ca = material(options.ca)
  const cert = material(options.cert)
  const key = material(options.key)
  return {
    headers,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
      ...(options.servername === undefined ? {} : { servername: options.servername })
    },
    ...(proxyUrl !== undefined && typeof options.agent === "object" ? { agent: options.agent } : {})
  }
}

/** A failure to read or obtain credentials, for example a missing certificate file or a failing exec plugin. */
export const credentialError = (loaded: LoadedConfig, cause: unknown): KubeError => {
  const user = loaded.config.getCurrentUser()
  const field = user?.exec ? `users[${user.name}].user.exec` : `users[${user?.name ?? ""}].user`
  const detail = `credentials cannot be obtained: ${failureDetail(cause).trim() || "the plugin failed without a word"}`
  return new KubeError({
    operation: "KubeConnection.credentials",
    subject: {},
    reason: { _tag: "Config", field, detail },
    cause
  })
}

/** Loads the configuration and stands ready to answer. */
export const makeCredentials = Effect.fnUntraced(function* (request: SourceRequest) {
  let loaded = yield* loadConfig(request)
  let inFlight: Promise<Credential> | undefined
  let lastReload = 0
  const current = (): Promise<Credential> => {
    if (inFlight === undefined) {
      inFlight = ask(loaded).finally(() => {
        inFlight = undefined
      })
    }
    return inFlight
  }
  const lock = yield* Semaphore.make(1)
  const reload = lock.withPermit(
    Effect.suspend(() => {
      if (performance.now() - lastReload < reloadPause && lastReload !== 0) return Effect.void
      return Effect.map(loadConfig(request), (fresh) => {
        loaded = fresh
        lastReload = performance.now()
      })
    })
  )
  const credentials: Credentials = {
    get loaded() {
      return loaded
    },
    current,
    reload
  }
  return credentials
})
