/** Pods that are left behind, on the embedded cluster. */
import { afterAll } from "@effect/vitest"
import { cleaning } from "../src/Cleaning.ts"
import { startLocalCluster } from "../src/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

cleaning(cluster)
