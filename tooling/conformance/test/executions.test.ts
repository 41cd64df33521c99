/** Executions from outside, on the embedded cluster. */
import { dirname, join } from "node:path"
import { afterAll } from "@effect/vitest"
import { executions, OPERATOR } from "../src/cases/Executions.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"

// Users are given when it starts.
const { cluster, stop } = await startLocalCluster([{ ...OPERATOR, namespace: "operated" }])

afterAll(stop)

executions(cluster, async ({ name }) => join(dirname(cluster.kubeconfig), `${name}.kubeconfig`))
