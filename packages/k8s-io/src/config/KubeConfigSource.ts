/**
 * The settings of a connection, from what `KubeConfigFiles` finds and what a config adds. Checks
 * what a connection would only trip over later, and opens none.
 */

import { Effect } from "effect"
import { configError } from "./ConfigError.ts"
import {
  type ConnectionConfig,
  DEFAULT_MASTER_URL,
  givenFields,
  IDENTITY_FIELDS,
  TRUST_FIELDS
} from "./ConnectionConfig.ts"
import type { KubeCluster, KubeUser } from "./KubeConfigDocument.ts"
import { type FoundConfig, locate, type SourceRequest } from "./KubeConfigFiles.ts"
import { type KubeIdentity, makeKubeIdentity } from "./KubeIdentity.ts"
import { shownName } from "./PathText.ts"
import { isLoopback, type ProxyRoute, proxyFromEnvironment } from "./ProxyRoute.ts"

/** Parsed settings with one usable context. */
export interface LoadedConfig {
  /** Of a kubeconfig or the pod's service account; undefined when nothing of it is used. */
  readonly identity?: KubeIdentity
  /** Whose identity it is. */
  readonly user?: KubeUser
  readonly server: URL
  readonly namespace: string
  /** Where it was found, for people. */
  readonly source: string
  readonly proxy?: ProxyRoute
}

/**
 * The server's URL. Plain http is for the loopback and for those who have said that they want no
 * TLS.
 */
const readServer = Effect.fnUntraced(function* (text: string, field: string, insecure: boolean, remedy: string) {
  const server = yield* Effect.try({
    try: () => new URL(text.trim()),
    catch: () => configError(`"${text}" is not a URL`, field)
  })
  if (server.protocol !== "https:" && server.protocol !== "http:")
    return yield* configError(`"${text}" is neither https nor http`, field)
  if (server.protocol === "http:" && !insecure && !isLoopback(server.hostname))
    return yield* configError(
      `plain http would send credentials in the clear. Use https, or set ${remedy} to allow it`,
      field
    )
  return server
})

const masterServer = (config: ConnectionConfig) =>
  readServer(
    config.masterUrl ?? DEFAULT_MASTER_URL,
    "config.masterUrl",
    config.trustCerts === true,
    "config.trustCerts"
  )

/** The proxy of the environment, when the kubeconfig has none of its own. */
const environmentProxy = Effect.fnUntraced(function* (server: URL, environment: SourceRequest["environment"]) {
  const route = proxyFromEnvironment(server, environment ?? process.env)
  if (route === undefined) return {}
  if ("problem" in route) return yield* configError(route.problem, route.field)
  return { proxy: route }
})

