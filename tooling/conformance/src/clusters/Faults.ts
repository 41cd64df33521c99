/**
 * The same cluster through a proxy that damages some connections. Only podwright goes through it:
 * the suite's own requests go to the cluster directly.
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
  plan: FaultPlan = { chance: MODERATE },
  onFault: () => void = () => undefined
): Promise<FaultyCluster> => {
  const folder = await mkdtemp(join(tmpdir(), "podwright-conformance-faults-"))
  const kubeconfig = join(folder, "admin.kubeconfig")
  await copyFile(cluster.kubeconfig, kubeconfig)
  const proxy = await openFaultProxy({
    kubeconfig: cluster.limitedKubeconfig,
    writeKubeconfig: join(folder, "limited.kubeconfig"),
    plan,
    seed,
    onFault
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

const CUT_EVERY_MS = 200

/**
 * Several times what a run of a few seconds sees when its streams are cut at once and resumed at
 * once.
 */
const MOST_CUTS = 40

/**
 * Cuts a stream of that kind every 200 ms on average, until that has happened often enough: on a
 * busy machine what a stream needs at its end may take longer than most of them live, and then it
 * would never come.
 */
export const behindCuts = (cluster: Cluster, kind: "exec" | "log"): Promise<FaultyCluster> => {
  let cuts = 0
  const plan: FaultPlan = {
    get chance() {
      return cuts < MOST_CUTS ? { cutEvery: { [kind]: CUT_EVERY_MS } } : {}
    }
  }
  return behindFaults(cluster, chooseSeed(), plan, () => {
    cuts += 1
  })
}
