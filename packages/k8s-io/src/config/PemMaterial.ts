/**
 * Certificates and keys as people hand them over (PEM, base64 of PEM, DER, base64 of DER) to PEM as
 * `node:tls` takes it. Pure but for `node:crypto`, which parses and decrypts. Throws a `Config`
 * error that names the field.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto"
import { configError } from "./ConfigError.ts"

/** Bytes and the field they came from. */
export interface Material {
  readonly field: string
  readonly bytes: Buffer
}

const pemStart = "-----BEGIN "
/** First byte of every DER structure we take: a SEQUENCE. */
const derSequence = 0x30

/** PEM as text, or DER as bytes. */
const unwrap = ({ bytes, field }: Material): string | Buffer => {
  const text = bytes.toString("latin1")
  if (text.includes(pemStart)) return text
  if (bytes[0] === derSequence && bytes.length > 2 && !/^[A-Za-z0-9+/=\s]+$/.test(text)) return bytes
  const decoded = Buffer.from(text.replace(/\s/g, ""), "base64")
  if (decoded.length === 0) throw configError("is empty", field)
  const inner = decoded.toString("latin1")
  if (inner.includes(pemStart)) return inner
  if (decoded[0] === derSequence) return decoded
  throw configError("holds neither PEM nor base64 of PEM or DER", field)
}

const parseCertificate = (field: string, block: string | Buffer): X509Certificate => {
  try {
    return new X509Certificate(block)
  } catch (cause) {
    throw configError("holds no readable certificate", field, cause)
  }
}

/** All certificates of the material as PEM, in their order. */
export const readCertificates = (material: Material): ReadonlyArray<string> => {
  const found = unwrap(material)
  if (typeof found !== "string") return [parseCertificate(material.field, found).toString()]
  const blocks = found.match(/-----BEGIN (X509 )?CERTIFICATE-----[\s\S]+?-----END (X509 )?CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw configError("holds no certificate", material.field)
  return blocks.map((block) => parseCertificate(material.field, block).toString())
}

/** How a private key may be meant to be read. */
export interface KeyHints {
  readonly passphrase?: string
  readonly algorithm?: "RSA" | "EC"
}

const passphraseField = "config.clientKeyPassphrase"

const parseDer = (der: Buffer, { passphrase, algorithm }: KeyHints): KeyObject => {
  // bare DER does not say which of the three it is
  const types = (["pkcs8", "pkcs1", "sec1"] as const).filter(
    (type) => !(type === "pkcs1" && algorithm === "EC") && !(type === "sec1" && algorithm === "RSA")
  )
  let last: unknown
  for (const type of types) {
    try {
      return createPrivateKey({
        key: der,
        format: "der",
        type,
        ...(passphrase === undefined ? {} : { passphrase })
      })
    } catch (error) {
      last = error
    }
  }
  throw last
}

const isMissingPassphrase = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_MISSING_PASSPHRASE"

/** PEM says so itself; DER only by what Node asks for. */
const isEncrypted = (block: string | Buffer): boolean => {
  if (typeof block === "string") return block.includes("ENCRYPTED")
  try {
    createPrivateKey({ key: block, format: "der", type: "pkcs8" })
    return false
  } catch (error) {
    return isMissingPassphrase(error)
  }
}

const algorithmOf = (key: KeyObject): string => {
  if (key.asymmetricKeyType === "rsa") return "RSA"
  return key.asymmetricKeyType === "ec" ? "EC" : (key.asymmetricKeyType ?? "unknown")
}

/**
 * The private key as PKCS#8 PEM, decrypted. PKCS#8, PKCS#1 and SEC1 are read, the first two also
 * encrypted.
 */
export const readPrivateKey = (material: Material, hints: KeyHints): string => {
  const { field } = material
  const found = unwrap(material)
  const block =
    typeof found === "string"
      ? /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]+?-----END \1-----/.exec(found)?.[0]
      : found
  if (block === undefined) throw configError("holds no private key", field)
  const encrypted = isEncrypted(block)
  if (encrypted && hints.passphrase === undefined)
    throw configError(`is required: the key of ${field} is encrypted`, passphraseField)
  let key: KeyObject
  try {
    key =
      typeof block === "string"
        ? createPrivateKey({ key: block, ...(encrypted ? { passphrase: hints.passphrase } : {}) })
        : parseDer(block, hints)
  } catch (cause) {
    // a wrong passphrase may also decrypt to nonsense
    if (encrypted) throw configError(`does not open the key of ${field}`, passphraseField, cause)
    throw configError("holds no readable private key (PKCS#8, PKCS#1 or SEC1)", field, cause)
  }
  const algorithm = algorithmOf(key)
  if (hints.algorithm !== undefined && hints.algorithm !== algorithm)
    throw configError(`says ${hints.algorithm}, and the key of ${field} is ${algorithm}`, "config.clientKeyAlgo")
  return key.export({ format: "pem", type: "pkcs8" }).toString()
}

/** Is this the key of the first of these certificates? */
export const belongTogether = (certificate: string, key: string): boolean =>
  new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
