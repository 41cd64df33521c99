/** Socket errors by code. */
import { assert, describe, it } from "@effect/vitest"
import { connectReason, failureDetail } from "../../src/error/TransportFailure.ts"

const coded = (code: string, message: string, cause?: unknown) => Object.assign(new Error(message, { cause }), { code })

describe("connectReason", () => {
  it.each([
    "ECONNREFUSED",
    "ECONNRESET",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "UND_ERR_CONNECT_TIMEOUT",
    "UND_ERR_SOCKET"
  ])("%s means not reached", (code) => {
    assert.deepStrictEqual(connectReason(coded(code, "it failed"), "https://a"), {
      _tag: "Unreachable",
      address: "https://a",
      detail: `it failed, ${code}`
    })
  })
  it.each([
    "CERT_HAS_EXPIRED",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE",
    "HOSTNAME_MISMATCH"
  ])("%s means TLS, also as a cause", (code) => {
    assert.strictEqual(connectReason(coded(code, "no"), "https://a")._tag, "TlsFailure")
    assert.strictEqual(
      connectReason(new Error("fetch failed", { cause: coded(code, "no") }), "https://a")._tag,
      "TlsFailure"
    )
  })
  it("looks into several addresses tried", () => {
    const both = new AggregateError([
      coded("ECONNREFUSED", "connect ECONNREFUSED ::1:6443"),
      coded("ECONNREFUSED", "b")
    ])
    assert.strictEqual(failureDetail(both), "connect ECONNREFUSED ::1:6443")
  })
  it("ends with causes that go in circles", () => {
    const error = new Error("round")
    error.cause = error
    assert.strictEqual(failureDetail(error), "round")
  })
  it("has words for what is no error", () => {
    assert.strictEqual(failureDetail("just text"), "just text")
  })
})
