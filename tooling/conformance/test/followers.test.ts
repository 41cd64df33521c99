/** Followers of pods on the embedded cluster. */
import { afterAll } from "@effect/vitest"
import { followers } from "../src/Followers.ts"
import { startLocalCluster } from "../src/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

followers(cluster)
