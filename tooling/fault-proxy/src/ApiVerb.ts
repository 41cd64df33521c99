/** What a request to a Kubernetes API is, read from its method and URL. Pure. */

/**
 * `exec` and `log` are subresources, the rest are RBAC's verbs; `other` is discovery, versions, and
 * what is not known here.
 */
export const API_VERBS = ["exec", "log", "watch", "list", "get", "create", "update", "delete", "other"] as const

export type ApiVerb = (typeof API_VERBS)[number]

/** Verbs whose answers go on for as long as something happens. */
export const STREAM_VERBS: ReadonlySet<ApiVerb> = new Set(["exec", "log", "watch"])

/** A request, as far as rules look at it. */
export interface ApiCall {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly verb: ApiVerb
}

/**
 * `/api/v1/…` or `/apis/GROUP/VERSION/…`, then maybe a namespace, then resource, name and
 * subresource.
 */
const resourcePath = /^\/apis?\/(?:v\d\w*|[^/]+\/v\d\w*)(?:\/namespaces\/[^/]+)?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/

const verbOf = (method: string, url: URL): ApiVerb => {
  const match = resourcePath.exec(url.pathname)
  if (match === null) return "other"
  const [, , name, subresource] = match
  if (subresource === "exec" || subresource === "log") return subresource
  switch (method) {
    case "GET": {
      const watch = url.searchParams.get("watch")
      if (watch !== null && watch !== "0" && watch !== "false") return "watch"
      return name === undefined ? "list" : "get"
    }
    case "POST":
      return "create"
    case "PUT":
    case "PATCH":
      return "update"
    case "DELETE":
      return "delete"
    default:
      return "other"
  }
}

/** Reads a request line. */
export const apiCall = (method: string, target: string): ApiCall => {
  const url = new URL(target, "https://cluster")
  return { method, path: url.pathname, verb: verbOf(method, url) }
}
