/** TLS settings of a connection, in the words of `node:tls`. */
export interface TlsSettings {
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
  /** Set to take any name. */
  readonly checkServerIdentity?: () => undefined
}

/** The same text for the same settings. */
export const fingerprint = (tls: TlsSettings): string =>
  [tls.ca, tls.cert, tls.key, tls.rejectUnauthorized, tls.servername, tls.checkServerIdentity !== undefined]
    .map(String)
    .join("\u0000")
