/**
 * Which fields of a `ConnectionConfig` to look at when the server, or the way to it, refuses: an authority that did not sign, a
 * password that is wrong, a token that has ended, a namespace that is another's. Pure.
 */

import { KubeError, type KubeReason } from "../error/KubeError.ts"
import { type ConnectionConfig, givenFields, IDENTITY_FIELDS, TRUST_FIELDS } from "./ConnectionConfig.ts"

const named = (fields: ReadonlyArray<string>): string => fields.map((field) => `config.${field}`).join(", ")

const companions: Readonly<Record<string, ReadonlyArray<string>>> = { username: ["username", "password"] }

const identity = (config: ConnectionConfig): string => {
  const given = givenFields(config, IDENTITY_FIELDS).flatMap((field) => companions[field] ?? [field])
  if (given.length > 0) return named(given)
  return config.inherit === false
    ? `the task's config, which names nobody (${named(["oauthToken", "clientCertData", "keyStoreFile", "username"])})`
    : "the inherited user's token or certificate"
}

const address = (config: ConnectionConfig): string =>
  config.masterUrl !== undefined || config.inherit === false ? "config.masterUrl" : "the inherited server's address"

const trust = (config: ConnectionConfig): string => {
  const given = givenFields(config, TRUST_FIELDS)
  return given.length > 0
    ? named(given)
    : `${named(["caCertData", "caCertFile", "trustStoreFile"])}, one of which must hold the server's authority`
}

/** OpenSSL's and Node's words: another name than the certificate's; the other side refused us. */
const wrongName = /ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH/
const refusedByServer = /alert/i

const tlsPlace = (detail: string, config: ConnectionConfig): string => {
  if (wrongName.test(detail)) return `${address(config)}, or config.disableHostnameVerification`
  return refusedByServer.test(detail) ? identity(config) : trust(config)
}

/** A namespace that is not there, or where one may do nothing for it is another's. */
const namespaceHint = (namespace: string | undefined, config: ConnectionConfig): string | undefined =>
  config.namespace !== undefined && config.namespace === namespace ? "config.namespace" : undefined

type Hint = { readonly check?: string | undefined; readonly namespaceField?: string | undefined }

const hint = ({ reason, subject }: KubeError, config: ConnectionConfig): Hint => {
  switch (reason._tag) {
    case "Unreachable":
      return { check: `${address(config)}, the network and any proxy` }
    case "TlsFailure":
      return { check: tlsPlace(reason.detail, config) }
    case "Unauthorized":
      return { check: identity(config) }
    case "Forbidden":
      // a server that knows no Basic takes a password for nobody's
      return reason.detail.includes('"system:anonymous"')
        ? { check: identity(config) }
        : { namespaceField: namespaceHint(reason.namespace, config) }
    case "NotFound":
      return /^namespaces /.test(reason.detail) ? { check: namespaceHint(subject.namespace, config) } : {}
    default:
      return {}
  }
}

/** The same error, with the fields of this config to look at where it says something about the connection. */
export const withConnectionHint = (error: KubeError, config: ConnectionConfig): KubeError => {
  const said = Object.entries(hint(error, config)).filter(([, field]) => field !== undefined)
  if (said.length === 0) return error
  return new KubeError({
    operation: error.operation,
    subject: error.subject,
    reason: { ...error.reason, ...Object.fromEntries(said) } as KubeReason,
    ...(error.cause === undefined ? {} : { cause: error.cause })
  })
}
