/** The table of permissions and the Role made of it. */
import { assert, describe, it } from "@effect/vitest"
import {
  isAskedFor,
  operatorPermissions,
  permissions,
  type RoleRequest,
  roleManifests,
  roleRules,
  roleSubject
} from "../../src/access/Access.ts"

describe("permissions", () => {
  it("name every right once", () => {
    const names = permissions.map(({ resource, verb }) => `${verb} ${resource}`)
    assert.lengthOf(new Set(names), names.length)
  })
  it.each([
    [34, false],
    [35, true],
    [36, true],
    [undefined, true]
  ] as const)("a server of minor version %s asks for create on pods/exec: %s", (minor, expected) => {
    const exec = permissions.filter(({ resource, verb }) => resource === "pods/exec" && verb === "create")
    assert.deepStrictEqual(
      exec.map((permission) => isAskedFor(permission, minor)),
      [expected]
    )
  })
  it("are asked for by every server, the one exception aside", () => {
    const always = permissions.filter((permission) => isAskedFor(permission, 27))
    assert.lengthOf(always, permissions.length - 1)
  })
})

describe("roleRules", () => {
  it("grants exactly the table, a rule for each resource", () => {
    const granted = roleRules().flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`))
    )
    assert.sameMembers(
      granted,
      permissions.map(({ resource, verb }) => `${verb} ${resource}`)
    )
    assert.deepStrictEqual(
      roleRules().map(({ resources }) => resources),
      [["pods"], ["pods/exec"], ["pods/log"], ["events"]]
    )
  })
})

describe("the Role of an operator", () => {
  it("grants exactly its own table, and creates no pods", () => {
    const granted = roleRules("operator").flatMap(({ resources, verbs }) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`))
    )
    assert.sameMembers(
      granted,
      operatorPermissions.map(({ resource, verb }) => `${verb} ${resource}`)
    )
    assert.notInclude(granted, "create pods")
    const [role] = roleManifests({
      name: "o",
      namespace: "team",
      subject: { _tag: "User", name: "jane" },
      purpose: "operator"
    })
    assert.deepStrictEqual(role?.["rules"], roleRules("operator"))
  })
})

describe("roleSubject", () => {
  it.each([
    ["system:serviceaccount:ci:runner", { _tag: "ServiceAccount", namespace: "ci", name: "runner" }],
    ["jane@example.com", { _tag: "User", name: "jane@example.com" }],
    ["system:admin", { _tag: "User", name: "system:admin" }],
    ["system:serviceaccount:ci", { _tag: "User", name: "system:serviceaccount:ci" }]
  ] as const)("%s", (username, expected) => {
    assert.deepStrictEqual<unknown>(roleSubject(username), expected)
  })
})

describe("roleManifests", () => {
  const binding = (subject: RoleRequest["subject"]) =>
    roleManifests({ name: "tasks", namespace: "team", subject })[1]?.["subjects"]
  it.each([
    [
      { _tag: "ServiceAccount", name: "runner" },
      { kind: "ServiceAccount", name: "runner", namespace: "team" }
    ],
    [
      { _tag: "ServiceAccount", name: "runner", namespace: "ci" },
      { kind: "ServiceAccount", name: "runner", namespace: "ci" }
    ],
    [
      { _tag: "User", name: "jane" },
      { apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "jane" }
    ]
  ] as const)("binds %o", (subject, expected) => {
    assert.deepStrictEqual<unknown>(binding(subject), [expected])
  })
})
