/**
 * `metav1.Status`, the Kubernetes API's answer when there is no object to answer with: its shape as
 * a Schema, and what it means. Pure. Meaning is read from `reason`; the HTTP code speaks only when
 * the reason is none that is known, as in client-go.
 */
import { Option, Schema } from "effect"

const StatusCause = Schema.Struct({
  /** In Go this field is called `Type`; on the wire it is `reason`. */
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  field: Schema.optionalKey(Schema.String)
})

/** The shape of `metav1.Status`; every field may be left out by a server. */
export const KubeStatus = Schema.Struct({
  kind: Schema.optionalKey(Schema.String),
  status: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(Schema.Finite),
  details: Schema.optionalKey(
    Schema.Struct({
      name: Schema.optionalKey(Schema.String),
      kind: Schema.optionalKey(Schema.String),
      uid: Schema.optionalKey(Schema.String),
      causes: Schema.optionalKey(Schema.Array(StatusCause)),
      retryAfterSeconds: Schema.optionalKey(Schema.Finite)
    })
  )
})

/** A decoded `metav1.Status`. */
export type KubeStatus = typeof KubeStatus.Type

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(KubeStatus))
const decodeValue = Schema.decodeUnknownOption(KubeStatus)
const looksLikeStatus = (status: KubeStatus): boolean => status.kind === "Status" || status.status !== undefined

/**
 * Reads a Status out of text, for example an error body; none when the text is not JSON or not a
 * Status.
 */
export const statusFromText = (text: string): Option.Option<KubeStatus> =>
  Option.filter(decodeJson(text), looksLikeStatus)

/** Reads a Status out of parsed JSON, for example the object of an ERROR watch event. */
export const statusFromJson = (value: unknown): Option.Option<KubeStatus> =>
  Option.filter(decodeValue(value), looksLikeStatus)

/** What a failure means, independent of the wording of its message. */
export type StatusClass =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Invalid"
  | "TooManyRequests"
  | "Server"
  | "Other"

/**
 * Every `StatusReason` (apimachinery `meta/v1/types.go`): the HTTP code that belongs to it, and
 * what it means.
 */
const reasons: Readonly<Record<string, { readonly code: number; readonly meaning: StatusClass }>> = {
  BadRequest: { code: 400, meaning: "BadRequest" },
  Unauthorized: { code: 401, meaning: "Unauthorized" },
  Forbidden: { code: 403, meaning: "Forbidden" },
  NotFound: { code: 404, meaning: "NotFound" },
  MethodNotAllowed: { code: 405, meaning: "BadRequest" },
  NotAcceptable: { code: 406, meaning: "BadRequest" },
  AlreadyExists: { code: 409, meaning: "AlreadyExists" },
  Conflict: { code: 409, meaning: "Conflict" },
  Gone: { code: 410, meaning: "Gone" },
  Expired: { code: 410, meaning: "Gone" },
  RequestEntityTooLarge: { code: 413, meaning: "BadRequest" },
  UnsupportedMediaType: { code: 415, meaning: "BadRequest" },
  Invalid: { code: 422, meaning: "Invalid" },
  TooManyRequests: { code: 429, meaning: "TooManyRequests" },
  InternalError: { code: 500, meaning: "Server" },
  ServerTimeout: { code: 500, meaning: "Server" },
  ServiceUnavailable: { code: 503, meaning: "Server" },
  Timeout: { code: 504, meaning: "Server" }
}

const classOfCode = (code: number): StatusClass => {
  if (code >= 500) return "Server"
  switch (code) {
    case 401:
      return "Unauthorized"
    case 403:
      return "Forbidden"
    case 404:
      return "NotFound"
    case 409:
      return "Conflict"
    case 410:
      return "Gone"
    case 422:
      return "Invalid"
    case 429:
      return "TooManyRequests"
    default:
      return code >= 400 ? "BadRequest" : "Other"
  }
}

/**
 * The code a Status stands for: its own, else that of its reason, else 500 (a Failure without
 * either).
 */
export const statusCode = (status: KubeStatus): number => status.code ?? reasons[status.reason ?? ""]?.code ?? 500

/**
 * What a Failure means: by `reason`, and by code only when the reason is not a known one (client-go
 * `errors.go`).
 */
export const classifyStatus = (status: KubeStatus): StatusClass =>
  reasons[status.reason ?? ""]?.meaning ?? classOfCode(statusCode(status))

/** Is the resourceVersion too old to continue from (`Expired`, historically `Gone`)? */
export const isGone = (status: KubeStatus): boolean => classifyStatus(status) === "Gone"

/** How the Status on an exec's error channel (channel 3) reads. */
export type ExecStatus =
  | { readonly _tag: "Exited"; readonly code: number }
  | { readonly _tag: "Failed"; readonly status: KubeStatus }

/**
 * Reads the Status of exec channel 3 (`v4.channel.k8s.io` and later). `Success` is exit code 0;
 * `NonZeroExitCode` carries the code as decimal text in `details.causes[reason=ExitCode].message`;
 * everything else is a failure of transport or runtime and says nothing about the command.
 */
export const readExecStatus = (status: KubeStatus): ExecStatus => {
  if (status.status === "Success") return { _tag: "Exited", code: 0 }
  if (status.reason === "NonZeroExitCode") {
    const text = status.details?.causes?.find((cause) => cause.reason === "ExitCode")?.message ?? ""
    if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return { _tag: "Exited", code: Number(text) }
  }
  return { _tag: "Failed", status }
}
