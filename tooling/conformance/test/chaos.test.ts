/** A short chaos on the embedded cluster; `pnpm chaos` is the long one. */
import { afterAll, assert, it } from "@effect/vitest"
import { chaos, chaosTable } from "../src/chaos/Chaos.ts"
import { chooseSeed } from "../src/clusters/Faults.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"

const { cluster, stop } = await startLocalCluster()

afterAll(stop)

/** Four of each kind. */
const RUNS = 28

it("under every fault each run ends with what is true of it, and leaves no pod", { timeout: 600_000 }, async () => {
  const report = await chaos(cluster, { seed: chooseSeed(), runs: RUNS, minutes: 0, concurrency: 4 })
  console.log(chaosTable(report))
  assert.deepStrictEqual([...report.untrue, ...report.podsLeft, ...report.overlapping], [])
  assert.isAbove(report.faults.size, 3)
})
