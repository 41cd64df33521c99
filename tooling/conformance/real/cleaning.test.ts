/** Pods that are left behind, on the cluster of KUBECONFIG. */
import { beforeAll } from "@effect/vitest"
import { cleaning } from "../src/Cleaning.ts"
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { serviceAccounts } from "../src/ServiceAccounts.ts"

const cluster = clusterFromEnvironment()
const userWith = serviceAccounts(cluster)

beforeAll(() => cluster.check())

cleaning(cluster, ({ name, rules }) => userWith(name, rules))
