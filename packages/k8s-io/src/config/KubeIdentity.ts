/**
 * Whom a kubeconfig trusts and who it says we are, as TLS settings and headers, read again for
 * every question. Tokens, certificates and passwords are read here; exec plugins and auth providers
 * are run by client-node, which is loaded for them alone: it costs 0.4 s and 65 MiB.
 */
import { readFile } from "node:fs/promises"
import type { OutgoingHttpHeaders } from "node:http"
import type { RequestOptions } from "node:https"
import { Duration, Effect } from "effect"
import { failureDetail } from "../error/TransportFailure.ts"
import { configError } from "./ConfigError.ts"
import type { KubeCluster, KubeExec, KubeUser } from "./KubeConfigDocument.ts"
import { pathProblem } from "./PathText.ts"
import type { TlsSettings } from "./TlsSettings.ts"
import { makeTokenSource } from "./TokenSource.ts"

/**
 * Headers and TLS settings, as of the moment they are asked for. Both reject with a `Config` error.
 */
export interface KubeIdentity {
  readonly headers: () => Promise<Readonly<Record<string, string>>>
  readonly tls: () => Promise<TlsSettings>
}

/** A token file is read again after this: the kubelet puts new tokens there; as client-go. */
const tokenFileAge = Duration.minutes(1)

const basic = (name: string, password = ""): string => `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`

const fromDataOrFile = async (
  data: string | undefined,
  file: string | undefined,
  field: string
): Promise<Buffer | undefined> => {
  if (data !== undefined) return Buffer.from(data, "base64")
  if (file === undefined) return undefined
  const problem = pathProblem(file)
  if (problem !== undefined) throw configError(problem, field)
  return readFile(file).catch((cause) => {
    throw configError(`cannot be read: ${failureDetail(cause)}`, field, cause)
  })
}

const readTokenFile = (file: string, field: string) =>
  Effect.suspend(() => {
    const problem = pathProblem(file)
    return problem === undefined
      ? Effect.tryPromise({
          try: () => readFile(file, "utf8"),
          catch: (cause) => configError(`cannot be read: ${failureDetail(cause)}`, field, cause)
        })
      : Effect.fail(configError(problem, field))
  }).pipe(
    Effect.map((token) => token.trim()),
    Effect.filterOrFail(
      (token) => token !== "",
      () => configError(`${file} is empty`, field)
    )
  )

/**
 * Whom we ask to be taken for; more than one group would take a header twice, and is refused before
 * (`KubeConfigSource`).
 */
const impersonation = ({ impersonateGroups, impersonateUid, impersonateUser }: KubeUser): Record<string, string> => ({
  ...(impersonateUser === undefined ? {} : { "Impersonate-User": impersonateUser }),
  ...(impersonateUid === undefined ? {} : { "Impersonate-Uid": impersonateUid }),
  ...(impersonateGroups?.[0] === undefined ? {} : { "Impersonate-Group": impersonateGroups[0] })
})

const plainIdentity = Effect.fnUntraced(function* (cluster: KubeCluster, user: KubeUser) {
  const { password, token, tokenFile, username } = user
  const fromFile =
    tokenFile === undefined
      ? undefined
      : yield* makeTokenSource({
          fetch: readTokenFile(tokenFile, `users[${user.name}].user.tokenFile`),
          cache: tokenFileAge
        })
  const authorization = async (): Promise<string | undefined> => {
    if (username !== undefined) return basic(username, password)
    if (fromFile !== undefined) return `Bearer ${await fromFile.current()}`
    return token === undefined ? undefined : `Bearer ${token.trim()}`
  }
  const identity: KubeIdentity = {
    headers: async () => {
      const given = await authorization()
      return {
        ...(given === undefined ? {} : { Authorization: given }),
        ...impersonation(user)
      }
    },
    tls: async () => {
      const ca = await fromDataOrFile(
        cluster.caData,
        cluster.caFile,
        `clusters[${cluster.name}].cluster.certificate-authority`
      )
      const cert = await fromDataOrFile(user.certData, user.certFile, `users[${user.name}].user.client-certificate`)
      const key = await fromDataOrFile(user.keyData, user.keyFile, `users[${user.name}].user.client-key`)
      return {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(cluster.skipTLSVerify ? { rejectUnauthorized: false } : {}),
        ...(cluster.tlsServerName === undefined ? {} : { servername: cluster.tlsServerName })
      }
    }
  }
  return identity
})

