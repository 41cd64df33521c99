/**
 * The one error of this package: which operation failed on what, why (a tagged reason), and what a person can do about it.
 * Pure. `retryable` tells whether the same request may succeed later; nobody needs to look at codes or texts again.
 */
import { Match, Schema } from "effect"

const detail = { detail: Schema.String }

/** What of the connection's settings to look at, where it is known better than "the kubeconfig". */
const check = { check: Schema.optionalKey(Schema.String) }

/** Why an operation failed. Plain tagged data, so it can be logged, sent and matched (`Effect.catchReason("KubeError", ..)`). */
export const KubeReason = Schema.Union([
  /** No connection: refused, reset before a reply, unknown host, connect timeout. `address` is the server's URL. */
  Schema.TaggedStruct("Unreachable", { address: Schema.String, ...detail, ...check }),
  /** The TLS handshake was refused by either side: unknown authority, wrong name, expired certificate. */
  Schema.TaggedStruct("TlsFailure", { ...detail, ...check }),
  /** 401, after the credentials were read again once. */
  Schema.TaggedStruct("Unauthorized", { ...detail, ...check }),
  /** 403: what would have to be allowed, and the server's words (quota and admission refusals are 403 too). */
  Schema.TaggedStruct("Forbidden", {
    verb: Schema.String,
    resource: Schema.String,
    namespace: Schema.String,
    /** The setting that chose this namespace, where one did. */
    namespaceField: Schema.optionalKey(Schema.String),
    ...detail,
    ...check
  }),
  Schema.TaggedStruct("NotFound", { ...detail, ...check }),
  Schema.TaggedStruct("AlreadyExists", detail),
  /** 409: a precondition (UID, resourceVersion) did not hold. */
  Schema.TaggedStruct("Conflict", detail),
  /** 422: the object was refused field by field. */
  Schema.TaggedStruct("Invalid", {
    detail: Schema.String,
    causes: Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String }))
  }),
  Schema.TaggedStruct("BadRequest", detail),
  Schema.TaggedStruct("TooManyRequests", {
    detail: Schema.String,
    retryAfterSeconds: Schema.optionalKey(Schema.Finite)
  }),
  /** 410: the resourceVersion is too old; list again. */
  Schema.TaggedStruct("Gone", detail),
  Schema.TaggedStruct("ServerError", {
    code: Schema.Finite,
    detail: Schema.String,
    retryAfterSeconds: Schema.optionalKey(Schema.Finite)
  }),
  /** Our own deadline passed. */
  Schema.TaggedStruct("Timeout", { seconds: Schema.Finite }),
  /** A stream was lost without having ended. */
  Schema.TaggedStruct("Cut", detail),
  /** The server said something outside the protocol. */
  Schema.TaggedStruct("Protocol", detail),
  /** The kubeconfig, or the in-cluster files, are not usable. `field` names the place. */
  Schema.TaggedStruct("Config", { field: Schema.optionalKey(Schema.String), detail: Schema.String }),
  /** The container is not there yet, or not any more: exec and log have nothing to join. */
  Schema.TaggedStruct("NotRunningYet", detail)
])

/** Why an operation failed. */
export type KubeReason = typeof KubeReason.Type

/** What an operation was about. */
export const KubeSubject = Schema.Struct({
  namespace: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  container: Schema.optionalKey(Schema.String)
})

/** What an operation was about. */
export type KubeSubject = typeof KubeSubject.Type

/** Codes of the server that pass by themselves: internal error, bad gateway, unavailable, gateway timeout. */
const passingCodes: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** May the same request succeed when it is sent again later? Retry classes of client-go and kube-rs. */
export const isRetryable = (reason: KubeReason): boolean => {
  switch (reason._tag) {
    case "Unreachable":
    case "TooManyRequests":
    case "Timeout":
    case "Cut":
    case "NotRunningYet":
      return true
    case "ServerError":
      return passingCodes.has(reason.code)
    default:
      return false
  }
}

/**
 * A refusal for want of a Role, unlike one by a quota or a policy: RBAC says what the user cannot do, and the check of
 * `create` on `pods/exec` (1.35) says nothing behind its colon (both seen).
 */
const rbacRefusal = / cannot \S+ resource | is forbidden: *$/

