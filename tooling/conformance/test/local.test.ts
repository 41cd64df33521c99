/** The suite on the embedded cluster, which any machine has. */
import { afterAll } from "@effect/vitest"
import { conformance } from "../src/Conformance.ts"
import { startLocalCluster } from "../src/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

conformance(cluster)
