/**
 * An embedded cluster prepared for the suite: the kubeconfigs of an administrator and of a user
 * with the documented Role, side by side in a folder as `tooling/real-cluster` writes them.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type LimitedUser, LocalCluster, type PolicyRule } from "@podwright/local-cluster"
import { Effect, Exit, Scope } from "effect"
import { parseAllDocuments } from "yaml"
import { Cluster, type ClusterImages, LIMITED_NAMESPACE } from "./Cluster.ts"

const ROLE = join(import.meta.dirname, "../../../real-cluster/role.yaml")

const IMAGES: ClusterImages = {
  missing: "local-cluster.invalid/pull-error:1",
  noShell: "local-cluster.invalid/no-shell",
  entrypoint: "local-cluster.invalid/entrypoint",
  // It pulls no images, and so knows no user of any.
  user1000: "busybox",
  // Those that any machine has that this suite runs on.
  languages: ["node", "perl", "python"]
}

/** The rules of the one Role that a podwright user needs. */
const readRules = async (): Promise<ReadonlyArray<PolicyRule>> => {
  const objects = parseAllDocuments(await readFile(ROLE, "utf8")).map(
    (document) => document.toJS() as { readonly kind: string; readonly rules?: ReadonlyArray<PolicyRule> }
  )
  const role = objects.find(({ kind }) => kind === "Role")
  if (role?.rules === undefined) throw new Error(`there is no Role in ${ROLE}`)
  return role.rules
}

export interface StartedCluster {
  readonly cluster: Cluster
  readonly stop: () => Promise<void>
}

/**
 * Starts a cluster in this process; `others` are users besides, whose kubeconfigs are beside the
 * limited one's.
 */
export const startLocalCluster = async (others: ReadonlyArray<LimitedUser> = []): Promise<StartedCluster> => {
  const folder = await mkdtemp(join(tmpdir(), "podwright-conformance-cluster-"))
  const scope = Scope.makeUnsafe()
  const users = [{ name: "limited", namespace: LIMITED_NAMESPACE, rules: await readRules() }, ...others]
  const local = await Effect.runPromise(LocalCluster.start({ users }).pipe(Scope.provide(scope)))
  const kubeconfig = join(folder, "admin.kubeconfig")
  await writeFile(kubeconfig, local.kubeconfig, { mode: 0o600 })
  for (const [name, text] of Object.entries(local.userKubeconfigs)) {
    await writeFile(join(folder, `${name}.kubeconfig`), text, { mode: 0o600 })
  }
  return {
    // There is no admission that could enforce anything.
    cluster: new Cluster(kubeconfig, IMAGES, LIMITED_NAMESPACE),
    stop: async () => {
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await rm(folder, { recursive: true })
    }
  }
}
