/**
 * spec-builder merges the lists of a Pod's spec by the keys that a real server publishes: each of
 * them, and no other.
 */
import { assert, describe, it } from "@effect/vitest"
import { LIST_KEYS } from "@podwright/spec-builder"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { kubectl } from "../src/clusters/Kubectl.ts"
import { publishedKeys } from "../src/generated/MergeKeys.ts"
import type { OpenApi } from "../src/generated/PodFields.ts"

const { kubeconfig } = clusterFromEnvironment()

describe("packages/spec-builder/src/merge/MergeKeys.ts", () => {
  it("has the list-map-keys of Kubernetes 1.35, and its patch-merge-keys within them", async () => {
    const document: OpenApi = JSON.parse((await kubectl(kubeconfig, ["get", "--raw", "/openapi/v3/api/v1"])).stdout)
    const published = publishedKeys(document)
    assert.isAbove(published.size, 10)
    assert.deepStrictEqual(
      Object.fromEntries(Array.from(LIST_KEYS, ([field, key]) => [field, key.fields])),
      Object.fromEntries(Array.from(published, ([field, key]) => [field, key.mapKeys]))
    )
    for (const [field, { mapKeys, patchKey }] of published) {
      if (patchKey !== undefined) assert.include(mapKeys, patchKey, field)
    }
  })
})