const clusterProxy = Effect.fnUntraced(function* (proxyUrl: string, field: string) {
  if (!/^https?:\/\//.test(proxyUrl) || !URL.canParse(proxyUrl))
    return yield* configError(
      `"${proxyUrl.replace(/\/\/[^@/]*@/, "//")}" is not supported; http and https proxies are`,
      field
    )
  return { proxy: { url: new URL(proxyUrl), field } }
})

/** A context without a user, and a config that says who we are in the place of the user. */
const nobody = (name: string): KubeUser => ({ name: name || "anonymous" })

/**
 * What is left of the cluster beside a config, as kubectl's own flags have it: another server has
 * another name, and another trust stands in for the authority as a whole.
 */
const remainingCluster = (cluster: KubeCluster, server: URL, config: ConnectionConfig): KubeCluster => {
  const { caData, caFile, skipTLSVerify, tlsServerName, ...rest } = cluster
  const trusts = givenFields(config, TRUST_FIELDS).length > 0
  return {
    ...rest,
    server: server.href,
    skipTLSVerify: skipTLSVerify && !trusts,
    ...(trusts || caData === undefined ? {} : { caData }),
    ...(trusts || caFile === undefined ? {} : { caFile }),
    ...(tlsServerName === undefined || config.masterUrl !== undefined ? {} : { tlsServerName })
  }
}

/**
 * Refuses impersonation that cannot be sent in full: a partial one would act with other rights than
 * the file asks for.
 */
const checkImpersonation = Effect.fnUntraced(function* (user: KubeUser) {
  const { impersonateExtra = {}, impersonateGroups = [], impersonateUid, impersonateUser } = user
  const field = `users[${user.name}].user`
  const extra = Object.keys(impersonateExtra)
  if (impersonateUser === undefined && (impersonateUid !== undefined || impersonateGroups.length + extra.length > 0))
    return yield* configError("as-uid, as-groups and as-user-extra need a user to impersonate: set `as`", `${field}.as`)
  if (impersonateGroups.length > 1)
    return yield* configError(
      `${impersonateGroups.length} groups cannot be impersonated at once, only one. Bind the rights to one of them, or to the user`,
      `${field}.as-groups`
    )
  if (extra.length > 0)
    return yield* configError("extra attributes cannot be impersonated. Leave them out", `${field}.as-user-extra`)
})

/** Chooses the context and checks everything a connection needs. */
const check = Effect.fnUntraced(function* (
  { config: found, place }: FoundConfig,
  { config = {}, context: wanted, environment }: SourceRequest
) {
  const name = wanted ?? found.currentContext
  if (!name)
    return yield* configError(
      "none is set. Name a context, or set one with `kubectl config use-context`",
      "current-context"
    )
  const context = found.contexts.find((one) => one.name === name)
  if (context === undefined)
    return yield* configError(
      `there is no context "${shownName(name)}"; there are: ${found.contexts.map((one) => one.name).join(", ") || "none"}`,
      wanted === undefined ? "current-context" : "context"
    )
  const cluster = found.clusters.find((one) => one.name === context.cluster)
  if (cluster === undefined)
    return yield* configError(`there is no cluster "${context.cluster}"`, `contexts[${name}].context.cluster`)
  if (context.user && found.users.every((one) => one.name !== context.user))
    return yield* configError(`there is no user "${context.user}"`, `contexts[${name}].context.user`)
  const field = `clusters[${cluster.name}].cluster`
  const server =
    config.masterUrl === undefined
      ? yield* readServer(cluster.server, `${field}.server`, cluster.skipTLSVerify, "insecure-skip-tls-verify")
      : yield* masterServer(config)
  const user = found.users.find((one) => one.name === context.user)
  const inherited = user === undefined || givenFields(config, IDENTITY_FIELDS).length > 0 ? nobody(context.user) : user
  yield* checkImpersonation(inherited)
  const loaded: LoadedConfig = {
    identity: yield* makeKubeIdentity(remainingCluster(cluster, server, config), inherited, cluster),
    user: inherited,
    server,
    source: place(name),
    namespace: config.namespace ?? (context.namespace?.trim() || "default"),
    ...(cluster.proxyUrl
      ? yield* clusterProxy(cluster.proxyUrl, `${field}.proxy-url`)
      : yield* environmentProxy(server, environment))
  }
  return loaded
})

/** A connection of which the config says everything. */
const fromConfigAlone = Effect.fnUntraced(function* (config: ConnectionConfig, request: SourceRequest) {
  const server = yield* masterServer(config)
  const loaded: LoadedConfig = {
    server,
    source: "config",
    namespace: config.namespace ?? "default",
    ...(yield* environmentProxy(server, request.environment))
  }
  return loaded
})

/**
 * Finds, parses and checks the settings; every error is a `Config` one that names the field or the
 * places looked at.
 */
export const loadConfig = Effect.fn("KubeConnection.loadConfig")(function* (request: SourceRequest) {
  const { config } = request
  if (config?.inherit === false) return yield* fromConfigAlone(config, request)
  const found = yield* locate(request)
  return found === undefined ? yield* fromConfigAlone(config ?? {}, request) : yield* check(found, request)
})
