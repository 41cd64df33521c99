/** Fails the whole tier, with a word on what to do, when there is no cluster to run it on. */
import { readFile } from "node:fs/promises"
import { Cluster } from "../src/Cluster.ts"

export default async function setup(): Promise<void> {
  const kubeconfig = process.env["KUBECONFIG"]
  if (kubeconfig === undefined) {
    throw new Error(
      "the real tier needs a cluster: set KUBECONFIG, for example KUBECONFIG=$(tooling/real-cluster/up) pnpm test:real"
    )
  }
  await readFile(kubeconfig)
  await new Cluster(kubeconfig).check()
}
