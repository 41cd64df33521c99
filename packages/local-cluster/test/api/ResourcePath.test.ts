import { assert, describe, it } from "@effect/vitest"
import { requestTarget } from "../../src/api/ResourcePath.ts"

const target = (method: string, path: string, watch = false) => {
  const found = requestTarget(method, path, watch)
  if (found._tag !== "Resource") return found._tag
  const { name, namespace, resource, subresource, verb } = found
  return [verb, resource, subresource, namespace, name].map((part) => part ?? "-").join(" ")
}

describe("requestTarget", () => {
  const table: ReadonlyArray<readonly [string, string, string]> = [
    ["GET", "/api/v1/namespaces/n/pods", "list pods - n -"],
    ["GET", "/api/v1/namespaces/n/pods/", "list pods - n -"],
    ["GET", "/api/v1/pods", "list pods - - -"],
    ["POST", "/api/v1/namespaces/n/pods", "create pods - n -"],
    ["GET", "/api/v1/namespaces/n/pods/p", "get pods - n p"],
    ["DELETE", "/api/v1/namespaces/n/pods/p", "delete pods - n p"],
    ["DELETE", "/api/v1/namespaces/n/pods", "other pods - n -"],
    ["PATCH", "/api/v1/namespaces/n/pods/p", "patch pods - n p"],
    ["PUT", "/api/v1/namespaces/n/pods/p", "other pods - n p"],
    ["GET", "/api/v1/namespaces/n/pods/p/log", "get pods log n p"],
    ["GET", "/api/v1/namespaces/n/pods/p/exec", "get pods exec n p"],
    ["GET", "/api/v1/namespaces/n/events", "list events - n -"],
    ["GET", "/api/v1/namespaces", "list namespaces - - -"],
    ["GET", "/api/v1/namespaces/n", "get namespaces - - n"],
    ["GET", "/api/v1/namespaces/a%2Fb/pods", "list pods - a/b -"],
    ["POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "create selfsubjectaccessreviews - - -"],
    ["POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "create selfsubjectreviews - - -"],
    ["GET", "/apis/authentication.k8s.io/v1/selfsubjectaccessreviews", "Unknown"],
    ["GET", "/version", "Document"],
    ["GET", "/api/v1", "Document"],
    ["GET", "/api/v1/nodes", "Unknown"],
    ["GET", "/api/v1/namespaces/n/pods/p/log/x", "Unknown"],
    ["GET", "/apis/authorization.k8s.io/v1/other", "Unknown"]
  ]
  for (const [method, path, expected] of table) {
    it(`${method} ${path}`, () => assert.strictEqual(target(method, path), expected))
  }

  it("a list that is watched", () => assert.strictEqual(target("GET", "/api/v1/pods", true), "watch pods - - -"))

  it("a path that cannot be decoded is unknown", () =>
    assert.strictEqual(target("GET", "/api/v1/namespaces/%/pods"), "Unknown"))
})
