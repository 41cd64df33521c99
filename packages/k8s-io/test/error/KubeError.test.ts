/** Which failures pass by themselves, and that every message says what to do. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { KubeError, type KubeReason } from "../../src/error/KubeError.ts"

const error = (reason: KubeReason) =>
  new KubeError({ operation: "Pods.get", subject: { namespace: "team", name: "hello", container: "main" }, reason })

describe("retryable", () => {
  const table: ReadonlyArray<readonly [KubeReason, boolean]> = [
    [{ _tag: "Unreachable", address: "https://a", detail: "x" }, true],
    [{ _tag: "TlsFailure", detail: "x" }, false],
    [{ _tag: "Unauthorized", detail: "x" }, false],
    [{ _tag: "Forbidden", verb: "get", resource: "pods", namespace: "team", detail: "" }, false],
    [{ _tag: "NotFound", detail: "x" }, false],
    [{ _tag: "AlreadyExists", detail: "x" }, false],
    [{ _tag: "Conflict", detail: "x" }, false],
    [{ _tag: "Invalid", detail: "x", causes: [] }, false],
    [{ _tag: "BadRequest", detail: "x" }, false],
    [{ _tag: "TooManyRequests", detail: "x" }, true],
    [{ _tag: "Gone", detail: "x" }, false],
    [{ _tag: "ServerError", code: 500, detail: "x" }, true],
    [{ _tag: "ServerError", code: 502, detail: "x" }, true],
    [{ _tag: "ServerError", code: 503, detail: "x" }, true],
    [{ _tag: "ServerError", code: 504, detail: "x" }, true],
    [{ _tag: "ServerError", code: 501, detail: "x" }, false],
    [{ _tag: "Timeout", seconds: 30 }, true],
    [{ _tag: "Cut", detail: "x" }, true],
    [{ _tag: "Protocol", detail: "x" }, false],
    [{ _tag: "Config", detail: "x" }, false],
    [{ _tag: "NotRunningYet", detail: "x" }, true]
  ]
  it.each(table)("%o: %s", (reason, retryable) => {
    assert.strictEqual(error(reason).retryable, retryable)
  })
})

describe("message", () => {
  it("says operation, subject, and which right is missing", () => {
    const denied = 'pods "hello" is forbidden: User "u" cannot create resource "pods/exec" in API group ""'
    const { message } = error({
      _tag: "Forbidden",
      verb: "create",
      resource: "pods/exec",
      namespace: "team",
      detail: denied
    })
    assert.include(message, "Pods.get team/hello (container main): ")
    assert.include(message, 'A Role in namespace "team" must grant verb "create" on resource "pods/exec"')
    assert.include(message, denied)
  })
  it("says which right is missing when the server says nothing, as 1.35 does of create on pods/exec", () => {
    const { message } = error({
      _tag: "Forbidden",
      verb: "create",
      resource: "pods/exec",
      namespace: "team",
      detail: 'pods "hello" is forbidden: '
    })
    assert.include(message, 'verb "create" on resource "pods/exec"')
    assert.include(message, "podwright doctor")
  })
  it("asks for a ClusterRole where the right is to be had everywhere", () => {
    const { message } = error({ _tag: "Forbidden", verb: "list", resource: "pods", namespace: "", detail: "" })
    assert.include(message, 'A ClusterRole, bound by a ClusterRoleBinding, must grant verb "list" on resource "pods"')
    assert.notInclude(message, "podwright rbac")
  })
  it("does not blame a Role for a quota", () => {
    const { message } = error({
      _tag: "Forbidden",
      verb: "create",
      resource: "pods",
      namespace: "team",
      detail: "exceeded quota: q"
    })
    assert.notInclude(message, "Role")
    assert.include(message, "exceeded quota: q")
  })
  it("names the address that cannot be reached", () => {
    assert.include(
      error({ _tag: "Unreachable", address: "https://10.0.0.1:6443", detail: "ECONNREFUSED" }).message,
      "https://10.0.0.1:6443"
    )
  })
  it("lists the fields of an invalid object", () => {
    const { message } = error({
      _tag: "Invalid",
      detail: "x",
      causes: [{ field: "spec.a", message: "Required value" }]
    })
    assert.include(message, "\n  spec.a: Required value")
  })
  it("survives the way through JSON", () => {
    const before = error({ _tag: "TooManyRequests", detail: "busy", retryAfterSeconds: 3 })
    const after = Schema.decodeUnknownSync(KubeError)(JSON.parse(JSON.stringify(Schema.encodeSync(KubeError)(before))))
    assert.strictEqual(after.message, before.message)
    assert.deepStrictEqual(after.reason, before.reason)
  })
})
