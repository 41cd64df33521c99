/** The suite on the cluster of KUBECONFIG. Without one it fails, whatever else: a tier that skips proves nothing. */
import { beforeAll } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { conformance } from "../src/Conformance.ts"

const cluster = clusterFromEnvironment()

beforeAll(() => cluster.check())

conformance(cluster)
