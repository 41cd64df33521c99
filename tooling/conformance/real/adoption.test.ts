/** Drivers that die, on the cluster of KUBECONFIG. */
import { beforeAll } from "@effect/vitest"
import { adoption } from "../src/Adoption.ts"
import { clusterFromEnvironment } from "../src/Cluster.ts"

const cluster = clusterFromEnvironment()

beforeAll(() => cluster.check())

adoption(cluster)
