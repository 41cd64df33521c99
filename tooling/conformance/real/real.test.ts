import { clusterFromEnvironment } from "../src/Cluster.ts"
import { conformance } from "../src/Conformance.ts"

conformance(clusterFromEnvironment())
