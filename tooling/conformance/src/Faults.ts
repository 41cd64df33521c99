/**
 * The same cluster seen through a proxy that spoils a part of what passes. Only podwright goes through it: what the suite
 * itself asks goes to the cluster directly.
 */
import { randomInt } from "node:crypto"
import { copyFile, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type FaultPlan, type FaultProxy, MODERATE, openFaultProxy } from "@podwright/fault-proxy"
import { Cluster } from "./Cluster.ts"

/** Sets the seed, to have the faults of an earlier run again. */
const SEED_VARIABLE = "PODWRIGHT_FAULT_SEED"

export interface FaultyCluster {
  readonly cluster: Cluster
  readonly proxy: FaultProxy
  readonly stop: () => Promise<void>
}

/** The seed of the environment, else a new one. */
export const chooseSeed = (): number => {
  const given = process.env[SEED_VARIABLE]
  if (given === undefined || given === "") return randomInt(2 ** 32)
  const seed = Number(given)
  if (!Number.isInteger(seed)) throw new Error(`${SEED_VARIABLE} is to be a whole number, not '${given}'`)
  return seed
}

/** Puts a proxy before a cluster; prints the seed. */
export const behindFaults = async (
  cluster: Cluster,
  seed: number,
  plan: FaultPlan = { chance: MODERATE }
): Promise<FaultyCluster> => {
  const folder = await mkdtemp(join(tmpdir(), "podwright-conformance-faults-"))
  const kubeconfig = join(folder, "admin.kubeconfig")
  await copyFile(cluster.kubeconfig, kubeconfig)
  const proxy = await openFaultProxy({
    kubeconfig: cluster.limitedKubeconfig,
    writeKubeconfig: join(folder, "limited.kubeconfig"),
    plan,
    seed
  })
  console.log(`faults: ${SEED_VARIABLE}=${seed}`)
  return {
    cluster: new Cluster(kubeconfig, cluster.images, cluster.restrictedNamespace, true),
    proxy,
    stop: async () => {
      await proxy.close()
      await rm(folder, { recursive: true })
    }
  }
}
