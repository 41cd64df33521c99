import { assert, describe, it } from "@effect/vitest"
import { accessDenied, isAllowed, type User } from "../../src/api/Access.ts"

const limited: User = {
  name: "limited",
  role: {
    namespace: "team",
    rules: [
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "create"] },
      { apiGroups: [""], resources: ["pods/exec"], verbs: ["*"] }
    ]
  }
}

describe("isAllowed", () => {
  const table: ReadonlyArray<readonly [string, string, string | undefined, string | undefined, boolean]> = [
    ["get", "pods", undefined, "team", true],
    ["create", "pods", undefined, "team", true],
    ["delete", "pods", undefined, "team", false],
    ["get", "pods", undefined, "other", false],
    ["list", "pods", undefined, undefined, false],
    ["get", "pods", "log", "team", false],
    ["create", "pods", "exec", "team", true],
    ["get", "events", undefined, "team", false]
  ]
  for (const [verb, resource, subresource, namespace, expected] of table) {
    it(`${verb} ${resource}/${subresource ?? ""} in ${namespace ?? "all namespaces"}: ${expected ? "yes" : "no"}`, () =>
      assert.strictEqual(isAllowed(limited, { verb, group: "", resource, subresource, namespace }), expected))
  }

  it("an administrator may do everything", () =>
    assert.isTrue(isAllowed({ name: "admin" }, { verb: "delete", group: "", resource: "namespaces" })))
})

describe("accessDenied", () => {
  it("says it as a real server does", () => {
    const listing = accessDenied(limited, { verb: "list", group: "", resource: "pods", namespace: "lead" })
    assert.strictEqual(
      listing.message,
      'pods is forbidden: User "limited" cannot list resource "pods" in API group "" in the namespace "lead"'
    )
    const reading = accessDenied(limited, {
      verb: "get",
      group: "",
      resource: "pods",
      subresource: "log",
      namespace: "lead",
      name: "x"
    })
    assert.strictEqual(
      reading.message,
      'pods "x" is forbidden: User "limited" cannot get resource "pods/log" in API group "" in the namespace "lead"'
    )
    assert.strictEqual(reading.code, 403)
  })
})
