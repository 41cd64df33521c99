/** Which fields a refusal points at. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import type { ConnectionConfig } from "../../src/config/ConnectionConfig.ts"
import { withConnectionHint } from "../../src/config/ConnectionHint.ts"
import { KubeError } from "../../src/error/KubeError.ts"
import type { KubeReason } from "../../src/error/KubeReason.ts"

const message = (reason: KubeReason, config: ConnectionConfig) =>
  withConnectionHint(new KubeError({ operation: "Pods.create", subject: { namespace: "default" }, reason }), config)
    .message

const unauthorized: KubeReason = { _tag: "Unauthorized", detail: "Unauthorized" }
const tls = (detail: string): KubeReason => ({ _tag: "TlsFailure", detail })
const forbidden = (detail: string): KubeReason => ({
  _tag: "Forbidden",
  verb: "create",
  resource: "pods",
  namespace: "default",
  detail
})
const provider = { cache: Duration.zero, fetch: Effect.succeed("x") }

describe("withConnectionHint", () => {
  it.each([
    [unauthorized, { oauthToken: "x" }, "Check config.oauthToken."],
    [unauthorized, { oauthTokenProvider: provider }, "Check config.oauthTokenProvider."],
    [unauthorized, { username: "me", password: "x" }, "Check config.username, config.password."],
    [unauthorized, { keyStoreFile: "x" }, "Check config.keyStoreFile."],
    [unauthorized, {}, "Check the inherited user's token or certificate."],
    [tls("unable to verify, UNABLE_TO_VERIFY_LEAF_SIGNATURE"), { caCertFile: "x" }, "Check config.caCertFile."],
    [tls("Hostname/IP, ERR_TLS_CERT_ALTNAME_INVALID"), { masterUrl: "https://x" }, "Check config.masterUrl, or"],
    [tls("alert bad certificate, ERR_SSL_TLS_ALERT"), { clientCertFile: "x" }, "Check config.clientCertFile."],
    [forbidden('User "system:anonymous" cannot create resource "pods"'), { username: "me" }, "Check config.username"],
    [
      forbidden("pods is forbidden: "),
      { namespace: "default" },
      'A Role in namespace "default" (config.namespace) must'
    ],
    [forbidden("pods is forbidden: "), { namespace: "other" }, 'A Role in namespace "default" must'],
    [
      { _tag: "NotFound", detail: 'namespaces "default" not found' },
      { namespace: "default" },
      "Check config.namespace."
    ],
    [{ _tag: "Unreachable", address: "https://x", detail: "ECONNREFUSED" }, {}, "Check the inherited server's address"]
  ] as ReadonlyArray<readonly [KubeReason, ConnectionConfig, string]>)("%j with %j", (reason, config, expected) => {
    assert.include(message(reason, config), expected)
  })

  it("leaves alone what is not about the connection", () => {
    const subject = { namespace: "default", name: "x" }
    const error = new KubeError({
      operation: "Pods.get",
      subject,
      reason: { _tag: "NotFound", detail: 'pods "x" not found' }
    })
    assert.strictEqual(withConnectionHint(error, { oauthToken: "x", namespace: "default" }), error)
    const denied = forbidden('User "me" cannot create resource "pods"')
    assert.include(message(denied, { oauthToken: "x" }), "A Role in namespace")
  })
})
