/** Executions from outside, on the cluster of KUBECONFIG. */
import { beforeAll } from "@effect/vitest"
import { executions } from "../src/cases/Executions.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"

const cluster = clusterFromEnvironment()

beforeAll(() => cluster.check())

executions(cluster)
