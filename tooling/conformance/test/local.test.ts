/** The suite on the embedded cluster, which any machine has. */
import { afterAll } from "@effect/vitest"
import { conformance } from "../src/cases/Conformance.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

conformance(cluster)
