/** The suite on the embedded cluster, under faults. */
import { afterAll } from "@effect/vitest"
import { faultyConformance } from "../src/cases/FaultyConformance.ts"
import { behindFaults, chooseSeed } from "../src/clusters/Faults.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"

const local = await startLocalCluster()
const faulty = await behindFaults(local.cluster, chooseSeed())

afterAll(async () => {
  await faulty.stop()
  await local.stop()
})

faultyConformance(faulty)
