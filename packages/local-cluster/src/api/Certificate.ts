/**
 * A certificate for the loopback addresses, new for each cluster and kept in memory only. kubectl
 * sends its token over TLS alone, so there is no cluster without one.
 */
import { Effect } from "effect"

export interface Certificate {
  /** PEM. */
  readonly certificate: string
  readonly privateKey: string
}

/** As long as anybody may leave a cluster running; a day before now, for clocks that differ. */
const DAYS = 365

/**
 * Makes a self-signed certificate; the library is loaded here, because it costs 0.1 s and is needed
 * once.
 */
export const makeCertificate: Effect.Effect<Certificate> = Effect.promise(async () => {
  const { generate } = await import("selfsigned")
  const now = Date.now()
  const day = 24 * 60 * 60 * 1000
  const made = await generate([{ name: "commonName", value: "podwright-local-cluster" }], {
    algorithm: "sha256",
    keyType: "ec",
    notBeforeDate: new Date(now - day),
    notAfterDate: new Date(now + DAYS * day),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
          { type: 7, ip: "::1" }
        ]
      }
    ]
  })
  return { certificate: made.cert, privateKey: made.private }
})
