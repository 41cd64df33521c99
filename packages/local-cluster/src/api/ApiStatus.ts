/**
 * A refusal as the API server words it: a `Status` object, which is also the body of the HTTP
 * answer. Pure. The words are those of a real 1.35 server, because clients and people know them.
 */

export interface StatusCause {
  readonly reason: string
  readonly message: string
  readonly field?: string
}

export interface ApiStatus {
  readonly kind: "Status"
  readonly apiVersion: "v1"
  readonly metadata: Readonly<Record<string, never>>
  readonly status: "Failure"
  readonly message: string
  readonly reason?: string
  readonly details?: {
    readonly name?: string
    readonly kind?: string
    readonly causes?: ReadonlyArray<StatusCause>
  }
  readonly code: number
}

const failure = (
  code: number,
  reason: string,
  message: string,
  details?: NonNullable<ApiStatus["details"]>
): ApiStatus => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message,
  reason,
  ...(details === undefined ? {} : { details }),
  code
})

export const badRequest = (message: string): ApiStatus => failure(400, "BadRequest", message)

export const unauthorized: ApiStatus = failure(401, "Unauthorized", "Unauthorized")

export const forbidden = (message: string, kind: string, name: string | undefined): ApiStatus =>
  failure(403, "Forbidden", message, { ...(name === undefined ? {} : { name }), kind })

export const notFound = (resource: string, name: string): ApiStatus =>
  failure(404, "NotFound", `${resource} "${name}" not found`, { name, kind: resource })

/** A path, or a subresource of one, that this server does not have. */
export const noSuchResource: ApiStatus = failure(404, "NotFound", "the server could not find the requested resource")

export const methodNotAllowed: ApiStatus = failure(
  405,
  "MethodNotAllowed",
  "the server does not allow this method on the requested resource"
)

export const alreadyExists = (resource: string, name: string): ApiStatus =>
  failure(409, "AlreadyExists", `${resource} "${name}" already exists`, { name, kind: resource })

/** A precondition of a deletion does not hold; `what` is `UID` or `ResourceVersion`. */
export const preconditionFailed = (name: string, what: string, wanted: string, actual: string): ApiStatus =>
  failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on Pod "${name}": the ${what} in the precondition (${wanted}) does not match the ${what} in record (${actual}). The object might have been ${what === "UID" ? "deleted and then recreated" : "modified"}`,
    { name, kind: "Pod" }
  )

/** A patch that speaks of a version of the pod, or of a pod, that is no more. */
export const modifiedMeanwhile = (name: string): ApiStatus =>
  failure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on pods "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    { name, kind: "pods" }
  )

/**
 * A JSON patch that cannot be applied, be it malformed or one of its `test`s does not hold: the
 * server says no more.
 */
export const patchRefused: ApiStatus = failure(
  422,
  "Invalid",
  "the server rejected our request due to an error in our request",
  {}
)

/** A patch of more than labels and annotations. */
export const specIsFixed = (name: string): ApiStatus =>
  invalid(name, [
    {
      reason: "FieldValueForbidden",
      message: "Forbidden: a local cluster changes no field of a pod's spec",
      field: "spec"
    }
  ])

/** A watch or list from a resourceVersion that the bounded history no longer reaches. */
export const expired = (wanted: number, oldest: number): ApiStatus =>
  failure(410, "Expired", `too old resource version: ${wanted} (${oldest})`)

/** A body that is not JSON. */
export const unsupportedMediaType: ApiStatus = failure(
  415,
  "UnsupportedMediaType",
  "the body of the request was in an unknown format - accepted media types include: application/json"
)

/** A kind of patch that this server does not carry out, server-side apply among them. */
export const unsupportedPatch: ApiStatus = failure(
  415,
  "UnsupportedMediaType",
  "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json (of maps, without directives)"
)

/** An object whose fields are known and well-typed, but wrong. */
export const invalid = (name: string, causes: ReadonlyArray<StatusCause>): ApiStatus => {
  const sentences = causes.map((cause) => `${cause.field}: ${cause.message}`)
  const list = sentences.length === 1 ? sentences[0] : `[${sentences.join(", ")}]`
  return failure(422, "Invalid", `Pod "${name}" is invalid: ${list}`, { name, kind: "Pod", causes })
}

export const internalError = (message: string): ApiStatus =>
  failure(500, "InternalError", `Internal error occurred: ${message}`, {
    causes: [{ reason: "InternalError", message }]
  })