/** Is it a refusal for want of a Role? It comes before anything is carried out, and asking again does not change it. */
export const isRbacRefusal = (reason: KubeReason): boolean =>
  reason._tag === "Forbidden" && reason.check === undefined && rbacRefusal.test(reason.detail)

const grant = (namespace: string, field: string | undefined): string =>
  namespace === ""
    ? "A ClusterRole, bound by a ClusterRoleBinding, must grant"
    : `A Role in namespace "${namespace}"${field === undefined ? "" : ` (${field})`} must grant`

const describe = Match.type<KubeReason>().pipe(
  Match.tagsExhaustive({
    Unreachable: ({ address, check = "the address in the kubeconfig, the network and any proxy", detail }) =>
      `the API server at ${address} cannot be reached (${detail}). Check ${check}.`,
    TlsFailure: ({
      check = "certificate-authority, tls-server-name and the client certificate in the kubeconfig",
      detail
    }) => `the TLS connection was refused (${detail}). Check ${check}.`,
    Unauthorized: ({ check, detail }) =>
      `the API server does not accept the credentials (${detail}). ${check === undefined ? "Sign in again, or check the token or certificate of the kubeconfig's user" : `Check ${check}`}.`,
    Forbidden: ({ verb, resource, namespace, namespaceField, check, detail }) =>
      check !== undefined
        ? `the API server knows nobody by these credentials (${detail}). Check ${check}.`
        : detail === "" || rbacRefusal.test(detail)
          ? `not allowed. ${grant(namespace, namespaceField)} verb "${verb}" on resource "${resource}" to this user or service account${namespace === "" ? "." : ": `podwright doctor` shows all it needs, `podwright rbac` prints the Role."}${detail === "" ? "" : ` The server said: ${detail}`}`
          : `refused by the cluster (${verb} ${resource} in namespace "${namespace}"): ${detail}`,
    NotFound: ({ check, detail }) => `not found (${detail}).${check === undefined ? "" : ` Check ${check}.`}`,
    AlreadyExists: ({ detail }) => `it exists already (${detail}).`,
    Conflict: ({ detail }) => `it changed meanwhile, or is not the expected object (${detail}). Read it again first.`,
    Invalid: ({ detail, causes }) =>
      causes.length === 0
        ? `the server refused the object: ${detail}`
        : `the server refused the object:${causes.map((cause) => `\n  ${cause.field}: ${cause.message}`).join("")}`,
    BadRequest: ({ detail }) => `the server refused the request: ${detail}`,
    TooManyRequests: ({ detail, retryAfterSeconds }) =>
      `the API server is overloaded (${detail}).${retryAfterSeconds === undefined ? "" : ` It asks to wait ${retryAfterSeconds} s.`}`,
    Gone: ({ detail }) => `the version to go on from is too old (${detail}). List again.`,
    ServerError: ({ code, detail }) => `the API server failed with ${code}: ${detail}`,
    Timeout: ({ seconds }) => `no answer within ${seconds} s.`,
    Cut: ({ detail }) => `the connection was lost before the end (${detail}).`,
    Protocol: ({ detail }) => `unexpected answer: ${detail}`,
    Config: ({ field, detail }) => (field === undefined ? detail : `${field}: ${detail}`),
    NotRunningYet: ({ detail }) => `the container is not running (${detail}).`
  })
)

const describeSubject = ({ namespace, name, container }: KubeSubject): string => {
  const object = [namespace, name].filter((part) => part !== undefined).join("/")
  return `${object === "" ? "" : ` ${object}`}${container === undefined ? "" : ` (container ${container})`}`
}

/** Everything that can go wrong between this package and a Kubernetes API server. */
export class KubeError extends Schema.TaggedError<KubeError>()("KubeError", {
  /** What was tried, as `Service.method`. */
  operation: Schema.String,
  subject: KubeSubject,
  reason: KubeReason,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  /** Says operation, subject, what happened and what to do. Holds no credentials. */
  override get message(): string {
    return `${this.operation}${describeSubject(this.subject)}: ${describe(this.reason)}`
  }

  /** May the same request succeed when it is sent again later? */
  get retryable(): boolean {
    return isRetryable(this.reason)
  }
}
