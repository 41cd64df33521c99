/** Which failures pass by themselves, and that every message says what to do. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { KubeError } from "../../src/error/KubeError.ts"
import { KubeOperation } from "../../src/error/KubeMessage.ts"
import type { KubeReason } from "../../src/error/KubeReason.ts"

const error = (reason: KubeReason) =>
  new KubeError({ operation: "Pods.get", subject: { namespace: "team", name: "hello" }, reason })

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
    assert.include(message, "Could not read pod team/hello: forbidden (403). ")
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
  })
  it("asks for a ClusterRole where the right is to be had everywhere", () => {
    const { message } = error({ _tag: "Forbidden", verb: "list", resource: "pods", namespace: "", detail: "" })
    assert.include(message, 'A ClusterRole, bound by a ClusterRoleBinding, must grant verb "list" on resource "pods"')
  })
  it("never names the program above", () => {
    const { message } = error({ _tag: "Forbidden", verb: "get", resource: "pods", namespace: "team", detail: "" })
    assert.notInclude(message, "podwright")
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
    assert.include(message, "the server refused the object: spec.a: Required value")
  })
  it("survives the way through JSON", () => {
    const before = error({ _tag: "TooManyRequests", detail: "busy", retryAfterSeconds: 3 })
    const after = Schema.decodeUnknownSync(KubeError)(JSON.parse(JSON.stringify(Schema.encodeSync(KubeError)(before))))
    assert.strictEqual(after.message, before.message)
    assert.deepStrictEqual(after.reason, before.reason)
  })
})

describe("what a message begins with", () => {
  const subject = { namespace: "team", name: "etl-1", container: "main" }
  const table: ReadonlyArray<readonly [KubeOperation, KubeError["subject"], string]> = [
    ["Pods.create", subject, "create pod team/etl-1"],
    ["Pods.create", { namespace: "team" }, "create a pod in namespace team"],
    ["Pods.tryCreate", subject, "check whether pod team/etl-1 can be created"],
    ["Pods.get", subject, "read pod team/etl-1"],
    ["Pods.list", { namespace: "team" }, "list the pods of namespace team"],
    ["Pods.list", {}, "list the pods of all namespaces"],
    ["Pods.delete", subject, "delete pod team/etl-1"],
    ["Pods.annotate", subject, "change an annotation of pod team/etl-1"],
    ["PodWatch.changes", { namespace: "team" }, "watch the pods of namespace team"],
    ["PodEvents.follow", { namespace: "team" }, "watch the events of namespace team"],
    ["PodLog.read", subject, "read the log of container main of pod team/etl-1"],
    ["Exec.open", subject, "start a command in container main of pod team/etl-1"],
    ["Exec.output", subject, "read from the command in container main of pod team/etl-1"],
    ["Exec.send", subject, "send to the command in container main of pod team/etl-1"],
    ["AccessReview.version", {}, "read the API server's version"],
    ["AccessReview.username", {}, "ask the API server for our user name"],
    ["AccessReview.review", {}, "ask the API server for our permissions"],
    ["KubeConnection.open", {}, "connect to the cluster"],
    ["KubeConnection.credentials", {}, "get credentials for the cluster"],
    ["KubeConnection.token", {}, "get a token for the cluster"]
  ]
  it.each(table)("%s %o", (operation, of, deed) => {
    const { message } = new KubeError({ operation, subject: of, reason: { _tag: "Timeout", seconds: 30 } })
    assert.strictEqual(message, `Could not ${deed}: the API server did not answer within 30 s.`)
  })
  it("has a row for every operation", () => {
    assert.deepStrictEqual(
      [...new Set(table.map(([operation]) => operation))].sort(),
      [...KubeOperation.literals].sort()
    )
  })
})
