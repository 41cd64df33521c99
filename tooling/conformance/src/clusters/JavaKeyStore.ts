/**
 * Writes Java's own key store format (JKS), as `keytool` does, for certificates that are minted
 * during a test: a machine that runs the tests need have no Java. Format: OpenJDK's
 * `sun.security.provider.JavaKeyStore` and `KeyProtector`.
 */
import { createHash, createPrivateKey, randomBytes, X509Certificate } from "node:crypto"

export interface JavaKeyStoreEntries {
  /** A key in PEM with its certificate. */
  readonly identity?: { readonly key: string; readonly certificate: string }
  /** Certificates in PEM to be trusted. */
  readonly trusted?: ReadonlyArray<string>
}

const MAGIC = 0xfeedfeed
const VERSION = 2
const KEY_ENTRY = 1
const TRUSTED_ENTRY = 2
/** What the digest over the whole is salted with. */
const WHITENER = "Mighty Aphrodite"
/** 1.3.6.1.4.1.42.2.17.1.1: Sun's key protector. */
const PROTECTOR = Buffer.from("2b060104012a02110101", "hex")
const DIGEST_BYTES = 20

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

const sized = (bytes: Buffer): Buffer => Buffer.concat([u32(bytes.length), bytes])

/** A node of DER whose content may take up to 64 KiB. */
const der = (tag: number, ...parts: ReadonlyArray<Buffer>): Buffer => {
  const content = Buffer.concat(parts)
  const { length } = content
  return Buffer.concat([Buffer.from([tag, 0x82, length >> 8, length & 0xff]), content])
}

const sha1 = (...parts: ReadonlyArray<Buffer>): Buffer => {
  const hash = createHash("sha1")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const protect = (key: Buffer, password: Buffer): Buffer => {
  const salt = randomBytes(DIGEST_BYTES)
  const stream: Array<Buffer> = []
  let last: Buffer = salt
  for (let done = 0; done < key.length; done += DIGEST_BYTES) {
    last = sha1(password, last)
    stream.push(last)
  }
  const pad = Buffer.concat(stream)
  const hidden = key.map((byte, index) => byte ^ (pad[index] ?? 0))
  const algorithm = der(0x30, der(0x06, PROTECTOR), Buffer.from([0x05, 0x00]))
  return der(0x30, algorithm, der(0x04, salt, Buffer.from(hidden), sha1(password, key)))
}

const certificate = (pem: string): Buffer => Buffer.concat([text("X.509"), sized(new X509Certificate(pem).raw)])

const head = (tag: number, alias: string): Buffer => {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(Date.now()))
  return Buffer.concat([u32(tag), text(alias), time])
}

/** The bytes of a store; key and store have the same passphrase. */
export const javaKeyStore = ({ identity, trusted = [] }: JavaKeyStoreEntries, passphrase: string): Buffer => {
  const password = Buffer.from(passphrase, "utf16le").swap16()
  const entries = trusted.map((pem, index) => Buffer.concat([head(TRUSTED_ENTRY, `ca${index}`), certificate(pem)]))
  if (identity !== undefined) {
    const key = createPrivateKey(identity.key).export({ format: "der", type: "pkcs8" })
    const hidden = sized(protect(key, password))
    entries.push(Buffer.concat([head(KEY_ENTRY, "client"), hidden, u32(1), certificate(identity.certificate)]))
  }
  const body = Buffer.concat([u32(MAGIC), u32(VERSION), u32(entries.length), ...entries])
  return Buffer.concat([body, sha1(password, Buffer.from(WHITENER), body)])
}
