/** Drivers that die, on the cluster of KUBECONFIG. */
import { beforeAll, describe } from "@effect/vitest"
import { aroundEach } from "vitest"
import { adoption } from "../src/cases/Adoption.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { ownScratch } from "../src/clusters/Podwright.ts"

const cluster = clusterFromEnvironment()

beforeAll(() => cluster.check())

// Most of their time is waiting: for commands, and for leases to run out.
describe.concurrent("adoption", () => {
  aroundEach(ownScratch)
  adoption(cluster)
})
