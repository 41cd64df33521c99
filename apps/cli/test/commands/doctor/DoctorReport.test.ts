import { assert, describe, it } from "@effect/vitest"
import { permissions, type ReviewedPermission } from "@podwright/k8s-io"
import { parseAllDocuments } from "yaml"
import { doctorJson, doctorText, type Findings, isHealthy } from "../../../src/commands/doctor/DoctorReport.ts"

const reviewed = (missing: ReadonlyArray<string> = []): ReadonlyArray<ReviewedPermission> =>
  permissions.map((permission) => ({
    permission,
    allowed: !missing.includes(`${permission.verb} ${permission.resource}`)
  }))

const version = (minor: number) => ({ gitVersion: `v1.${minor}.0`, major: 1, minor })

const healthy: Findings = {
  source: "/home/jane/.kube/config, context team",
  server: "https://10.0.0.1:6443",
  namespace: "team",
  namespaceSource: "--namespace",
  version: version(35),
  username: "jane",
  permissions: reviewed(),
  problems: []
}

describe("isHealthy", () => {
  const { permissions: _permissions, ...unreviewed } = healthy
  const { version: _version, ...unversioned } = healthy
  const table: ReadonlyArray<readonly [string, Findings, boolean]> = [
    ["everything is there", healthy, true],
    ["a newer server", { ...healthy, version: version(36) }, true],
    ["a server that is too old", { ...healthy, version: version(26) }, false],
    ["events may not be read", { ...healthy, permissions: reviewed(["list events", "watch events"]) }, true],
    ["a permission is missing", { ...healthy, permissions: reviewed(["delete pods"]) }, false],
    ["create on pods/exec is missing on 1.35", { ...healthy, permissions: reviewed(["create pods/exec"]) }, false],
    [
      "create on pods/exec is missing on 1.34, which does not ask for it",
      { ...healthy, version: version(34), permissions: reviewed(["create pods/exec"]) },
      true
    ],
    ["a problem", { ...healthy, problems: ["no such namespace"] }, false],
    ["permissions could not be asked", unreviewed, false],
    ["the version could not be asked", unversioned, false]
  ]
  it.each(table)("%s", (_what, findings, expected) => {
    assert.strictEqual(isHealthy(findings), expected)
    assert.match(doctorText(findings), expected ? /^A run would work\.$/m : /^A run would not work\.$/m)
    assert.propertyVal(doctorJson(findings), "ok", expected)
  })
})

describe("doctorText", () => {
  it("says where, who and which version", () => {
    const text = doctorText(healthy)
    for (const part of ["https://10.0.0.1:6443", "/home/jane/.kube/config", "jane", "team (--namespace)", "v1.35.0"])
      assert.include(text, part)
    assert.notInclude(text, "kind: Role")
  })
  it("marks what is missing, and gives a Role that has it", () => {
    const findings = { ...healthy, permissions: reviewed(["create pods/exec"]) }
    const text = doctorText(findings)
    assert.match(text, /^ {2}NO {3}create pods\/exec .*Kubernetes 1\.35 and newer/m)
    assert.match(text, /^ {2}yes {2}get pods\/exec /m)
    const { fix } = doctorJson(findings) as { readonly fix: string }
    assert.include(text, fix.trimEnd())
    const [role, binding] = parseAllDocuments(fix).map((document) => document.toJS())
    assert.deepStrictEqual(role.rules[1], { apiGroups: [""], resources: ["pods/exec"], verbs: ["get", "create"] })
    assert.deepStrictEqual(binding.subjects, [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }])
  })
  it("says that a run works without what is optional, and offers no Role for it", () => {
    const findings = { ...healthy, permissions: reviewed(["watch events"]) }
    assert.match(doctorText(findings), /^ {2}no {3}watch events .*; a run works without$/m)
    assert.propertyVal(doctorJson(findings), "fix", null)
  })
  it("binds a service account by its own name, also one of another namespace", () => {
    const findings = { ...healthy, username: "system:serviceaccount:ci:runner", permissions: reviewed(["get pods"]) }
    const { fix } = doctorJson(findings) as { readonly fix: string }
    assert.deepStrictEqual(parseAllDocuments(fix)[1]?.toJS().subjects, [
      { kind: "ServiceAccount", name: "runner", namespace: "ci" }
    ])
  })
  it("says why a cluster cannot be asked at all", () => {
    const text = doctorText({ problems: ["kubeconfig: /nowhere cannot be used"] })
    assert.strictEqual(text, "problem      kubeconfig: /nowhere cannot be used\nA run would not work.\n")
  })
})
