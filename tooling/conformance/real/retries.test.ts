/**
 * A run whose pod the infrastructure takes away is retried without being asked to: evicted pods, on
 * the cluster of KUBECONFIG.
 */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { startKubectl } from "../src/clusters/Kubectl.ts"
import { freshId, scratch, start, writeFlow } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()

/** As `kubectl drain` asks for it. */
const evict = async (pod: string) => {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace: LIMITED_NAMESPACE } }
  const path = `/api/v1/namespaces/${LIMITED_NAMESPACE}/pods/${pod}/eviction`
  const { code, stderr } = await startKubectl(
    cluster.kubeconfig,
    ["create", "--raw", path, "-f", "-"],
    JSON.stringify(eviction)
  ).ended
  assert.strictEqual(code, 0, stderr)
}

it("a task whose pod is evicted runs again in another pod", async () => {
  const folder = await scratch()
  const id = freshId("evicted")
  const state = join(folder, "state")
  await writeFile(state, "first")
  const flow = await writeFlow(
    folder,
    id,
    ["echo begun $(cat state)", 'test "$(cat state)" = second || sleep 600'],
    `containerImage: busybox\ninputFiles: { state: 'file://${state}' }`
  )
  const invocation = start(cluster, ["run", flow, "--output", "ndjson"])
  await invocation.printed("begun first")
  await writeFile(state, "second")
  const [, pod = ""] = /"phase":"created","pod":"([^"]+)"/.exec(invocation.stdout().toString("utf8")) ?? []
  await evict(pod)
  const { code } = await invocation.ended
  const events = invocation
    .stdout()
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))
  assert.strictEqual(code, 0, invocation.stderr())
  const retrying = events.filter(({ _tag }) => _tag === "Retrying")
  assert.deepStrictEqual(
    retrying.map(({ attempt, budget, delayMs }) => [attempt, budget, delayMs]),
    [[2, "infrastructure", 5000]]
  )
  assert.match(retrying[0].why, /evict/i)
  assert.strictEqual(events.at(-1).result.state, "SUCCESS")
  await cluster.untilNoPods(id)
})
