/** Drivers that die, on the cluster of KUBECONFIG. */
import { beforeAll, describe } from "@effect/vitest"
import { aroundEach } from "vitest"
import { adoption } from "../src/Adoption.ts"
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { ownScratch } from "../src/Podwright.ts"

const cluster = clusterFromEnvironment()

beforeAll(() => cluster.check())

// Most of their time is waiting: for commands, and for leases to run out.
describe.concurrent("adoption", () => {
  aroundEach(ownScratch)
  adoption(cluster)
})
