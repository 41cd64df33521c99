/**
 * Every permission of a run on the embedded cluster, and the places where its Role is written down.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { permissions, type RoleRule, roleRules } from "@podwright/k8s-io"
import { LocalCluster } from "@podwright/local-cluster"
import { Effect, Exit, Scope } from "effect"
import { parseAllDocuments } from "yaml"
import { permissionSuite } from "../src/cases/Permissions.ts"
import { Cluster } from "../src/clusters/Cluster.ts"

const REPOSITORY = join(import.meta.dirname, "../../..")

const scope = Scope.makeUnsafe()
const folder = mkdtempSync(join(tmpdir(), "podwright-permissions-"))
afterAll(async () => {
  await Effect.runPromise(Scope.close(scope, Exit.void))
  rmSync(folder, { recursive: true })
})

/** A cluster of each user's own: users are given when it starts. */
const userWith = async (name: string, rules: ReadonlyArray<RoleRule>): Promise<string> => {
  const start = LocalCluster.start({ users: [{ name, namespace: "team", rules }] })
  const { userKubeconfigs } = await Effect.runPromise(start.pipe(Scope.provide(scope)))
  const path = join(folder, `${name}.kubeconfig`)
  writeFileSync(path, userKubeconfigs[name] ?? "", { mode: 0o600 })
  return path
}

permissionSuite(new Cluster("/nowhere"), userWith)

const granted = (rules: ReadonlyArray<RoleRule>): ReadonlyArray<string> =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)))
  )

const roleIn = (text: string): ReadonlyArray<RoleRule> => {
  const objects = parseAllDocuments(text).map(
    (document) => document.toJS() as { readonly kind: string; readonly rules?: ReadonlyArray<RoleRule> }
  )
  return objects.find(({ kind }) => kind === "Role")?.rules ?? []
}

describe("the Role", () => {
  const guide = readFileSync(join(REPOSITORY, "docs/guide/permissions.md"), "utf8")
  const texts: ReadonlyArray<readonly [string, string]> = [
    ["docs/guide/permissions.md", /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(guide)?.[1] ?? ""],
    ["tooling/real-cluster/role.yaml", readFileSync(join(REPOSITORY, "tooling/real-cluster/role.yaml"), "utf8")]
  ]
  for (const [where, text] of texts) {
    it(`of ${where} grants exactly what runs need`, () => {
      assert.lengthOf(granted(roleIn(text)), permissions.length)
      assert.sameMembers([...granted(roleIn(text))], [...granted(roleRules())])
    })
  }
})
