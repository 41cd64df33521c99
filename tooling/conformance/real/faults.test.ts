/** The suite on the cluster of KUBECONFIG, with faults on the way. */
import { afterAll } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { behindFaults, chooseSeed, conformanceUnderFaults } from "../src/Faults.ts"

const faulty = await behindFaults(clusterFromEnvironment(), chooseSeed())

afterAll(faulty.stop)

conformanceUnderFaults(faulty.cluster)
