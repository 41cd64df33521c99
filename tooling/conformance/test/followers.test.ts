/** Followers of pods on the embedded cluster. */
import { afterAll } from "@effect/vitest"
import { followers } from "../src/cases/Followers.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

followers(cluster)
