/** TLS settings of a connection, in the words of `node:tls`, and what sockets share of them. */
import { createSecureContext, type SecureContext } from "node:tls"

/** Names of `node:tls`; certificates and keys are PEM. */
export interface TlsSettings {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
  /** Set to take any name. */
  readonly checkServerIdentity?: () => undefined
}

/** Settings with certificates and key read already. */
export interface SocketSettings extends Omit<TlsSettings, "ca" | "cert" | "key"> {
  readonly secureContext: SecureContext
}

/** The same text for the same settings. */
const fingerprint = (tls: TlsSettings): string =>
  [tls.ca, tls.cert, tls.key, tls.rejectUnauthorized, tls.servername, tls.checkServerIdentity !== undefined]
    .map(String)
    .join("\u0000")

/**
 * Gives equal settings one and the same answer: read for each socket, certificates cost 50 KiB and
 * 0.2 ms, and a thousand runs open thousands. Throws what `node:tls` says of material that it
 * cannot read.
 */
export const makeSocketSettings = (): ((tls: TlsSettings) => SocketSettings) => {
  let last: { readonly key: string; readonly settings: SocketSettings } | undefined
  return (tls) => {
    const key = fingerprint(tls)
    if (last?.key !== key) {
      const { ca, cert, key: privateKey, ...rest } = tls
      const secureContext = createSecureContext({ ca, cert, key: privateKey })
      last = { key, settings: { ...rest, secureContext } }
    }
    return last.settings
  }
}
