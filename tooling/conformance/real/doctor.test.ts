/** What `podwright doctor` says in namespaces that refuse pods as only a real cluster's do. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { freshId, podwright, scratch } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()
const admin = (args: ReadonlyArray<string>, input?: string) => kubectl(cluster.kubeconfig, args, input)

const HELPER_LIMIT = "runner.fileSidecar.resources.limits.memory"

interface Refusing {
  readonly labels?: Readonly<Record<string, string>>
  readonly object?: { readonly kind: string; readonly spec: object }
  readonly task?: object
  readonly refused: ReadonlyArray<string>
  readonly warned?: ReadonlyArray<string>
}

const NOT_ROOT = { podSpec: { securityContext: { runAsNonRoot: true, runAsUser: 1000 } } }
const quota = (hard: object) => ({ kind: "ResourceQuota", spec: { hard } })
const limits = (limit: object) => ({ kind: "LimitRange", spec: { limits: [{ type: "Container", ...limit }] } })

const namespaces: Readonly<Record<string, Refusing>> = {
  "Pod Security restricted": {
    labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    refused: ["runner.podSpec.securityContext"]
  },
  "Pod Security restricted, and a task that does what was said": {
    labels: { "pod-security.kubernetes.io/enforce": "restricted" },
    task: { runner: NOT_ROOT },
    refused: []
  },
  "Pod Security restricted that warns": {
    labels: { "pod-security.kubernetes.io/warn": "restricted" },
    refused: [],
    warned: ["runner.podSpec.securityContext"]
  },
  "Pod Security baseline": {
    labels: { "pod-security.kubernetes.io/enforce": "baseline" },
    task: { runner: { podSpec: { hostNetwork: true } } },
    refused: ["runner.podSpec.hostNetwork"]
  },
  "a quota without room for the helper": {
    object: quota({ "limits.memory": "200Mi" }),
    task: { runner: { resources: { limit: { memory: "64Mi" } } } },
    refused: [HELPER_LIMIT, "runner.resources.limit.memory"]
  },
  "a quota that demands limits": {
    object: quota({ "limits.memory": "1Gi" }),
    refused: ["runner.resources.limit.memory"]
  },
  "a LimitRange below the helper's default": { object: limits({ max: { memory: "128Mi" } }), refused: [HELPER_LIMIT] },
  "a LimitRange above the helper's default": {
    object: limits({ min: { memory: "32Mi" } }),
    refused: ["runner.fileSidecar.resources.requests.memory"]
  },
  "no such service account": {
    task: { runner: { serviceAccountName: "nobody" } },
    refused: ["runner.serviceAccountName"]
  }
}

describe("doctor on a real cluster", () => {
  const names = new Map(Object.keys(namespaces).map((what) => [what, freshId("doctor")]))
  beforeAll(async () => {
    const items = Object.entries(namespaces).flatMap(([what, { labels = {}, object }]) => {
      const name = names.get(what)
      const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } }
      return object === undefined
        ? [namespace]
        : [namespace, { apiVersion: "v1", metadata: { name: "bounds", namespace: name }, ...object }]
    })
    await admin(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }))
  })
  afterAll(() => admin(["delete", "namespace", "--wait=false", ...names.values()]))

  for (const [what, { refused, task = {}, warned = [] }] of Object.entries(namespaces)) {
    it(`says which property to set: ${what}`, async () => {
      const file = join(await scratch(), "task.yaml")
      await writeFile(file, JSON.stringify({ image: "busybox", commands: ["true"], ...task }))
      const args = ["doctor", file, "--namespace", names.get(what) ?? "", "--format", "json"]
      const { code, stderr, stdout } = await podwright(cluster, args, cluster.kubeconfig)
      const { pods } = JSON.parse(stdout)
      const properties = (of: "refusals" | "warnings"): ReadonlyArray<string> =>
        pods[0][of].flatMap((one: { readonly properties: ReadonlyArray<string> }) => one.properties)
      assert.deepStrictEqual([properties("refusals"), properties("warnings")], [refused, warned], stdout)
      assert.strictEqual(code, refused.length === 0 ? 0 : 125, stderr)
    })
  }
})
