/** Drivers that die, on the embedded cluster. */
import { afterAll, describe } from "@effect/vitest"
import { aroundEach } from "vitest"
import { adoption } from "../src/cases/Adoption.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"
import { ownScratch } from "../src/clusters/Podwright.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

// Most of their time is waiting: for commands, and for leases to run out.
describe.concurrent("adoption", () => {
  aroundEach(ownScratch)
  adoption(cluster)
})
