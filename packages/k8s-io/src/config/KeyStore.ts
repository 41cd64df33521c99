/**
 * Java's key stores, PKCS#12 and JKS, to PEM. The libraries that parse them are loaded here, when a
 * store is first met. Throws a `Config` error that names the file's field or its passphrase's.
 */
import { createPrivateKey } from "node:crypto"
import { failureDetail } from "../error/TransportFailure.ts"
import { configError } from "./ConfigError.ts"
import { belongTogether, type Material, readCertificates } from "./PemMaterial.ts"

/** What a store holds, in PEM. */
export interface KeyStore {
  /** The first key with its chain, its own certificate first. */
  readonly identity?: { readonly cert: string; readonly key: string }
  readonly certificates: ReadonlyArray<string>
}

/** A store and what opens it. */
export interface KeyStoreMaterial extends Material {
  readonly passphrase: string | undefined
  readonly passphraseField: string
}

/**
 * First bytes of JKS, and of JCEKS, which Java itself has given up (`JavaKeyStore.java`,
 * `JceKeyStore.java`).
 */
const jksMagic = 0xfeedfeed
const jceksMagic = 0xcececece

/** The libraries' own words for a wrong passphrase; they have no codes. */
const wrongPassphrase = /password verification failed|cannot recover key|invalid password|could not be decrypted/i

const refusal = ({ field, passphrase, passphraseField }: KeyStoreMaterial, cause: unknown) => {
  const detail = failureDetail(cause)
  if (!wrongPassphrase.test(detail))
    return configError(`holds no readable PKCS#12 or JKS store (${detail})`, field, cause)
  return passphrase === undefined
    ? configError(`is required to open the store of ${field}`, passphraseField, cause)
    : configError(`does not open the store of ${field}`, passphraseField, cause)
}

const readJks = async (bytes: Buffer, passphrase: string): Promise<KeyStore> => {
  const { default: jks } = await import("jks-js")
  const entries = Object.values(jks.toPem(bytes, passphrase))
  const own = entries.find((entry) => entry.key !== undefined)
  const certificates = entries.flatMap(({ ca, cert }) => [ca, cert].filter((pem) => pem !== undefined))
  return {
    certificates,
    ...(own?.key === undefined || own.cert === undefined ? {} : { identity: { cert: own.cert, key: own.key } })
  }
}

const readPkcs12 = async (material: KeyStoreMaterial): Promise<KeyStore> => {
  const { default: forge } = await import("node-forge")
  const { asn1, pki, pkcs12 } = forge
  const der = (node: Parameters<typeof asn1.toDer>[0]): Buffer => Buffer.from(asn1.toDer(node).getBytes(), "latin1")
  const store = pkcs12.pkcs12FromAsn1(asn1.fromDer(material.bytes.toString("latin1")), material.passphrase ?? "")
  const bags = store.safeContents.flatMap(({ safeBags }) => safeBags)
  // forge parses RSA itself and hands on the rest as ASN.1
  const certificates = bags
    .filter(({ type }) => type === pki.oids["certBag"])
    .flatMap((bag) => {
      const node = bag.cert === undefined || bag.cert === null ? bag.asn1 : pki.certificateToAsn1(bag.cert)
      return readCertificates({ field: material.field, bytes: der(node) })
    })
  const keyBag = bags.find(({ type }) => type === pki.oids["keyBag"] || type === pki.oids["pkcs8ShroudedKeyBag"])
  if (keyBag === undefined) return { certificates }
  const node =
    keyBag.key === undefined || keyBag.key === null
      ? keyBag.asn1
      : pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(keyBag.key))
  const key = createPrivateKey({ key: der(node), format: "der", type: "pkcs8" })
    .export({ format: "pem", type: "pkcs8" })
    .toString()
  const own = certificates.find((certificate) => belongTogether(certificate, key))
  if (own === undefined) return { certificates }
  const chain = [own, ...certificates.filter((certificate) => certificate !== own)]
  return { certificates, identity: { cert: chain.join(""), key } }
}

/** Opens a store of either kind. */
export const readKeyStore = async (material: KeyStoreMaterial): Promise<KeyStore> => {
  const magic = material.bytes.length < 4 ? 0 : material.bytes.readUInt32BE(0)
  if (magic === jceksMagic)
    throw configError(
      "is a JCEKS store; PKCS#12 and JKS are read. Convert it with `keytool -importkeystore -deststoretype PKCS12`",
      material.field
    )
  try {
    return await (magic === jksMagic ? readJks(material.bytes, material.passphrase ?? "") : readPkcs12(material))
  } catch (cause) {
    throw refusal(material, cause)
  }
}
