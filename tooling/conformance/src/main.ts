/**
 * `pnpm chaos [--runs N] [--minutes N] [--concurrency N] [--local]` runs tasks under faults on the
 * cluster of KUBECONFIG, or with `--local` on an embedded one. It exits with 1 when a run reported
 * something untrue, left a pod, or had two attempts at once.
 */
import { parseArgs } from "node:util"
import { chaos, chaosTable } from "./chaos/Chaos.ts"
import { clusterFromEnvironment } from "./clusters/Cluster.ts"
import { chooseSeed } from "./clusters/Faults.ts"
import { startLocalCluster } from "./clusters/LocalClusters.ts"

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    minutes: { type: "string", default: "10" },
    concurrency: { type: "string", default: "6" },
    local: { type: "boolean", default: false }
  }
})

const { cluster, stop } = values.local
  ? await startLocalCluster()
  : { cluster: clusterFromEnvironment(), stop: async () => undefined }
const seed = chooseSeed()
console.error(`PODWRIGHT_FAULT_SEED=${seed}`)
const report = await chaos(cluster, {
  seed,
  runs: Number(values.runs),
  minutes: Number(values.minutes),
  concurrency: Number(values.concurrency),
  onRun: (line) => console.error(line)
})
await stop()
console.log(chaosTable(report))
process.exitCode = report.untrue.length + report.podsLeft.length + report.overlapping.length === 0 ? 0 : 1
