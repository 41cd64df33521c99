/** Who is told of `podwright doctor` and `podwright rbac`: those who lack a right, by whatever way the refusal came. */
import { assert, describe, it } from "@effect/vitest"
import { KubeError } from "@podwright/k8s-io"
import { accessAdvice } from "../../src/task/AccessAdvice.ts"

const refused = (detail: string, namespace = "team") =>
  new KubeError({
    operation: "Exec.open",
    subject: { namespace, name: "p" },
    reason: { _tag: "Forbidden", verb: "create", resource: "pods/exec", namespace, detail }
  })
const rbac = 'pods "p" is forbidden: User "u" cannot create resource "pods/exec" in API group ""'

describe("advice on a refusal", () => {
  it.each([
    ["for want of a Role", refused(rbac), true],
    ["without a reason, as 1.35 words it", refused('pods "p" is forbidden: '), true],
    ["for want of a ClusterRole, which the command does not print", refused(rbac, ""), false],
    ["by a quota", refused("exceeded quota: q"), false]
  ] as const)("%s", (_, error, isGiven) => {
    assert.strictEqual(accessAdvice(error).includes("podwright doctor"), isGiven)
  })
})
