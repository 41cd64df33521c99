/** Pods without a driver, on the cluster of KUBECONFIG. */
import { beforeAll } from "@effect/vitest"
import { cleaning } from "../src/cases/Cleaning.ts"
import { serviceAccounts } from "../src/cases/ServiceAccounts.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"

const cluster = clusterFromEnvironment()
const userWith = serviceAccounts(cluster)

beforeAll(() => cluster.check())

cleaning(cluster, ({ name, rules }) => userWith(name, rules))
