/** Executions from outside, on the embedded cluster. */
import { afterAll } from "@effect/vitest"
import { executions } from "../src/cases/Executions.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

executions(cluster)
