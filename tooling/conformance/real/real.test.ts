/**
 * The suite on the cluster of KUBECONFIG. Without one it fails: a tier that skips proves nothing.
 */
import { beforeAll } from "@effect/vitest"
import { conformance } from "../src/cases/Conformance.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { makeRestrictedNamespace } from "../src/clusters/RestrictedNamespace.ts"

const cluster = clusterFromEnvironment()

beforeAll(async () => {
  await cluster.check()
  await makeRestrictedNamespace(cluster)
})

conformance(cluster)
