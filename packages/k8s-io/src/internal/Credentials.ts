/**
 * Who we are: headers and TLS material, asked of client-node anew for every request and every connection, so that rotated
 * tokens, certificates and authorities are taken up. Runs exec plugins and reads files through client-node; one question at a
 * time, however many requests wait for the answer (client-node would start a plugin for each).
 */
import type { OutgoingHttpHeaders } from "node:http"
import type { RequestOptions } from "node:https"
import { Effect, Semaphore } from "effect"
import { KubeError } from "../KubeError.ts"
import { makeConfigMaterial } from "./ConfigMaterial.ts"
import type { SourceRequest } from "./KubeConfigFiles.ts"
import { type LoadedConfig, loadConfig } from "./KubeConfigSource.ts"
import type { TlsSettings } from "./TlsSettings.ts"
import { failureDetail } from "./TransportFailure.ts"

/** What to send and to show. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsSettings
}

/** Asks for credentials. */
export interface Credentials {
  readonly loaded: LoadedConfig
  /** The current ones. Concurrent callers share one answer. */
  readonly current: () => Promise<Credential>
  /** What a request needs; reads no certificates of a config. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  /** What a new socket needs; asks for no token. */
  readonly tls: () => Promise<TlsSettings>
  /** Reads the kubeconfig again, and asks for a new token, at most once in `reloadPause`. */
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

const nothing: Credential = { headers: {}, tls: {} }

const ask = async ({ config }: LoadedConfig): Promise<Credential> => {
  if (config === undefined) return nothing
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
    }
  }
}

/** A failure to read or obtain credentials, for example a missing certificate file or a failing exec plugin. */
export const credentialError = (loaded: LoadedConfig, cause: unknown): KubeError => {
  if (cause instanceof KubeError) return cause
  const user = loaded.config?.getCurrentUser()
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
  const material = request.config === undefined ? undefined : makeConfigMaterial(request.config)
  let inFlight: Promise<Credential> | undefined
  let lastReload: number | undefined
  const inherited = (): Promise<Credential> => {
    if (inFlight === undefined) {
      inFlight = ask(loaded).finally(() => {
        inFlight = undefined
      })
    }
    return inFlight
  }
  const withMaterial = async (settings: TlsSettings): Promise<TlsSettings> => ({
    ...settings,
    ...(await material?.tls())
  })
  const tls = async (): Promise<TlsSettings> => withMaterial((await inherited()).tls)
  const withAuthorization = async (given: Credential["headers"]): Promise<Credential["headers"]> => {
    const authorization = await material?.authorization()
    return authorization === undefined ? given : { ...given, Authorization: authorization }
  }
  const headers = async () => withAuthorization((await inherited()).headers)
  const current = async (): Promise<Credential> => {
    const one = await inherited()
    return { headers: await withAuthorization(one.headers), tls: await withMaterial(one.tls) }
  }
  const lock = yield* Semaphore.make(1)
  const reload = lock.withPermit(
    Effect.suspend(() => {
      if (lastReload !== undefined && performance.now() - lastReload < reloadPause) return Effect.void
      return Effect.map(loadConfig(request), (fresh) => {
        material?.refuse()
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
    headers,
    tls,
    reload
  }
  return credentials
})
