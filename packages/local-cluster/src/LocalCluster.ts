/**
 * A Kubernetes API in this process, whose containers are processes of this machine. Puts the halves
 * together: certificate, store, kubelet and API server, all for as long as a scope is open.
 */
import { Context, Effect, Layer, type Scope } from "effect"
import type { PolicyRule, User } from "./api/Access.ts"
import { startApiServer } from "./api/ApiServer.ts"
import { makeCertificate } from "./api/Certificate.ts"
import { kubeconfigText } from "./api/Kubeconfig.ts"
import { addNamespace } from "./api/NamespaceResource.ts"
import { nodeStore } from "./api/NodeStore.ts"
import { ObjectStore } from "./api/ObjectStore.ts"
import { AddressRefused, LocalClusterError } from "./contract/LocalClusterError.ts"
import { makeKubelet } from "./kubelet/Kubelet.ts"

/** A user beside the administrator, who may do only what the rules say, in one namespace. */
export interface LimitedUser {
  readonly name: string
  /** Created when it does not exist. */
  readonly namespace: string
  readonly rules: ReadonlyArray<PolicyRule>
}

/** Where a cluster listens, and who may use it beside the administrator. */
export interface LocalClusterOptions {
  /** A loopback address, 127.0.0.1 by default; any other is refused. */
  readonly address?: string
  /** A free port by default. */
  readonly port?: number
  /** Users beside the administrator; none by default. */
  readonly users?: ReadonlyArray<LimitedUser>
  /** How many changes a watch may lag before it gets 410; 4096 by default. */
  readonly historyLimit?: number
}

/** Name of the user who may do everything. */
const ADMINISTRATOR = "admin"

/**
 * Three changes a pod and second for 300 pods, a few seconds long: no watch that is read falls so
 * far behind.
 */
const HISTORY_LIMIT = 4096

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"])

const newToken = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url")

/**
 * A running cluster: its address and its kubeconfigs. `LocalCluster.start` gives one to a scope.
 *
 * @example
 * const { kubeconfig } = yield* LocalCluster.start({ port: 6443 })
 */
export class LocalCluster extends Context.Service<
  LocalCluster,
  {
    /** e.g. `https://127.0.0.1:40123`. */
    readonly server: string
    /** The text of the administrator's kubeconfig. */
    readonly kubeconfig: string
    /** The same for each limited user, by name. */
    readonly userKubeconfigs: Readonly<Record<string, string>>
  }
>()("@podwright/local-cluster/LocalCluster") {
  /**
   * Starts a cluster for as long as the scope is open; its processes end with the scope, or with
   * this process.
   */
  static readonly start = Effect.fn("LocalCluster.start")(function* (
    options: LocalClusterOptions = {}
  ): Effect.fn.Return<LocalCluster["Service"], LocalClusterError, Scope.Scope> {
    const address = options.address ?? "127.0.0.1"
    if (!LOOPBACK.has(address))
      return yield* new LocalClusterError({ operation: "start", reason: new AddressRefused({ address }) })
    const limited = options.users ?? []
    const store = new ObjectStore(options.historyLimit ?? HISTORY_LIMIT)
    for (const name of new Set(["default", "kube-system", ...limited.map(({ namespace }) => namespace)]))
      addNamespace(store, name)

    const administrator = { name: ADMINISTRATOR, token: newToken(), namespace: "default" }
    const members = limited.map((user) => ({ ...user, token: newToken() }))
    const [certificate, runtime] = yield* Effect.all([makeCertificate, makeKubelet(nodeStore(store))], {
      concurrency: "unbounded"
    })
    const server = yield* startApiServer({
      store,
      runtime,
      users: new Map<string, User>([
        [administrator.token, { name: ADMINISTRATOR }],
        ...members.map(({ name, namespace, rules, token }) => [token, { name, role: { namespace, rules } }] as const)
      ]),
      certificate,
      address,
      port: options.port ?? 0
    })
    const kubeconfig = ({ name, namespace, token }: typeof administrator) =>
      kubeconfigText({ server, certificate: certificate.certificate, user: name, token, namespace })
    return LocalCluster.of({
      server,
      kubeconfig: kubeconfig(administrator),
      userKubeconfigs: Object.fromEntries(members.map((user) => [user.name, kubeconfig(user)]))
    })
  })

  /** The same as a layer. */
  static readonly layer = (options: LocalClusterOptions = {}): Layer.Layer<LocalCluster, LocalClusterError> =>
    Layer.effect(LocalCluster, LocalCluster.start(options))
}
