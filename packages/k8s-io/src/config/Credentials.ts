/**
 * Who we are: headers and TLS material, asked for anew for every request and every connection, so
 * that rotated tokens, certificates and authorities are taken up. What a config gives goes over
 * what a kubeconfig gives.
 */
import { Effect, Semaphore } from "effect"
import { KubeError } from "../error/KubeError.ts"
import { failureDetail } from "../error/TransportFailure.ts"
import { makeConfigMaterial } from "./ConfigMaterial.ts"
import type { SourceRequest } from "./KubeConfigFiles.ts"
import { type LoadedConfig, loadConfig } from "./KubeConfigSource.ts"
import type { TlsSettings } from "./TlsSettings.ts"

/** What to send and to show. */
export interface Credential {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsSettings
}

/** Asks for credentials. */
export interface Credentials {
  readonly loaded: LoadedConfig
  /** The current ones. */
  readonly current: () => Promise<Credential>
  /** What a request needs; reads no certificates. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  /** What a new socket needs; asks for no token. */
  readonly tls: () => Promise<TlsSettings>
  /** Reads the kubeconfig again, and asks for a new token, at most once in `reloadPause`. */
  readonly reload: Effect.Effect<void, KubeError>
}

/** After a 401 the files are read again; requests failing together shall not each do it. */
const reloadPause = 5_000

/**
 * A failure to read or obtain credentials, for example a missing certificate file or a failing exec
 * plugin.
 */
export const credentialError = (loaded: LoadedConfig, cause: unknown): KubeError => {
  if (cause instanceof KubeError) return cause
  const { user } = loaded
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
  const material = request.config === undefined ? undefined : yield* makeConfigMaterial(request.config)
  let lastReload: number | undefined
  const tls = async (): Promise<TlsSettings> => ({ ...(await loaded.identity?.tls()), ...(await material?.tls()) })
  const headers = async (): Promise<Credential["headers"]> => {
    const given = (await loaded.identity?.headers()) ?? {}
    const authorization = await material?.authorization()
    return authorization === undefined ? given : { ...given, Authorization: authorization }
  }
  const current = async (): Promise<Credential> => {
    const [answer, settings] = await Promise.all([headers(), tls()])
    return { headers: answer, tls: settings }
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
