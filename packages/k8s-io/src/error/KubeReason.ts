/**
 * Why an operation against an API server failed: one tagged struct per reason, plain data that can
 * be logged, sent and matched (`Effect.catchReason("KubeError", "NotFound", ..)`). Pure. Packages
 * see it as the namespace `KubeReason`; `KubeMessage.ts` has the words.
 */
import { Schema } from "effect"

/** `detail`: the server's or the socket's own words. */
const detail = { detail: Schema.String }

/**
 * `check`: which of the connection's settings to look at, where that is known better than "the
 * kubeconfig".
 */
const check = { check: Schema.optionalKey(Schema.String) }

/**
 * No connection: refused, reset before a reply, unknown host, connect timeout. `address` is the
 * server's URL.
 */
export const Unreachable = Schema.TaggedStruct("Unreachable", { address: Schema.String, ...detail, ...check })

/**
 * The TLS handshake was refused by either side: unknown authority, wrong name, expired certificate.
 */
export const TlsFailure = Schema.TaggedStruct("TlsFailure", { ...detail, ...check })

/** 401, after the credentials were read again once. */
export const Unauthorized = Schema.TaggedStruct("Unauthorized", { ...detail, ...check })

/**
 * 403: the right that is missing, and the server's words (quota and admission refusals are 403
 * too).
 */
export const Forbidden = Schema.TaggedStruct("Forbidden", {
  verb: Schema.String,
  resource: Schema.String,
  /** Empty for what belongs to no namespace, or to all. */
  namespace: Schema.String,
  /** The setting that chose this namespace, where one did. */
  namespaceField: Schema.optionalKey(Schema.String),
  ...detail,
  ...check
})

/** 404: no such object, or no such namespace. */
export const NotFound = Schema.TaggedStruct("NotFound", { ...detail, ...check })

/** 409 to a create: an object of this name is there. It may be our own, when a reply was lost. */
export const AlreadyExists = Schema.TaggedStruct("AlreadyExists", detail)

/** 409: a precondition (UID, resourceVersion) did not hold. */
export const Conflict = Schema.TaggedStruct("Conflict", detail)

/** 422: the object was refused field by field. */
export const Invalid = Schema.TaggedStruct("Invalid", {
  ...detail,
  causes: Schema.Array(Schema.Struct({ field: Schema.String, message: Schema.String }))
})

/** 400 and other 4xx: the request itself is wrong. */
export const BadRequest = Schema.TaggedStruct("BadRequest", detail)

/** `retryAfterSeconds`: how long the server asks to wait, if it does. */
const retryAfter = { retryAfterSeconds: Schema.optionalKey(Schema.Finite) }

/** 429: the server is overloaded, or limits this client. */
export const TooManyRequests = Schema.TaggedStruct("TooManyRequests", { ...detail, ...retryAfter })

/** 410: the resourceVersion is too old; list again. */
export const Gone = Schema.TaggedStruct("Gone", detail)

/** 5xx. */
export const ServerError = Schema.TaggedStruct("ServerError", { code: Schema.Finite, ...detail, ...retryAfter })

/** Our own deadline passed. */
export const Timeout = Schema.TaggedStruct("Timeout", { seconds: Schema.Finite })

/** A stream was lost without having ended. */
export const Cut = Schema.TaggedStruct("Cut", detail)

/** The server said something outside the protocol. */
export const Protocol = Schema.TaggedStruct("Protocol", detail)

/**
 * The kubeconfig, the in-cluster files or a `config` are not usable. `field` names the place;
 * `detail` says what is wrong with it. `missing` is there where no setting names a cluster at all.
 */
export const Config = Schema.TaggedStruct("Config", {
  field: Schema.optionalKey(Schema.String),
  missing: Schema.optionalKey(Schema.Literal("cluster")),
  ...detail
})

/** The container is not there yet, or not any more: exec and log have nothing to join. */
export const NotRunningYet = Schema.TaggedStruct("NotRunningYet", detail)

/** Any of the above. */
export const KubeReason = Schema.Union([
  Unreachable,
  TlsFailure,
  Unauthorized,
  Forbidden,
  NotFound,
  AlreadyExists,
  Conflict,
  Invalid,
  BadRequest,
  TooManyRequests,
  Gone,
  ServerError,
  Timeout,
  Cut,
  Protocol,
  Config,
  NotRunningYet
])

/** Any of the above. */
export type KubeReason = typeof KubeReason.Type
