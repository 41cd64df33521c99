/**
 * What a failed socket means: a pure reading of Node's and undici's error codes into a reason.
 * Codes, not texts, decide; the codes of a wrapped cause count as much as the outermost one.
 */
import type { KubeReason } from "./KubeReason.ts"

/**
 * OpenSSL verification results and Node's own TLS errors all begin, or are named, like this
 * (Node.js `tls` and OpenSSL).
 */
const tlsCode =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_OSSL_)/

const maximumDepth = 8

interface CodedError {
  readonly code: string
  readonly message: string
}

const text = (value: unknown): string => (typeof value === "string" ? value : "")

/**
 * The error and its causes, outermost first; an AggregateError (several addresses tried)
 * contributes its first error.
 */
const chain = (error: unknown): ReadonlyArray<CodedError> => {
  const found: Array<CodedError> = []
  let current: unknown = error
  for (let depth = 0; depth < maximumDepth && typeof current === "object" && current !== null; depth++) {
    const { code, message, cause, errors } = current as {
      code?: unknown
      message?: unknown
      cause?: unknown
      errors?: unknown
    }
    found.push({ code: text(code), message: text(message) })
    current = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  }
  return found
}

/** One line about an error: the innermost message that says something, with its code. */
export const failureDetail = (error: unknown): string => {
  const links = chain(error)
  const last = links.findLast((link) => link.message !== "" || link.code !== "")
  if (last === undefined) return String(error)
  if (last.message === "" || last.message.includes(last.code)) return last.message === "" ? last.code : last.message
  return `${last.message}, ${last.code}`
}

/** Why no reply came from `address`: the handshake was refused, or the server was not reached. */
export const connectReason = (error: unknown, address: string): KubeReason => {
  const detail = failureDetail(error)
  return chain(error).some((link) => tlsCode.test(link.code))
    ? { _tag: "TlsFailure", detail }
    : { _tag: "Unreachable", address, detail }
}
