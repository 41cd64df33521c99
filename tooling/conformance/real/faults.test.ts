/** The suite on the cluster of KUBECONFIG, under faults. */
import { afterAll, beforeAll } from "@effect/vitest"
import { faultyConformance } from "../src/cases/FaultyConformance.ts"
import { clusterFromEnvironment } from "../src/clusters/Cluster.ts"
import { behindFaults, chooseSeed } from "../src/clusters/Faults.ts"
import { makeRestrictedNamespace } from "../src/clusters/RestrictedNamespace.ts"

const cluster = clusterFromEnvironment()
const faulty = await behindFaults(cluster, chooseSeed())

beforeAll(() => makeRestrictedNamespace(cluster))

afterAll(faulty.stop)

faultyConformance(faulty)
