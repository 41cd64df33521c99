/** Answers of a real API server (1.35.4, containerd), word for word, and what they mean for exec and log. */
import { assert, describe, it } from "@effect/vitest"
import type { KubeStatus } from "../../src/error/KubeStatus.ts"
import {
  isNotRunningYet,
  reasonFromContainerStatus,
  reasonFromStatus,
  retryAfterOf,
  statusOfResponse
} from "../../src/error/StatusReason.ts"

const access = { verb: "create", resource: "pods/exec", namespace: "team" }
const internal = (text: string): KubeStatus => ({
  status: "Failure",
  reason: "InternalError",
  code: 500,
  message: `Internal error occurred: ${text}`,
  details: { causes: [{ message: text }] }
})
const bad = (message: string): KubeStatus => ({ status: "Failure", reason: "BadRequest", code: 400, message })

describe("isNotRunningYet", () => {
  const seen: ReadonlyArray<readonly [string, KubeStatus]> = [
    ["exec before the pod is scheduled, HTTP 400", bad("pod unsched does not have a host assigned")],
    [
      "exec before the container runs, while an init container runs, while the image cannot be pulled, and after the end; channel 3",
      internal('unable to upgrade connection: container not found ("main")')
    ],
    ["log before the container runs", bad('container "main" in pod "live" is waiting to start: ContainerCreating')],
    ["log while an init container runs", bad('container "main" in pod "init" is waiting to start: PodInitializing')],
    ["log without an image", bad('container "main" in pod "badimage" is waiting to start: image can\'t be pulled')],
    ["exec before the kubelet knows the pod", internal("unable to upgrade connection: pod does not exist")],
    [
      "exec while the container ends",
      internal(
        "error executing command in container: failed to exec in container: container is in CONTAINER_EXITED state"
      )
    ],
    [
      "exec while the container's task ends",
      internal(
        "error executing command in container: failed to exec in container: failed to load task: no running task found: task 1f not found"
      )
    ],
    ["runc", internal("error executing command in container: cannot exec in a stopped container")],
    ["CRI-O", internal("error executing command in container: container is not created or running")]
  ]
  it.each(seen)("%s", (_when, status) => {
    assert.isTrue(isNotRunningYet(status))
    assert.deepStrictEqual(reasonFromContainerStatus(status, access), {
      _tag: "NotRunningYet",
      detail: status.message ?? ""
    })
  })

  const others: ReadonlyArray<readonly [string, KubeStatus, string]> = [
    ["a container the pod does not have, HTTP 400", bad("container nope is not valid for pod live"), "BadRequest"],
    [
      "a pod that is not there, HTTP 404",
      { status: "Failure", reason: "NotFound", code: 404, message: 'pods "missing" not found' },
      "NotFound"
    ],
    [
      "a command the image does not have",
      internal(
        'Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "b7": OCI runtime exec failed: exec failed: unable to start container process: exec: "no-such": executable file not found in $PATH: unknown'
      ),
      "ServerError"
    ],
    [
      "a node that does not answer",
      internal("error dialing backend: dial tcp 10.0.0.9:10250: connect: connection refused"),
      "ServerError"
    ],
    [
      "a pod called like the message",
      { status: "Failure", reason: "NotFound", code: 404, message: 'pods "is waiting to start" not found' },
      "NotFound"
    ]
  ]
  it.each(others)("not: %s", (_when, status, tag) => {
    assert.isFalse(isNotRunningYet(status))
    assert.strictEqual(reasonFromContainerStatus(status, access)._tag, tag)
  })
})

describe("reasonFromStatus", () => {
  it("names what a Role must grant", () => {
    assert.deepStrictEqual(reasonFromStatus({ reason: "Forbidden", code: 403, message: "no" }, access), {
      _tag: "Forbidden",
      ...access,
      detail: "no"
    })
  })
  it("keeps the fields of an invalid object", () => {
    const causes = [{ reason: "FieldValueRequired", field: "spec.containers[0].image", message: "Required value" }]
    assert.deepStrictEqual(reasonFromStatus({ reason: "Invalid", message: "x", details: { causes } }, access), {
      _tag: "Invalid",
      detail: "x",
      causes: [{ field: "spec.containers[0].image", message: "Required value" }]
    })
  })
  it("prefers the header's wait over the body's", () => {
    const status = { reason: "TooManyRequests", message: "busy", details: { retryAfterSeconds: 9 } }
    assert.deepStrictEqual(reasonFromStatus(status, access, 2), {
      _tag: "TooManyRequests",
      detail: "busy",
      retryAfterSeconds: 2
    })
    assert.deepStrictEqual(reasonFromStatus(status, access), {
      _tag: "TooManyRequests",
      detail: "busy",
      retryAfterSeconds: 9
    })
  })
})

describe("statusOfResponse", () => {
  it("takes a proxy's page for what its code says", () => {
    const reason = reasonFromStatus(statusOfResponse(502, "<html>bad gateway</html>"), access)
    assert.deepStrictEqual(reason, { _tag: "ServerError", code: 502, detail: "<html>bad gateway</html>" })
  })
  it("speaks of an empty body", () => {
    assert.strictEqual(statusOfResponse(504, " ").message, "HTTP 504 without a body")
  })
})

describe("retryAfterOf", () => {
  it.each([
    ["3", 3],
    [undefined, undefined],
    ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
    ["-1", undefined]
  ] as const)("%s is %s", (header, seconds) => {
    assert.strictEqual(retryAfterOf(header), seconds)
  })
})

describe("a refusal by RBAC", () => {
  const refused = (message: string) =>
    reasonFromStatus({ status: "Failure", reason: "Forbidden", code: 403, message }, access)
  it("names the right that the server misses, of the several that a request may need", () => {
    const message =
      'pods "hello" is forbidden: User "u" cannot get resource "pods/exec" in API group "" in the namespace "other"'
    assert.deepStrictEqual(refused(message), {
      _tag: "Forbidden",
      verb: "get",
      resource: "pods/exec",
      namespace: "other",
      detail: message
    })
  })
  it("names the right that was asked for when the server does not say", () => {
    assert.deepInclude(refused("exceeded quota: q"), { verb: "create", resource: "pods/exec", namespace: "team" })
  })
})
