/**
 * Where the settings of a connection come from: an explicit file, KUBECONFIG, ~/.kube/config, or the service account files of
 * the pod this runs in. Finds and parses them with client-node (loaded here, when first needed: it costs 0.4 s) and checks
 * what client-node would only trip over later. Touches the file system and the environment; opens no connection.
 */
import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"
import type { KubeConfig } from "@kubernetes/client-node"
import { Effect } from "effect"
import { KubeError } from "../KubeError.ts"
import { failureDetail } from "./TransportFailure.ts"

/** Mounted into every pod that has a service-account token (Kubernetes docs, "Accessing the API from within a Pod"). */
const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

/** What the caller asked for, and the surroundings it is looked up in. */
export interface SourceRequest {
  readonly kubeconfig?: string
  readonly context?: string
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly home?: string
  /** Prefix of the service account's folder, which client-node wants as such; for tests. */
  readonly root?: string
}

/** Parsed settings with one usable context. */
export interface LoadedConfig {
  readonly config: KubeConfig
  readonly server: URL
  readonly namespace: string
  readonly proxyUrl?: string
}

const configError = (detail: string, field?: string, cause?: unknown): KubeError =>
  new KubeError({
    operation: "KubeConnection.open",
    subject: {},
    reason: field === undefined ? { _tag: "Config", detail } : { _tag: "Config", field, detail },
    ...(cause === undefined ? {} : { cause })
  })

const readFiles = (KubeConfigClass: typeof KubeConfig, files: ReadonlyArray<string>, field: string) =>
  Effect.gen(function* () {
    let merged: KubeConfig | undefined
    for (const file of files) {
      const one = yield* Effect.try({
        try: () => {
          const parsed = new KubeConfigClass()
          parsed.loadFromFile(file)
          return parsed
        },
        catch: (cause) => configError(`${file} cannot be used: ${failureDetail(cause)}`, field, cause)
      })
      if (merged === undefined) merged = one
      else mergeKeepingFirst(merged, one)
    }
    return merged
  })

/** kubectl's rule for several files: the first to name a thing, or a current-context, wins. client-node throws on duplicates. */
const mergeKeepingFirst = (target: KubeConfig, next: KubeConfig): void => {
  for (const cluster of next.clusters)
    if (target.clusters.every(({ name }) => name !== cluster.name)) target.addCluster(cluster)
  for (const user of next.users) if (target.users.every(({ name }) => name !== user.name)) target.addUser(user)
  for (const context of next.contexts)
    if (target.contexts.every(({ name }) => name !== context.name)) target.addContext(context)
  if (!target.currentContext && next.currentContext) target.setCurrentContext(next.currentContext)
}

const locate = Effect.fnUntraced(function* (KubeConfigClass: typeof KubeConfig, request: SourceRequest) {
  const { HOME, KUBECONFIG = "", KUBERNETES_SERVICE_HOST } = request.environment ?? process.env
  if (request.kubeconfig !== undefined) {
    const config = yield* readFiles(KubeConfigClass, [request.kubeconfig], "kubeconfig")
    if (config !== undefined) return config
  }
  const fromEnvironment = KUBECONFIG.split(delimiter).filter((file) => file !== "")
  if (fromEnvironment.length > 0) {
    // as kubectl: a listed file may be missing as long as one of them is there
    const present = fromEnvironment.filter((file) => existsSync(file))
    if (present.length === 0)
      return yield* configError(`none of its files exists: ${fromEnvironment.join(", ")}`, "KUBECONFIG")
    const config = yield* readFiles(KubeConfigClass, present, "KUBECONFIG")
    if (config !== undefined) return config
  }
  const homeFile = join(request.home ?? HOME ?? homedir(), ".kube", "config")
  if (existsSync(homeFile)) {
    const config = yield* readFiles(KubeConfigClass, [homeFile], homeFile)
    if (config !== undefined) return config
  }
  const root = request.root ?? ""
  if (existsSync(`${root}${serviceAccountToken}`) && KUBERNETES_SERVICE_HOST) {
    const config = new KubeConfigClass()
    config.loadFromCluster(root)
    return config
  }
  return yield* configError(
    `no cluster is configured. Looked at the KUBECONFIG variable (not set), ${homeFile} (not there), and the service account of a pod (${serviceAccountToken} with KUBERNETES_SERVICE_HOST, not there). Give a kubeconfig file.`
  )
})

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

/** Chooses the context and checks everything a connection needs. */
const check = Effect.fnUntraced(function* (KubeConfigClass: typeof KubeConfig, found: KubeConfig, wanted?: string) {
  const name = wanted ?? found.currentContext
  if (!name)
    return yield* configError(
      "none is set. Name a context, or set one with `kubectl config use-context`",
      "current-context"
    )
  const context = found.contexts.find((one) => one.name === name)
  if (context === undefined)
    return yield* configError(
      `there is no context "${name}"; there are: ${found.contexts.map((one) => one.name).join(", ") || "none"}`,
      wanted === undefined ? "current-context" : "context"
    )
  const cluster = found.clusters.find((one) => one.name === context.cluster)
  if (cluster === undefined)
    return yield* configError(`there is no cluster "${context.cluster}"`, `contexts[${name}].context.cluster`)
  if (context.user && found.users.every((one) => one.name !== context.user))
    return yield* configError(`there is no user "${context.user}"`, `contexts[${name}].context.user`)
  const field = `clusters[${cluster.name}].cluster`
  const server = yield* Effect.try({
    try: () => new URL(cluster.server),
    catch: () => configError(`"${cluster.server}" is not a URL`, `${field}.server`)
  })
  if (server.protocol !== "https:" && server.protocol !== "http:")
    return yield* configError(`"${cluster.server}" is neither https nor http`, `${field}.server`)
  if (server.protocol === "http:" && !cluster.skipTLSVerify && !isLoopback(server.hostname))
    return yield* configError(
      "plain http would send credentials in the clear. Use https, or set insecure-skip-tls-verify to allow it",
      `${field}.server`
    )
  const proxyUrl = cluster.proxyUrl || undefined
  if (proxyUrl !== undefined && !/^https?:\/\//.test(proxyUrl))
    return yield* configError(
      `"${proxyUrl.replace(/\/\/[^@/]*@/, "//")}" is not supported; http and https proxies are`,
      `${field}.proxy-url`
    )
  const config = new KubeConfigClass()
  config.loadFromOptions({
    // client-node refuses http without this flag, whose other meaning is void when there is no TLS
    clusters: [{ ...cluster, skipTLSVerify: cluster.skipTLSVerify || server.protocol === "http:" }],
    // without a user client-node would leave the cluster's CA out, too
    users: [found.users.find((one) => one.name === context.user) ?? { name: context.user || "anonymous" }],
    contexts: [{ ...context, user: context.user || "anonymous" }],
    currentContext: name
  })
  const loaded: LoadedConfig = {
    config,
    server,
    namespace: context.namespace?.trim() || "default",
    ...(proxyUrl === undefined ? {} : { proxyUrl })
  }
  return loaded
})

/** Finds, parses and checks the settings; every error is a `Config` one that names the field or the places looked at. */
export const loadConfig = Effect.fn("KubeConnection.loadConfig")(function* (request: SourceRequest) {
  const client = yield* Effect.tryPromise({
    try: () => import("@kubernetes/client-node"),
    catch: (cause) => configError(`@kubernetes/client-node cannot be loaded: ${failureDetail(cause)}`, undefined, cause)
  })
  const found = yield* locate(client.KubeConfig, request)
  return yield* check(client.KubeConfig, found, request.context)
})
