/** Pods that are left behind, on the cluster of KUBECONFIG. */
import { beforeAll } from "@effect/vitest"
import { cleaning } from "../src/Cleaning.ts"
import { clusterFromEnvironment } from "../src/Cluster.ts"

const cluster = clusterFromEnvironment()

beforeAll(() => cluster.check())

cleaning(cluster)
