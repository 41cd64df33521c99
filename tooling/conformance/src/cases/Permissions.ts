/**
 * Runs with the Role of `podwright rbac`, and with one permission less: the table of permissions is
 * enough, and each of them is needed. Both `podwright doctor` and the run name the missing
 * permission.
 */
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { permissions, type RoleRule, roleRules } from "@podwright/k8s-io"
import type { Cluster } from "../clusters/Cluster.ts"
import { podwright, scratch, writeFlow } from "../clusters/Podwright.ts"

/**
 * A user with just these rules in a namespace, found by the kubeconfig's path; the namespace is
 * that of its context.
 */
export type UserWith = (name: string, rules: ReadonlyArray<RoleRule>) => Promise<string>

const EXAMPLES = join(import.meta.dirname, "../../../../examples")

/** The Role of `podwright rbac` with one permission less. */
export const rulesWithout = (verb: string, resource: string): ReadonlyArray<RoleRule> =>
  roleRules()
    .map((rule) =>
      rule.resources.includes(resource) ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule
    )
    .filter((rule) => rule.verbs.length > 0)

/** What a missing permission does to a run; every other one ends it with 125. */
const BEARABLE: Readonly<Record<string, "warned" | "unnoticed">> = {
  "delete pods": "warned",
  // asked for only when the answer to a request was lost
  "get pods": "unnoticed",
  // a run as quick as this never renews its lease
  "patch pods": "unnoticed",
  // less is told of pods that wait
  "list events": "unnoticed",
  "watch events": "unnoticed"
}

export const permissionSuite = (cluster: Cluster, userWith: UserWith): void => {
  describe("permissions", () => {
    it("exactly the Role of `podwright rbac` is enough for both reference flows, and for the doctor", async () => {
      const kubeconfig = await userWith("enough", roleRules())
      const doctor = await podwright(cluster, ["doctor"], kubeconfig)
      assert.strictEqual(doctor.code, 0, doctor.stdout)
      assert.match(doctor.stdout, /A run would work\.\n$/)
      const hello = await podwright(cluster, ["run", join(EXAMPLES, "hello.yaml")], kubeconfig)
      assert.strictEqual(hello.code, 0, hello.stderr)
      assert.strictEqual(hello.stdout, "Hello World\n")
      const folder = await scratch()
      const file = join(EXAMPLES, "hello.yaml")
      const args = ["--input", `file=${file}`, "--output-dir", folder]
      const files = await podwright(cluster, ["run", join(EXAMPLES, "hello-with-file.yaml"), ...args], kubeconfig)
      assert.strictEqual(files.code, 0, files.stderr)
    })

    for (const [index, { optional, resource, verb }] of permissions.entries()) {
      const name = `${verb} ${resource}`
      const expected = BEARABLE[name] ?? "fatal"
      it(`without ${name} the doctor says so, and for a run it is ${expected}`, async () => {
        const kubeconfig = await userWith(`without-${index}`, rulesWithout(verb, resource))
        const doctor = await podwright(cluster, ["doctor", "--format", "json"], kubeconfig)
        assert.strictEqual(doctor.code, optional ? 0 : 125, doctor.stdout)
        const found = JSON.parse(doctor.stdout)
        const missing = found.permissions.filter(({ allowed }: { readonly allowed: boolean }) => !allowed)
        assert.deepStrictEqual(
          missing.map((one: { readonly verb: string; readonly resource: string }) => [one.verb, one.resource]),
          [[verb, resource]]
        )
        if (optional) assert.isNull(found.fix)
        else assert.include(found.fix, "kind: RoleBinding")
        const logs =
          resource === "pods/log"
            ? "taskRunner: { type: io.kestra.plugin.ee.kubernetes.runner.Kubernetes, logs: kubelet }"
            : ""
        const flow = await writeFlow(await scratch(), `without-${index}`, ["true"], `containerImage: busybox\n${logs}`)
        const run = await podwright(cluster, ["run", flow], kubeconfig)
        assert.strictEqual(run.code, expected === "fatal" ? 125 : 0, run.stderr)
        if (expected === "unnoticed") return
        assert.include(run.stderr, `verb "${verb}" on resource "${resource}"`)
        assert.include(run.stderr, "podwright doctor")
      })
    }
  })
}
