/** Drivers that die, on the embedded cluster. */
import { afterAll } from "@effect/vitest"
import { adoption } from "../src/Adoption.ts"
import { startLocalCluster } from "../src/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

adoption(cluster)
