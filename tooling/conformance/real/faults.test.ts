/** The suite on the cluster of KUBECONFIG, with faults on the way. */
import { afterAll, beforeAll } from "@effect/vitest"
import { clusterFromEnvironment } from "../src/Cluster.ts"
import { behindFaults, chooseSeed } from "../src/Faults.ts"
import { faultyConformance } from "../src/FaultyConformance.ts"
import { makeRestrictedNamespace } from "../src/RestrictedNamespace.ts"

const cluster = clusterFromEnvironment()
const faulty = await behindFaults(cluster, chooseSeed())

beforeAll(() => makeRestrictedNamespace(cluster))

afterAll(faulty.stop)

faultyConformance(faulty)
