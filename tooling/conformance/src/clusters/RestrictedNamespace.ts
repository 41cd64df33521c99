/**
 * A namespace of a real cluster that enforces Pod Security *restricted*, with the documented Role
 * for the limited user.
 */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type Cluster, LIMITED_NAMESPACE, RESTRICTED_NAMESPACE } from "./Cluster.ts"
import { kubectl } from "./Kubectl.ts"

const ROLE = join(import.meta.dirname, "../../../real-cluster/role.yaml")

/** Makes the namespace, or makes it as it should be. */
export const makeRestrictedNamespace = async (cluster: Cluster): Promise<void> => {
  const role = (await readFile(ROLE, "utf8")).replaceAll(LIMITED_NAMESPACE, RESTRICTED_NAMESPACE)
  await kubectl(cluster.kubeconfig, ["apply", "-f", "-"], role)
  const label = "pod-security.kubernetes.io/enforce=restricted"
  await kubectl(cluster.kubeconfig, ["label", "--overwrite", "namespace", RESTRICTED_NAMESPACE, label])
}
