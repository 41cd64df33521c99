/** The embedded cluster knows the fields of a Pod that a real server of its version knows. */
import { join } from "node:path"
import { assert, describe, expect, it } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { type OpenApi, podFieldsJson } from "../src/generated/PodFields.ts"

const TABLE = join(import.meta.dirname, "../../../packages/local-cluster/src/api/PodFields.json")
const { kubeconfig } = clusterFromEnvironment()

describe("packages/local-cluster/src/PodFields.json", () => {
  it("is what Kubernetes 1.35 publishes", async () => {
    const version = JSON.parse((await kubectl(kubeconfig, ["get", "--raw", "/version"])).stdout)
    assert.strictEqual(`${version.major}.${version.minor}`, "1.35")
    const document: OpenApi = JSON.parse((await kubectl(kubeconfig, ["get", "--raw", "/openapi/v3/api/v1"])).stdout)
    await expect(podFieldsJson(document)).toMatchFileSnapshot(TABLE)
  })
})
