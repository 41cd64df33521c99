/** Pods without a driver, on the embedded cluster. */
import { dirname, join } from "node:path"
import { afterAll } from "@effect/vitest"
import { cleaning, PATCHLESS } from "../src/cases/Cleaning.ts"
import { startLocalCluster } from "../src/clusters/LocalClusters.ts"

// Users are given when it starts.
const { cluster, stop } = await startLocalCluster([{ ...PATCHLESS, namespace: "patchless" }])

afterAll(stop)

cleaning(cluster, async ({ name }) => join(dirname(cluster.kubeconfig), `${name}.kubeconfig`))
