/**
 * Which fields of a `ConnectionConfig` to look at when the server, or the way to it, refuses: an
 * authority that did not sign, a password that is wrong, a token that has expired, a namespace of
 * somebody else. Pure.
 */

import type { KubeError } from "../error/KubeError.ts"
import type { KubeReason } from "../error/KubeReason.ts"
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

/**
 * The setting that chose a namespace which is not there, or where we may do nothing; undefined when
 * no field of this config did.
 */
const namespaceField = (namespace: string | undefined, config: ConnectionConfig): string | undefined =>
  config.namespace !== undefined && config.namespace === namespace ? "config.namespace" : undefined

const hinted = ({ reason, subject }: KubeError, config: ConnectionConfig): KubeReason => {
  switch (reason._tag) {
    case "Unreachable":
      return { ...reason, check: `${address(config)}, the network and any proxy` }
    case "TlsFailure":
      return { ...reason, check: tlsPlace(reason.detail, config) }
    case "Unauthorized":
      return { ...reason, check: identity(config) }
    case "Forbidden": {
      // a server that knows no Basic takes a password for nobody's
      if (reason.detail.includes('"system:anonymous"')) return { ...reason, check: identity(config) }
      const field = namespaceField(reason.namespace, config)
      return field === undefined ? reason : { ...reason, namespaceField: field }
    }
    case "NotFound": {
      const field = /^namespaces /.test(reason.detail) ? namespaceField(subject.namespace, config) : undefined
      return field === undefined ? reason : { ...reason, check: field }
    }
    default:
      return reason
  }
}

/**
 * The same error, with the fields of this config to look at where it says something about the
 * connection.
 */
export const withConnectionHint = (error: KubeError, config: ConnectionConfig): KubeError => {
  const reason = hinted(error, config)
  return reason === error.reason ? error : error.withReason(reason)
}
