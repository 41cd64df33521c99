/**
 * Executions from outside: another process than their driver's sees them, and acts on them, on the
 * cluster alone.
 */
import { readFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { roleRules } from "@podwright/k8s-io"
import { aroundEach } from "vitest"
import { parse, parseAllDocuments } from "yaml"
import { type Cluster, LIMITED_NAMESPACE } from "../clusters/Cluster.ts"
import { go, untilTold } from "../clusters/HeldTask.ts"
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

/** A user with exactly the Role of `podwright rbac --for operator`. */
export const OPERATOR = { name: "operator", rules: roleRules("operator") }

/** `kubeconfigOf` gives a user's, in a namespace of the user's own. */
export const executions = (cluster: Cluster, kubeconfigOf: (user: typeof OPERATOR) => Promise<string>): void => {
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

  describe.concurrent("logs", () => {
    aroundEach(ownScratch)

    const printing = (id: string) =>
      `echo one; echo warn >&2; ${untilTold(id, "echo two; echo last >&2; sleep 1; exit 3")}`
    const beginHeld = async (name: string, task = "") => {
      const id = freshId(name)
      const flow = await writeFlow(await scratch(), id, [printing(id)], `containerImage: busybox\n${task}`)
      const driver = start(cluster, ["run", flow, "--execution-id", id])
      await driver.printed("one")
      return { id, driver }
    }

    it("prints what there is, both streams apart, and disturbs no driver", async () => {
      const { driver, id } = await beginHeld("logs")
      const now = await podwright(cluster, ["logs", id])
      assert.deepStrictEqual([now.code, now.stdout, now.stderr], [0, "one\n", "warn\n"])
      const cursors = await podwright(cluster, ["logs", id, "shell", "--output", "ndjson"])
      const events = cursors.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
      const cursor = JSON.stringify(events.at(-1).cursor)
      const follower = start(cluster, ["logs", id, "--follow", "--output", "ndjson"])
      const rest = await podwright(cluster, ["logs", id, "--cursor", cursor])
      assert.deepStrictEqual([rest.code, rest.stdout, rest.stderr], [0, "", ""])
      await follower.printed("warn")
      await go(cluster, id)
      await follower.printed("two")
      await follower.printed("last")
      const [read, run] = [await follower.ended, await driver.ended]
      assert.strictEqual(read.code, 0, follower.stderr())
      assert.strictEqual(run.code, 3, driver.stderr())
      assert.strictEqual(driver.stdout().toString(), "one\ntwo\n")
      assert.notInclude(driver.stderr(), "reconnecting")
      await cluster.untilNoPods(id)
    })

    it("reads the kubelet's log where there is no gate", async () => {
      const { driver, id } = await beginHeld("logs-kubelet", "taskRunner: { type: podwright, logs: kubelet }")
      const now = await podwright(cluster, ["logs", id])
      assert.strictEqual(now.code, 0, now.stderr)
      assert.sameMembers(now.stdout.trimEnd().split("\n"), ["one", "warn"])
      await stop(id, driver)
    })

    it("reads the log of a pod that was kept, and says of an execution without a pod what to do", async () => {
      const id = freshId("logs-kept")
      const task = "containerImage: busybox\ntaskRunner: { type: podwright, delete: false }"
      const flow = await writeFlow(await scratch(), id, ["echo kept"], task)
      const run = await podwright(cluster, ["run", flow, "--execution-id", id])
      assert.strictEqual(run.code, 0, run.stderr)
      for (const args of [
        ["logs", id],
        ["logs", "-f", id]
      ]) {
        const kept = await podwright(cluster, args)
        assert.deepStrictEqual([kept.code, kept.stdout], [0, "kept\n"], kept.stderr)
      }
      for (const { metadata } of await cluster.pods(`podwright.dev/flow-id=${id}`)) await cluster.remove(metadata.name)
      await cluster.untilNoPods(id)
      const none = await podwright(cluster, ["logs", id])
      assert.strictEqual(none.code, 2, none.stderr)
      assert.include(none.stderr, `no pod of execution '${id}' is in namespace ${LIMITED_NAMESPACE}`)
    })
  })

  describe.concurrent("cancel", () => {
    aroundEach(ownScratch)

    it("has the driver stop the command, which says who cancelled, and runs no task after it", async () => {
      const id = freshId("cancel")
      const command = "trap 'exit 3' TERM; echo begun; while :; do sleep 0.1; done"
      const task =
        "containerImage: busybox\nallowFailure: true\nretry: { type: constant, interval: PT1S, maxAttempts: 3 }"
      const flow = await writeFlow(await scratch(), id, [command], task)
      const driver = start(cluster, ["run", flow, "--execution-id", id, "--output", "json"])
      await driver.printed("begun")
      const cancel = await podwright(cluster, ["cancel", id])
      assert.strictEqual(cancel.code, 0, cancel.stderr)
      assert.match(
        cancel.stdout,
        new RegExp(`^task shell \\(.*\\) cancelled: its driver .*/${driver.process.pid} stops it\n$`)
      )
      assert.strictEqual((await driver.ended).code, 130, driver.stderr())
      const [error, attempts] = ["error", "attempts"].map((key) => JSON.parse(driver.stdout().toString())[key])
      assert.strictEqual(error.cause, "Cancelled")
      assert.match(error.message, /^cancelled by .+@.+ at .+ \(podwright cancel\)$/)
      assert.isAtMost(attempts.length, 1)
      await cluster.untilNoPods(id)
    })

    it("deletes the pod of a driver that was killed, and of one that detached", async () => {
      for (const signal of ["SIGKILL", "SIGTERM"] as const) {
        const { driver, id } = await begin("cancel-left", ["echo begun; sleep 600"])
        await driver.printed("begun")
        driver.process.kill(signal)
        await driver.ended
        const cancel = await podwright(cluster, ["cancel", id, "shell", "--output", "json"])
        assert.strictEqual(cancel.code, 0, cancel.stderr)
        const { by, pods } = JSON.parse(cancel.stdout)
        assert.match(by, /^.+@.+$/)
        assert.deepStrictEqual(
          pods.map(({ outcome }: { readonly outcome: string }) => outcome),
          ["Deleted"]
        )
        await cluster.untilNoPods(id)
      }
    })
  })

  describe.concurrent("an operator, with exactly the Role of `podwright rbac --for operator`", () => {
    aroundEach(ownScratch)

    it("sees the runs of others, reads their logs, attaches and cancels, and runs nothing", async () => {
      const kubeconfig = await kubeconfigOf(OPERATOR)
      const { namespace } = parse(await readFile(kubeconfig, "utf8")).contexts[0].context
      const runIn = async (name: string, command: (id: string) => string) => {
        const id = freshId(name)
        const task = `containerImage: busybox\ntaskRunner: { type: podwright, namespace: ${namespace} }`
        const flow = await writeFlow(await scratch(), id, [command(id)], task)
        const driver = start(cluster, ["run", flow, "--execution-id", id], cluster.kubeconfig)
        await driver.printed("begun")
        return { id, driver, flow }
      }
      const operate = async (...args: ReadonlyArray<string>) => {
        const done = await podwright(cluster, args, kubeconfig)
        return [done.code, done.stdout, done.stderr] as const
      }
      const held = await runIn("attached", (id) => `echo begun; ${untilTold(id, "exit 3")}`)
      const [listed, table] = await operate("ps")
      assert.strictEqual(listed, 0)
      assert.include(table, held.id)
      assert.deepStrictEqual(await operate("logs", held.id), [0, "begun\n", ""])
      const looked = await operate(
        "exec",
        held.id,
        "--",
        "sh",
        "-c",
        'echo "$WORKING_DIR"; echo "$OUTPUT_DIR" >&2; exit 4'
      )
      assert.deepStrictEqual(looked, [4, "/podwright/work\n", "/podwright/output\n"])
      const attached = start(cluster, ["attach", held.id], kubeconfig)
      await attached.printed("begun")
      await go(cluster, held.id, namespace)
      assert.strictEqual((await attached.ended).code, 3, attached.stderr())
      assert.strictEqual((await held.driver.ended).code, 3, held.driver.stderr())
      await cluster.untilNoPods(held.id, namespace)

      const other = await runIn("operated", () => "echo begun; sleep 600")
      const [cancelled, , stderr] = await operate("cancel", other.id)
      assert.strictEqual(cancelled, 0, stderr)
      assert.strictEqual((await other.driver.ended).code, 130, other.driver.stderr())
      await cluster.untilNoPods(other.id, namespace)

      const [ran, , why] = await operate("run", other.flow)
      assert.strictEqual(ran, 125, why)
      assert.include(why, 'verb "create" on resource "pods"')
    })

    it("is printed as YAML that grants that and no more", async () => {
      const printed = await podwright(cluster, ["rbac", "--for", "operator"])
      assert.strictEqual(printed.code, 0, printed.stderr)
      const role = parseAllDocuments(printed.stdout)[0]?.toJS()
      assert.deepStrictEqual(role.rules, roleRules("operator"))
    })
  })
}
