/**
 * Executions from outside: another process than their driver's sees them, and acts on them, on the
 * cluster alone.
 */
import { assert, describe, it } from "@effect/vitest"
import { aroundEach } from "vitest"
import { type Cluster, LIMITED_NAMESPACE } from "../clusters/Cluster.ts"
import { freshId, ownScratch, podwright, scratch, start, writeFlow } from "../clusters/Podwright.ts"

/** What `ps` says of a pod, as far as cases ask. */
interface Listed {
  readonly change?: string
  readonly executionId: string
  readonly flowId: string
  readonly taskId: string
  readonly state: string
  readonly node: string | null
  readonly driver: { readonly state: string; readonly host: string | null; readonly pid: number | null }
  readonly reason: string | null
}

export const executions = (cluster: Cluster): void => {
  const begin = async (name: string, commands: ReadonlyArray<string>, task = "") => {
    const id = freshId(name)
    const flow = await writeFlow(await scratch(), id, commands, `containerImage: busybox\n${task}`)
    return { id, driver: start(cluster, ["run", flow, "--execution-id", id]) }
  }
  const list = async (id: string) => {
    const { code, stderr, stdout } = await podwright(cluster, ["ps", "--output", "json"])
    assert.strictEqual(code, 0, stderr)
    const { pods } = JSON.parse(stdout) as { readonly pods: ReadonlyArray<Listed> }
    return pods.find(({ executionId }) => executionId === id)
  }
  const stop = async (id: string, driver: ReturnType<typeof start>) => {
    driver.process.kill("SIGINT")
    await driver.ended
    await cluster.untilNoPods(id)
  }

  describe.concurrent("ps", () => {
    aroundEach(ownScratch)

    it("names a running task, its node and its driver, until that is killed", async () => {
      const { driver, id } = await begin("seen", ["echo begun; sleep 600"])
      await driver.printed("begun")
      const running = await list(id)
      assert.deepInclude(running, { flowId: id, taskId: "shell", state: "running", reason: null })
      assert.isNotNull(running?.node)
      assert.deepInclude(running?.driver, { state: "Driven", pid: driver.process.pid ?? 0 })
      const table = await podwright(cluster, ["ps"])
      assert.match(table.stdout, /^EXECUTION +TASK +ATTEMPT +STATE +AGE +NODE +DRIVER +REASON\n/)
      assert.match(table.stdout, new RegExp(`^${id} +${id}/shell +0 +running +.*/${driver.process.pid}, renewed `, "m"))
      driver.process.kill("SIGKILL")
      await driver.ended
      assert.strictEqual((await list(id))?.driver.state, "Abandoned")
      const cleaned = await cluster.pods(`podwright.dev/flow-id=${id}`)
      for (const { metadata } of cleaned) await cluster.remove(metadata.name)
      await cluster.untilNoPods(id)
    })

    it("says why a task does not start, and what its driver waits for", async () => {
      const { driver, id } = await begin(
        "pending",
        ["true"],
        "taskRunner: { type: podwright, podSpec: { nodeSelector: { nowhere: 'true' } } }"
      )
      await driver.printed("no node can take the pod")
      const pending = await list(id)
      assert.deepInclude(pending, { state: "pending", node: null })
      assert.match(pending?.reason ?? "", /^no node can take the pod: /)
      await stop(id, driver)
    })

    it("watches a task from its pod's creation to its deletion", async () => {
      const watch = start(cluster, ["ps", "--watch", "--output", "json"])
      const { driver, id } = await begin("watched", ["sleep 600"])
      const changes = () =>
        watch
          .stdout()
          .toString()
          .split("\n")
          .filter((line) => line.includes(`"${id}"`) && line.endsWith("}"))
          .map((line) => JSON.parse(line) as Listed)
      const seen = async (isWanted: (change: Listed) => boolean) => {
        while (!changes().some(isWanted)) await new Promise((resolve) => watch.process.stdout?.once("data", resolve))
      }
      await seen(({ state }) => state === "running")
      await stop(id, driver)
      await seen(({ change }) => change === "Deleted")
      watch.process.kill("SIGINT")
      assert.strictEqual((await watch.ended).code, 130, watch.stderr())
      assert.strictEqual(changes().at(-1)?.change, "Deleted")
    })

    it("says which right is missing where it may not look", async () => {
      const { code, stderr } = await podwright(cluster, ["ps", "--all-namespaces"])
      assert.strictEqual(code, 125, stderr)
      assert.match(stderr, /A ClusterRole, bound by a ClusterRoleBinding, must grant verb "list" on resource "pods"/)
      const own = await podwright(cluster, ["ps", "--namespace", LIMITED_NAMESPACE, "--all-namespaces"])
      assert.strictEqual(own.code, 2, own.stderr)
    })
  })
}
