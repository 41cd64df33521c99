/**
 * Everything that can be done to a request, as data. Pure; `ProxiedRequest.ts` and
 * `ProxiedUpgrade.ts` do it. As Schema, so that a script can come from a file.
 */
import { Schema } from "effect"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/**
 * When a fault happens to a stream: after this many bytes of its body (of an exec: of the
 * WebSocket, frame headers included), or this many milliseconds after the answer began. With
 * neither: at its first byte.
 */
const moment = {
  afterBytes: Schema.optionalKey(Count),
  afterMillis: Schema.optionalKey(Count)
}

/**
 * Which way the bytes go that are counted: `down` is from the cluster. Requests other than exec
 * know only `down`.
 */
const direction = { direction: Schema.optionalKey(Schema.Literals(["down", "up"])) }

/** One thing that can be done to a request. */
export const Fault = Schema.Union([
  /** Answered without asking the cluster. An upgrade is refused with it. */
  Schema.TaggedStruct("Refuse", { code: Count, retryAfterSeconds: Schema.optionalKey(Count) }),
  /** The connection is reset before the cluster has seen the request. */
  Schema.TaggedStruct("LoseRequest", {}),
  /** The cluster has done what was asked, its answer is lost and the connection reset. */
  Schema.TaggedStruct("LoseReply", {}),
  /**
   * The connection ends at any byte, by RST (`reset`) or by FIN (`end`). With `lingerMillis` the
   * cluster learns of it that much later, as when a network breaks: the remote command continues
   * meanwhile, beside its successor.
   */
  Schema.TaggedStruct("Cut", {
    how: Schema.Literals(["reset", "end"]),
    lingerMillis: Schema.optionalKey(Count),
    ...direction,
    ...moment
  }),
  /**
   * Nothing is forwarded in either direction and nothing is closed; for ever without `forMillis`.
   */
  Schema.TaggedStruct("Stall", { forMillis: Schema.optionalKey(Count), ...direction, ...moment }),
  /**
   * The answer ends as if it were whole: a body with its proper end, an exec between two messages,
   * with code 1000, no Status.
   */
  Schema.TaggedStruct("Truncate", moment),
  /**
   * An exec that ends too early with `Status: Success`, which a real API server says when it has
   * lost the kubelet.
   */
  Schema.TaggedStruct("FalseSuccess", moment),
  /** A watch that gets 410 in its stream and ends. */
  Schema.TaggedStruct("Expire", moment)
])

export type Fault = typeof Fault.Type

/** A fault that befalls a stream of bytes, somewhere in it. */
export type StreamFault = Extract<Fault, { readonly _tag: "Cut" | "Stall" | "Truncate" | "FalseSuccess" | "Expire" }>

/** Whether there must be bytes for a fault to befall. */
export const isStreamFault = (fault: Fault): fault is StreamFault =>
  fault._tag !== "Refuse" && fault._tag !== "LoseRequest" && fault._tag !== "LoseReply"

/** Which way a fault's bytes go. */
export const directionOf = (fault: StreamFault): "down" | "up" =>
  fault._tag === "Cut" || fault._tag === "Stall" ? (fault.direction ?? "down") : "down"

/** In every Status that the proxy makes up, so that nobody takes it for the cluster's word. */
export const INJECTED = "injected by the fault proxy"

const reasons: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout"
}

/** The Status that an API server would send with a code. */
export const refusalStatus = (code: number) => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: INJECTED,
  reason: reasons[code] ?? "InternalError",
  code
})

/** The line of a watch whose resourceVersion is too old. */
export const EXPIRED_LINE = `${JSON.stringify({ type: "ERROR", object: refusalStatus(410) })}\n`

/** The name of a fault in tables and logs, e.g. `Cut by RST`. */
export const faultName = (fault: Fault): string => {
  switch (fault._tag) {
    case "Refuse":
      return `Refuse ${fault.code}`
    case "Cut":
      return `Cut by ${fault.how === "reset" ? "RST" : "FIN"}${fault.lingerMillis === undefined ? "" : ", cluster told late"}`
    case "Stall":
      return `Stall ${fault.forMillis === undefined ? "for ever" : "for a while"}`
    default:
      return fault._tag
  }
}
