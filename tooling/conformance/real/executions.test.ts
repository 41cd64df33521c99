/** Executions from outside, on the cluster of KUBECONFIG. */
import { beforeAll } from "@effect/vitest"
import { executions } from "../src/cases/Executions.ts"
import { serviceAccounts } from "../src/cases/ServiceAccounts.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"

const cluster = clusterFromEnvironment()
const userWith = serviceAccounts(cluster)

beforeAll(() => cluster.check())

executions(cluster, ({ name, rules }) => userWith(name, rules))
