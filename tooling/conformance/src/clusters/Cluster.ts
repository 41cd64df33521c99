/**
 * The cluster a suite runs on, seen from outside podwright: kubeconfigs, and kubectl-like questions
 * asked with podwright's own Kubernetes layer as administrator.
 */
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { Exec, type ExecOutcome, KubeConnection, type KubeEvent, kubeLayer, type Pod, Pods } from "@podwright/k8s-io"
import { Effect, Schedule } from "effect"

/** The namespace in which `limited.kubeconfig` has the documented Role and nothing more. */
export const LIMITED_NAMESPACE = "podwright-limited"

/**
 * The namespace of a real cluster that enforces Pod Security *restricted*; `real/real.test.ts`
 * makes it.
 */
export const RESTRICTED_NAMESPACE = "podwright-restricted"

/** Images by what they are for: clusters have them under different names. */
export interface ClusterImages {
  /** One that no registry has. */
  readonly missing: string
  /** One without a shell. */
  readonly noShell: string
  /** One whose entrypoint ends well, and which prints a file when its arguments are `cat FILE`. */
  readonly entrypoint: string
  /** One with a shell whose own user is 1000; where there is none, any with a shell. */
  readonly user1000: string
  /** The languages, by their names in types (`r`, `node`), whose images are there with their programs. */
  readonly languages: ReadonlyArray<string>
}

/** Of `tooling/real-cluster`, which pulls from a registry of its own. */
const REAL_IMAGES: ClusterImages = {
  missing: "no-such-image:1",
  noShell: "noshell",
  entrypoint: "noshell",
  user1000: "user1000",
  languages: ["node", "perl", "php", "python", "r", "ruby"]
}

/** The kubelet takes a second or two to end a pod, its grace period at most 30. */
const GOING = Schedule.max([Schedule.spaced("100 millis"), Schedule.recurs(450)])

export class Cluster {
  readonly kubeconfig: string
  readonly images: ClusterImages

  /**
   * Enforces Pod Security *restricted* where the cluster has admission; the limited user may use
   * it.
   */
  readonly restrictedNamespace: string

  /**
   * Whether what passes is spoiled: then a run may truly say more than it would otherwise, never
   * something else.
   */
  readonly underFaults: boolean

  constructor(
    kubeconfig: string,
    images: ClusterImages = REAL_IMAGES,
    restrictedNamespace = RESTRICTED_NAMESPACE,
    underFaults = false
  ) {
    this.kubeconfig = kubeconfig
    this.images = images
    this.restrictedNamespace = restrictedNamespace
    this.underFaults = underFaults
  }

  /**
   * A user with exactly the documented Role, as `tooling/real-cluster` makes it; the tier is no
   * good without.
   */
  get limitedKubeconfig(): string {
    const path = join(dirname(this.kubeconfig), "limited.kubeconfig")
    if (!existsSync(path))
      throw new Error(`there is no ${path}: the suite runs podwright as a user with the documented Role`)
    return path
  }

  private run<A, E>(effect: Effect.Effect<A, E, Exec | KubeConnection | Pods>): Promise<A> {
    return Effect.runPromise(Effect.provide(effect, kubeLayer({ kubeconfig: this.kubeconfig })))
  }

  /** Rejects when the API server cannot be asked for pods. */
  async check(): Promise<void> {
    await this.pods("")
  }

  /** The pods of a namespace that match a label selector. */
  pods(labelSelector: string, namespace = LIMITED_NAMESPACE): Promise<ReadonlyArray<Pod>> {
    return this.run(
      Effect.gen(function* () {
        const pods = yield* Pods
        return (yield* pods.list(namespace, labelSelector === "" ? {} : { labelSelector })).items
      })
    )
  }

  /** The events about a pod. */
  events(pod: string, namespace = LIMITED_NAMESPACE): Promise<ReadonlyArray<KubeEvent>> {
    const fieldSelector = `involvedObject.kind=Pod,involvedObject.name=${pod}`
    const asked = Effect.gen(function* () {
      const { http } = yield* KubeConnection
      const response = yield* http.get(`/api/v1/namespaces/${namespace}/events`, { urlParams: { fieldSelector } })
      const list: { readonly items: ReadonlyArray<KubeEvent> } = JSON.parse(yield* response.text)
      return list.items
    })
    return this.run(Effect.retry(asked, { times: 5 }))
  }

  /** Waits until no pod of a flow is left; rejects when one stays. */
  async untilNoPods(flowId: string, namespace = LIMITED_NAMESPACE): Promise<void> {
    const left = Effect.gen(function* () {
      const pods = yield* Pods
      const { items } = yield* pods.list(namespace, { labelSelector: `podwright.dev/flow-id=${flowId}` })
      return items.map((pod) => pod.metadata.name)
    })
    const names = await this.run(left.pipe(Effect.repeat({ until: (found) => found.length === 0, schedule: GOING })))
    if (names.length > 0) throw new Error(`pods are left: ${names.join(", ")}`)
  }

  /** Waits until a pod is gone; rejects when it stays. */
  async untilGone(name: string, namespace = LIMITED_NAMESPACE): Promise<void> {
    const isGone = Effect.flatMap(Pods, (pods) => pods.get(namespace, name)).pipe(
      Effect.as(false),
      Effect.catchReason("KubeError", "NotFound", () => Effect.succeed(true))
    )
    const gone = await this.run(Effect.repeat(isGone, { until: (gone) => gone, schedule: GOING }))
    if (!gone) throw new Error(`pod ${name} is left`)
  }

  /** Runs a command in main, and gives how it ended. */
  command(pod: string, command: ReadonlyArray<string>, namespace = LIMITED_NAMESPACE): Promise<ExecOutcome> {
    return this.run(
      Exec.pipe(
        Effect.flatMap((exec) => exec.open({ namespace, pod, container: "main", command })),
        Effect.flatMap((channel) => channel.outcome),
        Effect.scoped
      )
    )
  }

  /** Removes a pod that a test left on purpose. */
  remove(name: string, namespace = LIMITED_NAMESPACE, gracePeriodSeconds = 0): Promise<void> {
    return this.run(Effect.flatMap(Pods, (pods) => pods.delete(namespace, name, { gracePeriodSeconds })))
  }
}

/** The cluster named by KUBECONFIG; throws, with a word on what to do, when there is none. */
export const clusterFromEnvironment = (): Cluster => {
  const kubeconfig = process.env["KUBECONFIG"]
  if (kubeconfig === undefined || kubeconfig === "") {
    throw new Error(
      "the real tier needs a cluster: set KUBECONFIG, for example KUBECONFIG=$(tooling/real-cluster/up) pnpm test:real"
    )
  }
  return new Cluster(kubeconfig)
}
