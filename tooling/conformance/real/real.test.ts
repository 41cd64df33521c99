/** The suite on the cluster of KUBECONFIG. Without one it fails, whatever else: a tier that skips proves nothing. */
import { beforeAll } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { conformance } from "../src/Conformance.ts"
import { makeRestrictedNamespace } from "../src/RestrictedNamespace.ts"

const cluster = clusterFromEnvironment()

beforeAll(async () => {
  await cluster.check()
  await makeRestrictedNamespace(cluster)
})

conformance(cluster)
