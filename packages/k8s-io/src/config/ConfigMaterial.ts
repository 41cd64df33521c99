/**
 * What the fields of a `ConnectionConfig` name, read and checked: authorities, client certificate
 * and key, tokens. Files are read anew for every new connection; what costs time to open is opened
 * again only when its bytes have changed.
 */
import { readFile } from "node:fs/promises"
import { Effect } from "effect"
import { failureDetail } from "../error/TransportFailure.ts"
import { configError } from "./ConfigError.ts"
import { type ConnectionConfig, givenFields, TRUST_FIELDS } from "./ConnectionConfig.ts"
import { readKeyStore } from "./KeyStore.ts"
import { pathProblem } from "./PathText.ts"
import { belongTogether, type Material, readCertificates, readPrivateKey } from "./PemMaterial.ts"
import type { TlsSettings } from "./TlsSettings.ts"
import { makeTokenSource } from "./TokenSource.ts"

/** What a config gives, as of the moment it is asked. */
export interface ConfigMaterial {
  /**
   * The TLS settings that the config gives; none where it gives nothing. Rejects with a `Config`
   * error.
   */
  readonly tls: () => Promise<TlsSettings>
  /** The Authorization header, if the config has one. May fetch a token. */
  readonly authorization: () => Promise<string | undefined>
  /** The server did not take what `authorization` gave. */
  readonly refuse: () => void
}

/** Remembers the last answer for as long as the bytes it came from stay the same. */
const lastAnswer = <A>(read: (materials: ReadonlyArray<Material>) => Promise<A>) => {
  let last: { readonly bytes: ReadonlyArray<Buffer>; readonly answer: A } | undefined
  return async (materials: ReadonlyArray<Material>): Promise<A> => {
    const bytes = materials.map((material) => material.bytes)
    if (last !== undefined && bytes.every((one, index) => last?.bytes[index]?.equals(one))) return last.answer
    const answer = await read(materials)
    last = { bytes, answer }
    return answer
  }
}

type FileField = "caCertFile" | "trustStoreFile" | "clientCertFile" | "clientKeyFile" | "keyStoreFile"
type DataField = "caCertData" | "clientCertData" | "clientKeyData"

/** Reads from a config; nothing is touched before it is asked. */
export const makeConfigMaterial = Effect.fnUntraced(function* (config: ConnectionConfig) {
  const file = async (field: FileField): Promise<Material> => {
    const path = config[field] ?? ""
    const problem = pathProblem(path)
    if (problem !== undefined) throw configError(problem, `config.${field}`)
    try {
      return { field: `config.${field}`, bytes: await readFile(path) }
    } catch (cause) {
      throw configError(`cannot be read: ${failureDetail(cause)}`, `config.${field}`, cause)
    }
  }
  const either = async (dataField: DataField, fileField: FileField): Promise<Material | undefined> => {
    const data = config[dataField]
    if (data !== undefined) return { field: `config.${dataField}`, bytes: Buffer.from(data) }
    return config[fileField] === undefined ? undefined : await file(fileField)
  }

  const openTrustStore = lastAnswer(async ([material]) => {
    if (material === undefined) return []
    const { trustStorePassphrase: passphrase } = config
    const passphraseField = "config.trustStorePassphrase"
    const { certificates } = await readKeyStore({ ...material, passphrase, passphraseField })
    if (certificates.length === 0) throw configError("holds no certificate", material.field)
    return certificates
  })
  const openKeyStore = lastAnswer(async ([material]) => {
    if (material === undefined) return undefined
    const { keyStorePassphrase: passphrase } = config
    const passphraseField = "config.keyStorePassphrase"
    const { identity } = await readKeyStore({ ...material, passphrase, passphraseField })
    if (identity === undefined) throw configError("holds no key with its certificate", material.field)
    return identity
  })
  let pair: { readonly cert: string; readonly key: string } | undefined
  const openPair = lastAnswer(async ([certificate, privateKey]) => {
    if (certificate === undefined || privateKey === undefined) return undefined
    const cert = readCertificates(certificate).join("")
    const key = readPrivateKey(privateKey, {
      ...(config.clientKeyPassphrase === undefined ? {} : { passphrase: config.clientKeyPassphrase }),
      ...(config.clientKeyAlgo === undefined ? {} : { algorithm: config.clientKeyAlgo })
    })
    if (belongTogether(cert, key)) {
      pair = { cert, key }
      return pair
    }
    // A rotation writes two files, one after the other: in between, the pair before is still the
    // one to show.
    if (pair !== undefined && config.clientCertFile !== undefined && config.clientKeyFile !== undefined) return pair
    throw configError(`does not belong to the certificate of ${certificate.field}`, privateKey.field)
  })

  const authorities = async (): Promise<string | undefined> => {
    if (givenFields(config, TRUST_FIELDS).length === 0) return undefined
    const plain = await either("caCertData", "caCertFile")
    const stored = config.trustStoreFile === undefined ? [] : await openTrustStore([await file("trustStoreFile")])
    return [...(plain === undefined ? [] : readCertificates(plain)), ...stored].join("")
  }
  const identity = async () => {
    if (config.keyStoreFile !== undefined) return openKeyStore([await file("keyStoreFile")])
    const certificate = await either("clientCertData", "clientCertFile")
    if (certificate === undefined) return undefined
    const key = await either("clientKeyData", "clientKeyFile")
    if (key === undefined) throw configError(`needs config.clientKeyData or config.clientKeyFile`, certificate.field)
    return openPair([certificate, key])
  }

  const { disableHostnameVerification, oauthToken, oauthTokenProvider, password, trustCerts, username } = config
  const source = oauthTokenProvider === undefined ? undefined : yield* makeTokenSource(oauthTokenProvider)
  const material: ConfigMaterial = {
    tls: async () => {
      const [ca, own] = [await authorities(), await identity()]
      return {
        ...(ca === undefined ? {} : { ca }),
        ...own,
        ...(trustCerts ? { rejectUnauthorized: false } : {}),
        ...(disableHostnameVerification ? { checkServerIdentity: anyName } : {})
      }
    },
    authorization: async () => {
      if (source !== undefined) return `Bearer ${await source.current()}`
      if (oauthToken !== undefined) return `Bearer ${oauthToken.trim()}`
      if (username === undefined) return undefined
      return `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}`
    },
    refuse: () => source?.refuse()
  }
  return material
})

/** In the place of Node's check of names: takes them all. */
const anyName = (): undefined => undefined