/**
 * What an exec plugin is told in KUBERNETES_EXEC_INFO (client-go, `exec.LoadExecCredential`);
 * client-node leaves it out.
 */
const execInfo = (exec: KubeExec, cluster: KubeCluster): string =>
  JSON.stringify({
    kind: "ExecCredential",
    apiVersion: exec.apiVersion,
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo === true
        ? {
            cluster: {
              server: cluster.server,
              ...(cluster.tlsServerName === undefined ? {} : { "tls-server-name": cluster.tlsServerName }),
              ...(cluster.skipTLSVerify ? { "insecure-skip-tls-verify": true } : {}),
              ...(cluster.caData === undefined ? {} : { "certificate-authority-data": cluster.caData }),
              ...(cluster.proxyUrl === undefined ? {} : { "proxy-url": cluster.proxyUrl })
            }
          }
        : {})
    }
  })

const withExecInfo = (user: KubeUser, cluster: KubeCluster): KubeUser =>
  user.exec === undefined
    ? user
    : {
        ...user,
        exec: {
          ...user.exec,
          env: [...(user.exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: execInfo(user.exec, cluster) }]
        }
      }

const material = (value: unknown): string | Buffer | undefined =>
  typeof value === "string" || Buffer.isBuffer(value) ? value : undefined

const headersOf = (headers: OutgoingHttpHeaders | undefined): Record<string, string> => {
  const result: Record<string, string> = {}
  // a plugin's token may end with a newline, which no header may hold
  for (const [name, value] of Object.entries(headers ?? {}))
    if (value !== undefined) result[name] = String(value).trim()
  return result
}

const loadClient = async (cluster: KubeCluster, user: KubeUser, told: KubeCluster) => {
  const { KubeConfig } = await import("@kubernetes/client-node")
  const config = new KubeConfig()
  const { proxyUrl: _ours, ...rest } = cluster
  config.loadFromOptions({
    // client-node refuses http without this flag, whose other meaning is void when there is no TLS
    clusters: [{ ...rest, skipTLSVerify: rest.skipTLSVerify || rest.server.startsWith("http:") }],
    users: [withExecInfo(user, told)],
    contexts: [{ name: "current", cluster: cluster.name, user: user.name }],
    currentContext: "current"
  })
  return config
}

/**
 * One question at a time, however many wait for the answer: client-node would start a plugin for
 * each.
 */
const pluginIdentity = (cluster: KubeCluster, user: KubeUser, told: KubeCluster): KubeIdentity => {
  let client: ReturnType<typeof loadClient> | undefined
  const ask = async () => {
    client ??= loadClient(cluster, user, told)
    const options: RequestOptions & { servername?: string } = {}
    await (await client).applyToHTTPSOptions(options)
    const ca = material(options.ca)
    const cert = material(options.cert)
    const key = material(options.key)
    const headers = {
      ...headersOf(options.headers as OutgoingHttpHeaders | undefined),
      ...impersonation(user),
      ...(typeof options.auth === "string" ? { Authorization: basic(user.username ?? "", user.password) } : {})
    }
    const tls: TlsSettings = {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(options.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: options.rejectUnauthorized }),
      ...(options.servername === undefined ? {} : { servername: options.servername })
    }
    return { headers, tls }
  }
  let inFlight: ReturnType<typeof ask> | undefined
  const shared = () => {
    inFlight ??= ask().finally(() => {
      inFlight = undefined
    })
    return inFlight
  }
  return { headers: async () => (await shared()).headers, tls: async () => (await shared()).tls }
}

/**
 * `told` is the cluster that an exec plugin is told about: as the file has it, whatever a config
 * adds.
 */
export const makeKubeIdentity = (
  cluster: KubeCluster,
  user: KubeUser,
  told: KubeCluster
): Effect.Effect<KubeIdentity> =>
  user.exec === undefined && user.authProvider === undefined
    ? plainIdentity(cluster, user)
    : Effect.succeed(pluginIdentity(cluster, user, told))
