/**
 * `podwright clean` deletes pods whose driver died or detached, and keeps pods with a live driver.
 * It looks at a whole namespace, so it must not run beside suites whose drivers die on purpose.
 */
import { assert, describe, it } from "@effect/vitest"
import { KubeError, kubeLayer, Pods } from "@podwright/k8s-io"
import { Effect } from "effect"
import { aroundEach } from "vitest"
import { type Cluster, LIMITED_NAMESPACE } from "../clusters/Cluster.ts"
import { freshId, ownScratch, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"
import { rulesWithout } from "./Permissions.ts"

interface Cleaned {
  readonly namespace: string
  readonly pod: string
  readonly uid: string
  readonly action: string
  readonly cause: string
  readonly holder: string | null
}

/** A user that may do everything but renew a lease. */
export const PATCHLESS = { name: "patchless", rules: rulesWithout("patch", "pods") }

const LEASE = "podwright.dev/lease"

/** `kubeconfigOf` gives a user's, in a namespace of the user's own. */
export const cleaning = (cluster: Cluster, kubeconfigOf: (user: typeof PATCHLESS) => Promise<string>): void => {
  const begin = async (name: string, task = "", kubeconfig = cluster.limitedKubeconfig) => {
    const folder = await scratch()
    const id = freshId(name)
    const flow = await writeFlow(folder, id, ["echo begun; sleep 600"], `containerImage: busybox\n${task}`)
    const driver = start(cluster, ["run", flow, "--execution-id", id], kubeconfig)
    await driver.printed("begun")
    return { id, driver }
  }
  const podOf = async (id: string, namespace = LIMITED_NAMESPACE) => {
    const [pod, ...others] = await cluster.pods(`podwright.dev/flow-id=${id}`, namespace)
    assert.lengthOf(others, 0)
    if (pod === undefined) throw new Error(`there is no pod of ${id}`)
    return pod
  }
  /** What is said of all pods of a namespace. */
  const cleanAll = async (args: ReadonlyArray<string>, kubeconfig = cluster.limitedKubeconfig) => {
    const { code, stderr, stdout } = await podwright(cluster, ["clean", "--output", "json", ...args], kubeconfig)
    assert.strictEqual(code, 0, stderr + stdout)
    return (JSON.parse(stdout) as { readonly pods: ReadonlyArray<Cleaned> }).pods
  }
  /** What is said of one flow's pod. */
  const clean = async (id: string, args: ReadonlyArray<string>, kubeconfig = cluster.limitedKubeconfig) => {
    const { name } = (await podOf(id)).metadata
    const pods = await cleanAll(args, kubeconfig)
    const cleaned = pods.find(({ pod }) => pod === name)
    if (cleaned === undefined) throw new Error(`nothing is said of ${name}: ${JSON.stringify(pods)}`)
    return cleaned
  }
  const stays = async (id: string) => assert.isUndefined((await podOf(id)).metadata.deletionTimestamp)

  // Each of these cleans up after all others: one at a time.
  describe("clean", () => {
    it("removes the pod of a driver that was killed, once it is old enough", async () => {
      const { driver, id } = await begin("killed")
      driver.process.kill("SIGKILL")
      await driver.ended
      assert.deepInclude(await clean(id, []), { action: "kept", cause: "Abandoned" })
      assert.deepInclude(await clean(id, ["--older-than", "0", "--dry-run"]), {
        action: "would-remove",
        cause: "Abandoned"
      })
      await stays(id)
      assert.deepInclude(await clean(id, ["--older-than", "0"]), { action: "removed", cause: "Abandoned" })
      await cluster.untilNoPods(id)
    })

    it("removes the pod that a driver has left, from any namespace", async () => {
      const { driver, id } = await begin("left")
      driver.process.kill("SIGTERM")
      assert.strictEqual((await driver.ended).code, 75, driver.stderr())
      const everywhere = ["--all-namespaces", "--older-than", "0s"]
      assert.deepInclude(await clean(id, [...everywhere, "--dry-run"], cluster.kubeconfig), {
        action: "would-remove",
        cause: "Released",
        namespace: LIMITED_NAMESPACE
      })
      await stays(id)
      assert.deepInclude(await clean(id, everywhere, cluster.kubeconfig), { action: "removed", cause: "Released" })
      await cluster.untilNoPods(id)
    })

    it("removes a pod that was kept after its end, once it is old enough, and says so in a line", async () => {
      const id = freshId("kept")
      const task = "containerImage: busybox\ntaskRunner: { type: podwright, delete: false }"
      const flow = await writeFlow(await scratch(), id, ["true"], task)
      const run = await podwright(cluster, ["run", flow])
      assert.strictEqual(run.code, 0, run.stderr)
      const { name } = (await podOf(id)).metadata
      const young = await podwright(cluster, ["clean"])
      assert.match(young.stdout, new RegExp(`^kept ${LIMITED_NAMESPACE}/${name}: .* ago$`, "m"))
      const old = await podwright(cluster, ["clean", "--older-than", "0"])
      assert.match(old.stdout, new RegExp(`^removed ${LIMITED_NAMESPACE}/${name}: .* ago$`, "m"))
      await cluster.untilNoPods(id)
    })

    it("is refused by the server where a pod has changed since it was judged", async () => {
      const { driver, id } = await begin("changed")
      driver.process.kill("SIGTERM")
      await driver.ended
      const { metadata } = await podOf(id)
      const { annotations, name, namespace, uid } = metadata
      const annotation = LEASE
      const lease = annotations?.[annotation] ?? ""
      const refused = Effect.gen(function* () {
        const pods = yield* Pods
        yield* pods.annotate(namespace, name, { uid, annotation, from: lease, to: "{}" })
        const error = yield* Effect.flip(
          pods.delete(namespace, name, { uid, resourceVersion: metadata.resourceVersion })
        )
        assert.instanceOf(error, KubeError)
        assert.strictEqual(error.reason._tag, "Conflict")
        // The kubelet may write the pod's status between the two requests: what has changed again
        // is read again.
        yield* Effect.retry(
          Effect.flatMap(pods.get(namespace, name), ({ metadata: { resourceVersion } }) =>
            pods.delete(namespace, name, { uid, resourceVersion, gracePeriodSeconds: 0 })
          ),
          { while: ({ reason }) => reason._tag === "Conflict" }
        )
      })
      await Effect.runPromise(Effect.provide(refused, kubeLayer({ kubeconfig: cluster.limitedKubeconfig })))
      await cluster.untilNoPods(id)
    })
  })

  describe.concurrent("clean, where it removes nothing", () => {
    aroundEach(ownScratch)

    it("never removes a pod that is driven, and names its driver", async () => {
      const { driver, id } = await begin("driven")
      const { action, cause, holder } = await clean(id, ["--older-than", "0"])
      assert.deepStrictEqual([action, cause], ["kept", "Driven"])
      assert.include(holder ?? "", `/${driver.process.pid}/`)
      await stays(id)
      driver.process.kill("SIGINT")
      assert.strictEqual((await driver.ended).code, 130, driver.stderr())
      await cluster.untilNoPods(id)
    })

    it("leaves a pod that runs without lease to its deadline", async () => {
      const { driver, id } = await begin("unleased", "taskRunner: { type: podwright, resume: false }")
      assert.deepInclude(await clean(id, ["--older-than", "0"]), { action: "kept", cause: "Unleased" })
      await stays(id)
      driver.process.kill("SIGINT")
      await driver.ended
      await cluster.untilNoPods(id)
    })

    it("leaves the pod of a driver that may not renew its lease to its deadline", async () => {
      const kubeconfig = await kubeconfigOf(PATCHLESS)
      const { driver, id } = await begin("patchless", "", kubeconfig)
      const [found, ...others] = await cleanAll(["--older-than", "0"], kubeconfig)
      assert.lengthOf(others, 0)
      if (found === undefined) throw new Error("nothing is said of the only pod")
      const { namespace, uid } = found
      // The time of its lease, which nobody but an administrator can change: two hours ago unless
      // `more` says another.
      const age = async (more: object) => {
        const from = (await podOf(id, namespace)).metadata.annotations?.[LEASE] ?? ""
        const renewedAt = new Date(Date.now() - 7_200_000).toISOString()
        const to = JSON.stringify({ ...JSON.parse(from), renewedAt, ...more })
        const aged = Effect.flatMap(Pods, (pods) =>
          pods.annotate(namespace, found.pod, { uid, annotation: LEASE, from, to })
        )
        await Effect.runPromise(Effect.provide(aged, kubeLayer({ kubeconfig: cluster.kubeconfig })))
      }
      await age({ renewedAt: new Date().toISOString() })
      const driven = (await cleanAll(["--older-than", "0"], kubeconfig))[0]
      assert.deepInclude(driven, { action: "kept", cause: "Driven" })
      await age({})
      assert.deepInclude((await cleanAll([], kubeconfig))[0], { action: "kept", cause: "NeverRenewed" })
      assert.deepInclude((await cleanAll(["--older-than", "0"], kubeconfig))[0], { uid, action: "kept" })
      assert.isUndefined((await podOf(id, namespace)).metadata.deletionTimestamp)
      // Of a lease that was renewed once, as much silence means that its driver is gone.
      await age({ renewed: true })
      assert.deepInclude((await cleanAll(["--dry-run"], kubeconfig))[0], { action: "would-remove", cause: "Abandoned" })
      driver.process.kill("SIGINT")
      assert.strictEqual((await driver.ended).code, 130, driver.stderr())
      await cluster.untilNoPods(id, namespace)
    })

    it("says which right is missing where it may not look", async () => {
      const { code, stderr } = await podwright(cluster, ["clean", "--all-namespaces"])
      assert.strictEqual(code, 125, stderr)
      assert.match(stderr, /A ClusterRole, bound by a ClusterRoleBinding, must grant verb "list" on resource "pods"/)
    })
  })
}
