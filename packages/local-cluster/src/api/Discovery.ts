/**
 * The documents by which a client learns what this server has: versions, groups, resources, health.
 * Data.
 */
import type { KubeObject } from "../contract/Runtime.ts"

/** The version whose behaviour is imitated. */
const VERSION = "v1.35.0"

const resource = (
  name: string,
  kind: string,
  namespaced: boolean,
  verbs: ReadonlyArray<string>,
  shortNames: ReadonlyArray<string> = []
): KubeObject => ({
  name,
  singularName: name.includes("/") ? "" : kind.toLowerCase(),
  namespaced,
  kind,
  verbs,
  ...(shortNames.length === 0 ? {} : { shortNames })
})

const core: KubeObject = {
  kind: "APIResourceList",
  groupVersion: "v1",
  resources: [
    resource("events", "Event", true, ["get", "list", "watch"], ["ev"]),
    resource("namespaces", "Namespace", false, ["create", "delete", "get", "list", "watch"], ["ns"]),
    resource("pods", "Pod", true, ["create", "delete", "get", "list", "patch", "watch"], ["po"]),
    resource("pods/exec", "PodExecOptions", true, ["create", "get"]),
    resource("pods/log", "Pod", true, ["get"])
  ]
}

const group = (name: string) => ({
  name,
  versions: [{ groupVersion: `${name}/v1`, version: "v1" }],
  preferredVersion: { groupVersion: `${name}/v1`, version: "v1" }
})

const authorization = group("authorization.k8s.io")
const authentication = group("authentication.k8s.io")

/**
 * As much of an OpenAPI document as kubectl reads before `apply`: whether the server itself checks
 * fields, which it looks up at the patch of a kind.
 */
const checksFields = (path: string, kind: string) => ({
  [path]: {
    patch: {
      "x-kubernetes-group-version-kind": { group: "", version: "v1", kind },
      parameters: [{ name: "fieldValidation", in: "query", schema: { type: "string" } }],
      responses: {}
    }
  }
})

const openApi: KubeObject = {
  openapi: "3.0.0",
  info: { title: "Kubernetes", version: VERSION },
  paths: {
    ...checksFields("/api/v1/namespaces/{name}", "Namespace"),
    ...checksFields("/api/v1/namespaces/{namespace}/pods/{name}", "Pod")
  }
}

/** By path; text for what a real server answers as text. */
export const DOCUMENTS: Readonly<Record<string, KubeObject | string>> = {
  "/version": { major: "1", minor: "35", gitVersion: VERSION, platform: `${process.platform}/${process.arch}` },
  "/api": { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [] },
  "/api/v1": core,
  "/apis": { kind: "APIGroupList", apiVersion: "v1", groups: [authentication, authorization] },
  "/apis/authentication.k8s.io": { kind: "APIGroup", apiVersion: "v1", ...authentication },
  "/apis/authentication.k8s.io/v1": {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: "authentication.k8s.io/v1",
    resources: [resource("selfsubjectreviews", "SelfSubjectReview", false, ["create"])]
  },
  "/apis/authorization.k8s.io": { kind: "APIGroup", apiVersion: "v1", ...authorization },
  "/apis/authorization.k8s.io/v1": {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: "authorization.k8s.io/v1",
    resources: [resource("selfsubjectaccessreviews", "SelfSubjectAccessReview", false, ["create"])]
  },
  "/openapi/v3": { paths: { "api/v1": { serverRelativeURL: "/openapi/v3/api/v1" } } },
  "/openapi/v3/api/v1": openApi,
  "/healthz": "ok",
  "/livez": "ok",
  "/readyz": "ok"
}
