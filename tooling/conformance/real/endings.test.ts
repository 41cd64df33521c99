/** A namespace with a place for one pod alone: flows and retries do with it. */
import { appendFile } from "node:fs/promises"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { freshId, podwright, scratch, writeFlow } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()
const admin = (args: ReadonlyArray<string>, input?: string) => kubectl(cluster.kubeconfig, args, input)

describe("a quota of one pod", () => {
  const namespace = freshId("one-pod")
  const runner = `taskRunner: { type: podwright, namespace: ${namespace} }`
  beforeAll(async () => {
    const quota = { kind: "ResourceQuota", metadata: { name: "one", namespace }, spec: { hard: { pods: "1" } } }
    const items = [
      { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
      { apiVersion: "v1", ...quota }
    ]
    await admin(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }))
    await admin(["wait", "--for=jsonpath={.status.hard.pods}=1", "--namespace", namespace, "resourcequota/one"])
  })
  afterAll(() => admin(["delete", "namespace", "--wait=false", namespace]))

  it("is enough for a flow of several tasks", async () => {
    const id = freshId("quota")
    const flow = await writeFlow(await scratch(), id, ["echo first"], `containerImage: busybox\n${runner}`)
    const more = ["second", "third"].flatMap((task) => [
      `  - id: ${task}`,
      "    type: io.kestra.plugin.scripts.shell.Commands",
      "    containerImage: busybox",
      `    ${runner}`,
      `    commands: [echo ${task}]`
    ])
    await appendFile(flow, `${more.join("\n")}\n`)
    const { code, stderr, stdout } = await podwright(cluster, ["run", flow], cluster.kubeconfig)
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stdout, "first\nsecond\nthird\n")
  })

  it("is enough for attempts that end slowly", async () => {
    const id = freshId("quota")
    const task = `containerImage: busybox\n${runner}\ntimeout: PT2S\nretry: { type: constant, interval: PT0.1S, maxAttempts: 3 }`
    const commands = ["trap 'sleep 1; exit 3' TERM; echo begun; while :; do sleep 0.1; done"]
    const flow = await writeFlow(await scratch(), id, commands, task)
    const { code, stderr, stdout } = await podwright(cluster, ["run", flow], cluster.kubeconfig)
    assert.strictEqual(code, 124, stderr)
    assert.strictEqual(stdout, "begun\nbegun\nbegun\n")
  })
})
