/** The suite on the embedded cluster, with faults on the way. */
import { afterAll } from "@effect/vitest"
import { behindFaults, chooseSeed } from "../src/Faults.ts"
import { faultyConformance } from "../src/FaultyConformance.ts"
import { startLocalCluster } from "../src/LocalClusters.ts"

const local = await startLocalCluster()
const faulty = await behindFaults(local.cluster, chooseSeed())

afterAll(async () => {
  await faulty.stop()
  await local.stop()
})

faultyConformance(faulty)
