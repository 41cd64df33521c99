/**
 * What the tests of connections have in common: keys, stores and certificates of every kind that
 * people have, valid and invalid ones, for the cluster of KUBECONFIG. They are created before a
 * file's tests and deleted after them.
 */
import { readFile } from "node:fs/promises"
import { beforeAll } from "@effect/vitest"
import { clusterFromEnvironment } from "./Cluster.ts"
import { forwarder } from "./ClusterFronts.ts"
import { type ConnectionFields, ConnectionMaterial, PASSPHRASE } from "./ConnectionMaterial.ts"
import { javaKeyStore } from "./JavaKeyStore.ts"

export const cluster = clusterFromEnvironment()

export let material: ConnectionMaterial
/** The API server under an address that its certificate does not name. */
export let elsewhere: string

/** Each kind of key that people have, of a certificate that is good here. */
const mintKeys = async (): Promise<void> => {
  const locked = ["-passout", `pass:${PASSPHRASE}`]
  const traditional = ["rsa", "-in", "client.key", "-traditional"]
  await material.openssl("pkcs8", "-topk8", "-in", "client.key", ...locked, "-out", "pkcs8-locked.key")
  await material.openssl(...traditional, "-out", "pkcs1.key")
  await material.openssl(...traditional, "-aes256", ...locked, "-out", "pkcs1-locked.key")
  await material.openssl("ec", "-in", "elliptic.key", "-out", "sec1.key")
  await material.openssl("ec", "-in", "elliptic.key", "-aes256", ...locked, "-out", "sec1-locked.key")
  await material.openssl("rsa", "-in", "client.key", "-outform", "DER", "-out", "client.der.key")
  await material.openssl("x509", "-in", "client.pem", "-outform", "DER", "-out", "client.der")
}

const mintStores = async (): Promise<void> => {
  const locked = ["-passout", `pass:${PASSPHRASE}`]
  const pkcs12 = ["pkcs12", "-export", ...locked]
  await material.openssl(...pkcs12, "-inkey", "client.key", "-in", "client.pem", "-out", "store.p12")
  await material.openssl(...pkcs12, "-inkey", "elliptic.key", "-in", "elliptic.pem", "-out", "elliptic.p12")
  await material.openssl(...pkcs12, "-nokeys", "-in", "authority.pem", "-out", "trust.p12")
  for (const name of ["client", "elliptic"]) {
    const identity = { key: await material.text(`${name}.key`), certificate: await material.text(`${name}.pem`) }
    await material.write(`${name}.jks`, javaKeyStore({ identity }, PASSPHRASE))
  }
  // The server's own certificate and the authority that signed it.
  const trusted = (await material.text("authority.pem")).match(/-----BEGIN[\s\S]+?-----END.*\n/g) ?? []
  await material.write("trust.jks", javaKeyStore({ trusted }, PASSPHRASE))
}

/** To be called once in a test file. */
export const prepareConnections = (): void =>
  beforeAll(async () => {
    material = await ConnectionMaterial.make(cluster)
    await material.mint("client")
    await material.mint("rotated")
    await material.mint("elliptic", 1, ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
    await material.mint("ended", 0)
    await material.mintServer("stranger")
    await mintKeys()
    await mintStores()
    const { port, stop } = await forwarder("127.0.0.2", Number(new URL(material.server).port))
    elsewhere = `https://127.0.0.2:${port}`
    return async () => {
      await stop()
      await material.remove()
    }
  })

export const base64 = async (name: string) => (await readFile(material.path(name))).toString("base64")
/** As `base64` of GNU prints it. */
export const base64Lines = async (name: string) => (await base64(name)).replace(/.{76}/g, "$&\n")

export const trusting = { caCertFile: "authority.pem" }
export const client = { clientCertFile: "client.pem", clientKeyFile: "client.key" }
export const withToken = () => ({ ...trusting, oauthToken: material.token })
export const withKey = (certificate: string, key: string, more: ConnectionFields = {}) => ({
  ...trusting,
  clientCertFile: `${certificate}.pem`,
  clientKeyFile: `${key}.key`,
  ...more
})
export const unlocked = { clientKeyPassphrase: PASSPHRASE }

export type Fields = () => ConnectionFields | Promise<ConnectionFields>
