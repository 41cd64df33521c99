/**
 * Users of a real cluster with limited rights: service accounts, each in its own namespace with the
 * objects that `podwright rbac` prints.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll } from "@effect/vitest"
import { parse, parseAllDocuments, stringify } from "yaml"
import type { Cluster } from "../clusters/Cluster.ts"
import { kubectl } from "../clusters/Kubectl.ts"
import { freshId, podwright, scratch } from "../clusters/Podwright.ts"
import type { UserWith } from "./Permissions.ts"

/** Makes such users for the tests of a file; what was made goes when these have ended. */
export const serviceAccounts = (cluster: Cluster): UserWith => {
  const admin = (args: ReadonlyArray<string>, input?: string) => kubectl(cluster.kubeconfig, args, input)
  const namespaces: Array<string> = []

  afterAll(async () => {
    await admin(["delete", "namespace", "--wait=false", ...namespaces])
  })

  return async (name, rules) => {
    const namespace = freshId("permissions")
    namespaces.push(namespace)
    await admin(["create", "namespace", namespace])
    await admin(["create", "serviceaccount", name, "-n", namespace])
    // A pod of the default service account is refused until a controller has made that account.
    await admin(["wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=30s"])
    const printed = await podwright(cluster, ["rbac", "--namespace", namespace, "--service-account", name])
    const objects = parseAllDocuments(printed.stdout).map((document) => document.toJS() as { readonly kind: string })
    const applied = objects.map((object) => (object.kind === "Role" ? { ...object, rules } : object))
    await admin(["apply", "-f", "-"], applied.map((object) => stringify(object)).join("---\n"))
    const token = (await admin(["create", "token", name, "-n", namespace])).stdout.trim()
    const config = parse(await readFile(cluster.kubeconfig, "utf8"))
    config.users[0].user = { token }
    config.contexts[0].context.namespace = namespace
    const path = join(await scratch(), "kubeconfig")
    await writeFile(path, stringify(config), { mode: 0o600 })
    return path
  }
}
