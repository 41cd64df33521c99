/**
 * Where a kubeconfig comes from: an explicit file, KUBECONFIG, ~/.kube/config, or the service account files of the pod this runs
 * in. Finds and parses them with client-node. Touches the file system and the environment.
 */
import { existsSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, dirname, join, resolve } from "node:path"
import type { KubeConfig, User } from "@kubernetes/client-node"
import { Effect, Schema } from "effect"
import { type ConnectionConfig, givenFields, IDENTITY_FIELDS } from "../ConnectionConfig.ts"
import type { KubeError } from "../KubeError.ts"
import { configError } from "./ConfigError.ts"
import { failureDetail } from "./TransportFailure.ts"

/** Mounted into every pod that has a service-account token (Kubernetes docs, "Accessing the API from within a Pod"). */
const serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

/** What the caller asked for, and the surroundings it is looked up in. */
export interface SourceRequest {
  readonly kubeconfig?: string
  readonly context?: string
  /** Adds to what is found, or with `inherit: false` stands alone. */
  readonly config?: ConnectionConfig
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly home?: string
  /** Prefix of the service account's folder, which client-node wants as such; for tests. */
  readonly root?: string
}

const hasUsers = Schema.is(Schema.Struct({ users: Schema.Array(Schema.Unknown) }))
const hasTokenFile = Schema.is(
  Schema.Struct({ name: Schema.String, user: Schema.Struct({ tokenFile: Schema.NonEmptyString }) })
)

/**
 * client-node does not know `tokenFile`, which Kubernetes' own kubeconfigs have and which comes before `token`; it reads such
 * a file again every minute under another name.
 */
const withTokenFiles = (users: ReadonlyArray<User>, document: unknown, directory: string): Array<User> => {
  const entries = hasUsers(document) ? document.users.filter(hasTokenFile) : []
  return users.map((user) => {
    const tokenFile = entries.find(({ name }) => name === user.name)?.user.tokenFile
    if (tokenFile === undefined) return user
    const { token: _older, ...rest } = user
    return { ...rest, authProvider: { name: "tokenFile", config: { tokenFile: resolve(directory, tokenFile) } } }
  })
}

type Client = typeof import("@kubernetes/client-node")

const readFiles = ({ KubeConfig: KubeConfigClass, loadYaml }: Client, files: ReadonlyArray<string>, field: string) =>
  Effect.gen(function* () {
    let merged: KubeConfig | undefined
    for (const file of files) {
      const one = yield* Effect.try({
        try: () => {
          const parsed = new KubeConfigClass()
          parsed.loadFromFile(file)
          parsed.users = withTokenFiles(parsed.users, loadYaml(readFileSync(file, "utf8")), dirname(resolve(file)))
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

const isSelfReliant = (config: ConnectionConfig): boolean =>
  config.masterUrl !== undefined || givenFields(config, IDENTITY_FIELDS).length > 0

/** Settings as they were found; `place` says where, given the context's name. */
export interface FoundConfig {
  readonly config: KubeConfig
  readonly place: (context: string) => string
}

const inFiles =
  (files: string): FoundConfig["place"] =>
  (context) =>
    `${files}, context ${context}`

/** Looks at one place after the other, as kubectl does; undefined when there is nothing and the request needs nothing. */
export const locate = Effect.fnUntraced(function* (
  client: Client,
  request: SourceRequest
): Effect.fn.Return<FoundConfig | undefined, KubeError> {
  const { HOME, KUBECONFIG = "", KUBERNETES_SERVICE_HOST } = request.environment ?? process.env
  if (request.kubeconfig !== undefined) {
    const config = yield* readFiles(client, [request.kubeconfig], "kubeconfig")
    if (config !== undefined) return { config, place: inFiles(request.kubeconfig) }
  }
  const fromEnvironment = KUBECONFIG.split(delimiter).filter((file) => file !== "")
  if (fromEnvironment.length > 0) {
    // as kubectl: a listed file may be missing as long as one of them is there
    const present = fromEnvironment.filter((file) => existsSync(file))
    if (present.length === 0)
      return yield* configError(`none of its files exists: ${fromEnvironment.join(", ")}`, "KUBECONFIG")
    const config = yield* readFiles(client, present, "KUBECONFIG")
    if (config !== undefined) return { config, place: inFiles(`${present.join(delimiter)} (KUBECONFIG)`) }
  }
  const homeFile = join(request.home ?? HOME ?? homedir(), ".kube", "config")
  if (existsSync(homeFile)) {
    const config = yield* readFiles(client, [homeFile], homeFile)
    if (config !== undefined) return { config, place: inFiles(homeFile) }
  }
  const root = request.root ?? ""
  if (existsSync(`${root}${serviceAccountToken}`) && KUBERNETES_SERVICE_HOST) {
    const config = new client.KubeConfig()
    config.loadFromCluster(root)
    return { config, place: () => "the service account of the pod this runs in" }
  }
  // A config that says where or who needs nothing else.
  if (request.config !== undefined && isSelfReliant(request.config)) return undefined
  return yield* configError(
    `no cluster is configured. Looked at the KUBECONFIG variable (not set), ${homeFile} (not there), and the service account of a pod (${serviceAccountToken} with KUBERNETES_SERVICE_HOST, not there). Give a kubeconfig file.`
  )
})
