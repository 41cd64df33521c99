/**
 * What a request is about, read from its method and path: the verb, resource and name that access
 * rules speak of. Pure.
 */
import type { ResourceName } from "./StoredObject.ts"

export type Verb = "get" | "list" | "watch" | "create" | "delete" | "patch" | "other"

/** Questions about oneself: they are answered and not kept. */
export type ReviewName = "selfsubjectaccessreviews" | "selfsubjectreviews"

export type RequestTarget =
  | {
      readonly _tag: "Resource"
      readonly verb: Verb
      readonly group: string
      readonly resource: ResourceName | ReviewName
      readonly subresource: string | undefined
      readonly namespace: string | undefined
      readonly name: string | undefined
    }
  /** Discovery, version, health: readable by every known user. */
  | { readonly _tag: "Document"; readonly path: string }
  | { readonly _tag: "Unknown" }

/** By group. */
const REVIEWS: Readonly<Record<string, ReviewName>> = {
  "authorization.k8s.io": "selfsubjectaccessreviews",
  "authentication.k8s.io": "selfsubjectreviews"
}

const RESOURCES: ReadonlySet<string> = new Set<ResourceName>(["namespaces", "pods", "events"])

const verbOf = (method: string, name: string | undefined, watch: boolean): Verb => {
  switch (method) {
    case "GET":
      return name !== undefined ? "get" : watch ? "watch" : "list"
    case "POST":
      return "create"
    case "DELETE":
      return name === undefined ? "other" : "delete"
    case "PATCH":
      return name === undefined ? "other" : "patch"
    default:
      return "other"
  }
}

/** A part of a path as it is meant; undefined when it is no text. */
const decoded = (part: string): string | undefined => {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** Reads a method and a path; `watch` is whether the query asks for one. */
export const requestTarget = (method: string, path: string, watch: boolean): RequestTarget => {
  const parts = path.split("/").filter((part) => part !== "")
  const review = parts[0] === "apis" ? REVIEWS[parts[1] ?? ""] : undefined
  if (review !== undefined && parts[2] === "v1" && parts.length === 4) {
    if (parts[3] !== review) return { _tag: "Unknown" }
    return {
      _tag: "Resource",
      verb: verbOf(method, undefined, false),
      group: parts[1] ?? "",
      resource: review,
      subresource: undefined,
      namespace: undefined,
      name: undefined
    }
  }
  if (parts[0] !== "api" || parts[1] !== "v1" || parts.length < 3)
    return { _tag: "Document", path: `/${parts.join("/")}` }
  let rest = parts.slice(2).map(decoded)
  if (rest.includes(undefined)) return { _tag: "Unknown" }
  let namespace: string | undefined
  if (rest[0] === "namespaces" && rest.length > 2) {
    namespace = rest[1]
    rest = rest.slice(2)
  }
  const [resource = "", name, subresource, ...more] = rest
  if (!RESOURCES.has(resource) || more.length > 0) return { _tag: "Unknown" }
  return {
    _tag: "Resource",
    // A subresource that is opened by an upgrade is asked for with GET, and is a `get` to the
    // rules.
    verb: verbOf(method, name, watch),
    group: "",
    resource: resource as ResourceName,
    subresource,
    namespace,
    name
  }
}
