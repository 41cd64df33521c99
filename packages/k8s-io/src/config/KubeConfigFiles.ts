/**
 * Where a kubeconfig comes from: an explicit file, KUBECONFIG, ~/.kube/config, or the service
 * account files of the pod this runs in. Finds, reads and joins them. Touches the file system and
 * the environment.
 */
import { existsSync, readFileSync } from "node:fs"
import { isIPv6 } from "node:net"
import { homedir } from "node:os"
import { delimiter, dirname, join, resolve } from "node:path"
import { Effect } from "effect"
import type { KubeError } from "../error/KubeError.ts"
import { failureDetail } from "../error/TransportFailure.ts"
import { configError, noClusterError } from "./ConfigError.ts"
import { type ConnectionConfig, givenFields, IDENTITY_FIELDS } from "./ConnectionConfig.ts"
import { type KubeConfigDocument, mergeKeepingFirst, readKubeConfig } from "./KubeConfigDocument.ts"
import { pathProblem } from "./PathText.ts"

/** Mounted into every pod that has a service-account token. */
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"
const serviceAccountToken = `${serviceAccount}/token`

/** What the caller asked for, and the surroundings it is looked up in. */
export interface SourceRequest {
  readonly kubeconfig?: string
  readonly context?: string
  /** Adds to what is found, or with `inherit: false` stands alone. */
  readonly config?: ConnectionConfig
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly home?: string
  /** Prefix of the service account's folder; for tests. */
  readonly root?: string
}

const readFiles = Effect.fnUntraced(function* (files: ReadonlyArray<string>, field: string) {
  // Loaded here: a connection of which a config says everything reads no YAML.
  const { LineCounter, parseDocument } = yield* Effect.promise(() => import("yaml"))
  let merged: KubeConfigDocument | undefined
  for (const file of files) {
    const problem = pathProblem(file)
    if (problem !== undefined) return yield* configError(problem, field)
    const refuse = (detail: string, cause?: unknown) => configError(`${file} cannot be used: ${detail}`, field, cause)
    const lineCounter = new LineCounter()
    const value = yield* Effect.try({
      try: (): unknown => {
        // Not the library's pretty errors: they show the line, which may be the token's.
        const document = parseDocument(readFileSync(file, "utf8"), { lineCounter, merge: true, prettyErrors: false })
        const [error] = document.errors
        if (error === undefined) return document.toJS()
        const { col, line } = lineCounter.linePos(error.pos[0])
        throw new Error(`line ${line}, column ${col}: ${error.message}`)
      },
      catch: (cause) => refuse(failureDetail(cause), cause)
    })
    const one = yield* Effect.mapError(Effect.fromResult(readKubeConfig(value, dirname(resolve(file)))), (detail) =>
      refuse(detail)
    )
    merged = merged === undefined ? one : mergeKeepingFirst(merged, one)
  }
  return merged
})

/**
 * The service account of the pod this runs in (Kubernetes docs, "Accessing the API from within a
 * Pod").
 */
const inCluster = (root: string, host: string, port: string | undefined): KubeConfigDocument => {
  const file = (name: string) => `${root}${serviceAccount}/${name}`
  const name = "inCluster"
  const namespace = existsSync(file("namespace")) ? { namespace: readFileSync(file("namespace"), "utf8") } : {}
  return {
    clusters: [
      {
        name,
        server: `https://${isIPv6(host) ? `[${host}]` : host}:${port ?? "443"}`,
        skipTLSVerify: false,
        caFile: file("ca.crt")
      }
    ],
    users: [{ name, tokenFile: file("token") }],
    contexts: [{ name, cluster: name, user: name, ...namespace }],
    currentContext: name
  }
}

const isSelfReliant = (config: ConnectionConfig): boolean =>
  config.masterUrl !== undefined || givenFields(config, IDENTITY_FIELDS).length > 0

/** Settings as they were found; `place` says where, given the context's name. */
export interface FoundConfig {
  readonly config: KubeConfigDocument
  readonly place: (context: string) => string
}

const inFiles =
  (files: string): FoundConfig["place"] =>
  (context) =>
    `${files}, context ${context}`

/**
 * Looks at one place after the other, as kubectl does; undefined when there is nothing and the
 * request needs nothing.
 */
export const locate = Effect.fnUntraced(function* (
  request: SourceRequest
): Effect.fn.Return<FoundConfig | undefined, KubeError> {
  const { HOME, KUBECONFIG = "", KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT } = request.environment ?? process.env
  if (request.kubeconfig !== undefined) {
    const config = yield* readFiles([request.kubeconfig], "kubeconfig")
    if (config !== undefined) return { config, place: inFiles(request.kubeconfig) }
  }
  // Before the list is split: a kubeconfig has colons.
  const problem = pathProblem(KUBECONFIG)
  if (problem !== undefined) return yield* configError(problem, "KUBECONFIG")
  const fromEnvironment = KUBECONFIG.split(delimiter).filter((file) => file !== "")
  if (fromEnvironment.length > 0) {
    // as kubectl: a listed file may be missing as long as one of them is there
    const present = fromEnvironment.filter((file) => existsSync(file))
    if (present.length === 0)
      return yield* configError(`none of its files exists: ${fromEnvironment.join(", ")}`, "KUBECONFIG")
    const config = yield* readFiles(present, "KUBECONFIG")
    if (config !== undefined) return { config, place: inFiles(`${present.join(delimiter)} (KUBECONFIG)`) }
  }
  const homeFile = join(request.home ?? HOME ?? homedir(), ".kube", "config")
  if (existsSync(homeFile)) {
    const config = yield* readFiles([homeFile], homeFile)
    if (config !== undefined) return { config, place: inFiles(homeFile) }
  }
  const root = request.root ?? ""
  if (existsSync(`${root}${serviceAccountToken}`) && KUBERNETES_SERVICE_HOST) {
    const config = inCluster(root, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT)
    return { config, place: () => "the service account of the pod this runs in" }
  }
  // A config that says where or who needs nothing else.
  if (request.config !== undefined && isSelfReliant(request.config)) return undefined
  return yield* noClusterError(
    `no cluster is configured. Looked at the KUBECONFIG variable (not set), ${homeFile} (not there), and the service account of a pod (${serviceAccountToken} with KUBERNETES_SERVICE_HOST, not there). Give a kubeconfig file.`
  )
})
