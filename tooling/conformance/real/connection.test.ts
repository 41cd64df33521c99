/**
 * Runs whose task file says how to connect, on a real API server: every field that says where, whom to trust and who we are,
 * right and wrong. The kubeconfig of the surroundings is of no use to these runs.
 */
import { copyFile, readFile } from "node:fs/promises"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { KubeConnection } from "@podwright/k8s-io"
import { Effect } from "effect"
import { HttpClientRequest } from "effect/http"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/Cluster.ts"
import { forwarder } from "../src/ClusterFronts.ts"
import { type ConnectionFields, ConnectionMaterial, PASSPHRASE } from "../src/ConnectionMaterial.ts"
import { javaKeyStore } from "../src/JavaKeyStore.ts"
import { podwright } from "../src/Podwright.ts"

const cluster = clusterFromEnvironment()

let material: ConnectionMaterial
/** The API server under an address that its certificate does not name. */
let elsewhere: string

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

const base64 = async (name: string) => (await readFile(material.path(name))).toString("base64")
/** As `base64` of GNU prints it. */
const base64Lines = async (name: string) => (await base64(name)).replace(/.{76}/g, "$&\n")

const trusting = { caCertFile: "authority.pem" }
const client = { clientCertFile: "client.pem", clientKeyFile: "client.key" }
const withToken = () => ({ ...trusting, oauthToken: material.token })
const withKey = (certificate: string, key: string, more: ConnectionFields = {}) => ({
  ...trusting,
  clientCertFile: `${certificate}.pem`,
  clientKeyFile: `${key}.key`,
  ...more
})
const unlocked = { clientKeyPassphrase: PASSPHRASE }

type Fields = () => ConnectionFields | Promise<ConnectionFields>

describe.concurrent("a run connects by", () => {
  const works: ReadonlyArray<readonly [string, Fields]> = [
    ["oauthToken and caCertFile", withToken],
    [
      "caCertData, PEM",
      async () => ({ caCertData: await material.text("authority.pem"), oauthToken: material.token, apiVersion: "v1" })
    ],
    [
      "caCertData, base64 with line breaks",
      async () => ({ caCertData: await base64Lines("authority.pem"), oauthToken: material.token })
    ],
    ["clientCertFile and clientKeyFile", () => ({ ...trusting, ...client, clientKeyAlgo: "RSA" })],
    [
      "clientCertData and clientKeyData, PEM",
      async () => ({
        ...trusting,
        clientCertData: await material.text("client.pem"),
        clientKeyData: await material.text("client.key")
      })
    ],
    [
      "clientCertData and clientKeyData, base64 of DER with line breaks",
      async () => ({
        ...trusting,
        clientCertData: await base64Lines("client.der"),
        clientKeyData: await base64Lines("client.der.key"),
        clientKeyAlgo: "RSA"
      })
    ],
    ["an EC key", () => withKey("elliptic", "elliptic", { clientKeyAlgo: "EC" })],
    ["an encrypted PKCS#8 key", () => withKey("client", "pkcs8-locked", unlocked)],
    ["a PKCS#1 key", () => withKey("client", "pkcs1")],
    ["an encrypted PKCS#1 key", () => withKey("client", "pkcs1-locked", unlocked)],
    ["a SEC1 key", () => withKey("elliptic", "sec1")],
    ["an encrypted SEC1 key", () => withKey("elliptic", "sec1-locked", unlocked)],
    ["a PKCS#12 key store", () => ({ ...trusting, keyStoreFile: "store.p12", keyStorePassphrase: PASSPHRASE })],
    [
      "a PKCS#12 key store with an EC key",
      () => ({ ...trusting, keyStoreFile: "elliptic.p12", keyStorePassphrase: PASSPHRASE })
    ],
    ["a JKS key store", () => ({ ...trusting, keyStoreFile: "client.jks", keyStorePassphrase: PASSPHRASE })],
    [
      "a JKS key store with an EC key",
      () => ({ ...trusting, keyStoreFile: "elliptic.jks", keyStorePassphrase: PASSPHRASE })
    ],
    [
      "a PKCS#12 trust store",
      () => ({ trustStoreFile: "trust.p12", trustStorePassphrase: PASSPHRASE, oauthToken: material.token })
    ],
    [
      "a JKS trust store",
      () => ({ trustStoreFile: "trust.jks", trustStorePassphrase: PASSPHRASE, oauthToken: material.token })
    ],
    ["trustCerts", () => ({ trustCerts: "true", oauthToken: material.token })],
    [
      "disableHostnameVerification",
      () => ({ ...withToken(), masterUrl: elsewhere, disableHostnameVerification: "true" })
    ]
  ]
  it.each(works)("%s", async (_, fields) => {
    const { code, stderr, stdout } = await material.run(await fields())
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(stdout, "it-runs\n")
  })

  it("what is not checked, and says so once", async () => {
    const fields = { oauthToken: material.token, trustCerts: true, disableHostnameVerification: true }
    const { code, stderr } = await material.run({ ...fields, masterUrl: elsewhere })
    assert.strictEqual(code, 0, stderr)
    for (const field of ["trustCerts", "disableHostnameVerification"])
      assert.lengthOf(stderr.match(new RegExp(`config\\.${field}: `, "g")) ?? [], 1, stderr)
  })
})

describe.concurrent("a wrong value names its field:", () => {
  const store = { keyStoreFile: "client.jks", keyStorePassphrase: PASSPHRASE }
  const trust = { trustStoreFile: "trust.jks", trustStorePassphrase: PASSPHRASE }
  /** Exit code 2: told before anything is asked. */
  const fails: ReadonlyArray<readonly [string, Fields, number, RegExp]> = [
    ["apiVersion", () => ({ ...withToken(), apiVersion: "v2" }), 2, /yaml:1:\d+: apiVersion: Expected "v1"/],
    [
      "masterUrl of another server",
      () => ({ ...withToken(), masterUrl: "https://127.0.0.1:9" }),
      125,
      /127\.0\.0\.1:9.*Check config\.masterUrl/
    ],
    ["masterUrl of another name", () => ({ ...withToken(), masterUrl: elsewhere }), 125, /Check config\.masterUrl/],
    [
      "masterUrl that is no URL",
      () => ({ ...withToken(), masterUrl: "nowhere" }),
      2,
      /yaml:1:\d+: masterUrl: expected .*'nowhere'/
    ],
    [
      "masterUrl without TLS",
      () => ({ ...withToken(), masterUrl: "http://10.0.0.1" }),
      2,
      /config\.masterUrl: plain http/
    ],
    [
      "namespace where one may do nothing",
      () => ({ ...withToken(), namespace: "nowhere" }),
      125,
      /namespace "nowhere" \(config\.namespace\) must grant/
    ],
    [
      "namespace that is not there",
      () => ({ ...trusting, ...client, namespace: "nowhere" }),
      125,
      /namespaces "nowhere" not found\)\. Check config\.namespace\./
    ],
    [
      "namespace that is no name",
      () => ({ ...withToken(), namespace: "No Name" }),
      2,
      /yaml:1:\d+: namespace: expected/
    ],
    [
      "caCertFile of another authority",
      () => ({ ...withToken(), caCertFile: "stranger.pem" }),
      125,
      /TLS connection was refused.*Check config\.caCertFile\./
    ],
    [
      "caCertFile that is no certificate",
      () => ({ ...withToken(), caCertFile: "client.key" }),
      2,
      /config\.caCertFile/
    ],
    [
      "caCertFile that is not there",
      () => ({ ...withToken(), caCertFile: "no.pem" }),
      2,
      /config\.caCertFile.*no\.pem/
    ],
    [
      "caCertData of another authority",
      async () => ({ caCertData: await material.text("stranger.pem"), oauthToken: material.token }),
      125,
      /Check config\.caCertData\./
    ],
    [
      "caCertData that is no certificate",
      () => ({ caCertData: "aGVsbG8=", oauthToken: material.token }),
      2,
      /config\.caCertData/
    ],
    [
      "clientCertFile of somebody else",
      () => withKey("stranger", "stranger"),
      125,
      /does not accept the credentials.*Check config\.clientCertFile\./
    ],
    [
      "clientCertFile that has ended",
      () => withKey("ended", "ended"),
      125,
      /does not accept the credentials.*Check config\.clientCertFile\./
    ],
    ["clientCertFile that is no certificate", () => withKey("authority", "client"), 2, /config\.client(Cert|Key)File/],
    [
      "clientCertData of somebody else",
      async () => ({ ...trusting, clientCertData: await base64("stranger.pem"), clientKeyFile: "stranger.key" }),
      125,
      /Check config\.clientCertData\./
    ],
    [
      "clientKeyFile of another certificate",
      () => withKey("client", "rotated"),
      2,
      /config\.clientKeyFile: does not belong to the certificate of config\.clientCertFile/
    ],
    [
      "clientKeyData that is no key",
      async () => ({ ...trusting, clientCertFile: "client.pem", clientKeyData: await base64("client.pem") }),
      2,
      /config\.clientKeyData: holds no private key/
    ],
    ["clientKeyAlgo", () => withKey("client", "client", { clientKeyAlgo: "EC" }), 2, /config\.clientKeyAlgo: says EC/],
    [
      "clientKeyPassphrase",
      () => withKey("client", "pkcs1-locked", { clientKeyPassphrase: "wrong" }),
      2,
      /config\.clientKeyPassphrase: does not open the key of config\.clientKeyFile/
    ],
    [
      "clientKeyPassphrase that is not given",
      () => withKey("elliptic", "sec1-locked"),
      2,
      /config\.clientKeyPassphrase: is not given/
    ],
    [
      "keyStoreFile",
      () => ({ ...trusting, ...store, keyStoreFile: "client.pem" }),
      2,
      /config\.keyStoreFile: holds no readable/
    ],
    [
      "keyStoreFile without a key",
      () => ({ ...trusting, ...store, keyStoreFile: "trust.jks" }),
      2,
      /config\.keyStoreFile: holds no key/
    ],
    [
      "keyStorePassphrase",
      () => ({ ...trusting, ...store, keyStorePassphrase: "wrong" }),
      2,
      /config\.keyStorePassphrase: does not open/
    ],
    [
      "keyStorePassphrase of PKCS#12",
      () => ({ ...trusting, keyStoreFile: "store.p12", keyStorePassphrase: "wrong" }),
      2,
      /yaml:1:\d+: config\.keyStorePassphrase: does not open/
    ],
    [
      "trustStoreFile of another authority",
      () => ({ ...trust, trustStoreFile: "client.jks", oauthToken: material.token }),
      125,
      /Check config\.trustStoreFile\./
    ],
    [
      "trustStorePassphrase",
      () => ({ ...trust, trustStorePassphrase: "wrong", oauthToken: material.token }),
      2,
      /config\.trustStorePassphrase: does not open/
    ],
    ["trustCerts", () => ({ ...withToken(), trustCerts: "maybe" }), 2, /yaml:1:\d+: trustCerts: Expected/],
    [
      "disableHostnameVerification",
      () => ({ ...withToken(), disableHostnameVerification: "maybe" }),
      2,
      /yaml:1:\d+: disableHostnameVerification: Expected/
    ],
    [
      "disableHostnameVerification that is missing",
      () => ({ ...withToken(), masterUrl: elsewhere, disableHostnameVerification: false }),
      125,
      /config\.disableHostnameVerification/
    ],
    ["oauthToken", () => ({ ...trusting, oauthToken: "wrong" }), 125, /Check config\.oauthToken\./],
    [
      "oauthToken that has ended",
      () => ({ ...trusting, oauthToken: "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2ln" }),
      125,
      /Check config\.oauthToken\./
    ],
    [
      "username and password, which this server does not know",
      () => ({ ...trusting, username: "me", password: "wrong" }),
      125,
      /Check config\.username, config\.password\./
    ],
    ["username without password", () => ({ ...trusting, username: "me" }), 2, /yaml:1:\d+: username: needs password/],
    ["password without username", () => ({ ...trusting, password: "me" }), 2, /yaml:1:\d+: password: needs username/],
    ["inherit", () => ({ ...withToken(), inherit: "maybe" }), 2, /yaml:1:\d+: inherit: Expected/],
    [
      "oauthTokenProvider.task",
      () => ({ ...trusting, oauthTokenProvider: { task: { commands: ["exit 3"] }, output: "{{ stdout }}" } }),
      2,
      /config\.oauthTokenProvider\.task\.commands: ended with exit code 3/
    ],
    [
      "oauthTokenProvider.output",
      () => ({ ...trusting, oauthTokenProvider: { task: { commands: ["echo '{}'"] }, output: "{{ json.token }}" } }),
      2,
      /config\.oauthTokenProvider\.output: undefined value/
    ],
    [
      "oauthTokenProvider's token",
      () => ({ ...trusting, oauthTokenProvider: { task: { commands: ["echo wrong"] }, output: "{{ stdout }}" } }),
      125,
      /Check config\.oauthTokenProvider\./
    ],
    [
      "oauthTokenProvider.cache",
      () => ({
        ...trusting,
        oauthTokenProvider: { task: { commands: ["echo x"] }, output: "{{ stdout }}", cache: "soon" }
      }),
      2,
      /yaml:1:\d+: cache: expected a duration/
    ]
  ]
  it.each(fails)("%s", async (_, fields, expected, words) => {
    const { code, stderr, stdout } = await material.run(await fields())
    assert.match(stderr, words)
    assert.strictEqual(code, expected, stderr)
    assert.notInclude(stdout, "it-runs")
  })
})

it("takes up a client certificate that is rotated while the connection is in use", async () => {
  const [clientCertFile, clientKeyFile] = [material.path("live.pem"), material.path("live.key")]
  const put = async (name: string) => {
    await copyFile(material.path(`${name}.pem`), clientCertFile)
    await copyFile(material.path(`${name}.key`), clientKeyFile)
  }
  await put("client")
  const { authority, server } = material
  const config = { inherit: false, masterUrl: server, caCertFile: authority, clientCertFile, clientKeyFile }
  const users = await Effect.runPromise(
    Effect.gen(function* () {
      const { http } = yield* KubeConnection
      const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" }
      const question = HttpClientRequest.post("/apis/authentication.k8s.io/v1/selfsubjectreviews").pipe(
        HttpClientRequest.bodyJsonUnsafe(review)
      )
      const whoAmI = http.execute(question).pipe(
        Effect.flatMap((response) => response.json),
        Effect.map((answer): string => Object(answer).status.userInfo.username)
      )
      const before = yield* whoAmI
      yield* Effect.promise(() => put("rotated"))
      // one takes the socket that is there, the others open new ones
      const after = yield* Effect.all(
        Array.from({ length: 6 }, () => whoAmI),
        { concurrency: "unbounded" }
      )
      return { before, after: [...new Set(after)].sort() }
    }).pipe(Effect.provide(KubeConnection.layer({ config })))
  )
  assert.deepStrictEqual(users, { before: "client", after: ["client", "rotated"] })
})

it("leaves no pod, and adds to the kubeconfig unless told not to", async () => {
  // The kubeconfig says where the server is and whom to trust, the file who we are.
  const file = await material.taskFile({ oauthToken: material.token, namespace: LIMITED_NAMESPACE })
  const inherits = await podwright(cluster, ["run", file], cluster.kubeconfig)
  assert.strictEqual(inherits.code, 0, inherits.stderr)
  await cluster.untilNoPods("connection")

  const alone = { inherit: false, masterUrl: material.server, oauthToken: material.token, namespace: LIMITED_NAMESPACE }
  const untrusting = await podwright(cluster, ["run", await material.taskFile(alone)], cluster.kubeconfig)
  assert.strictEqual(untrusting.code, 125)
  assert.match(untrusting.stderr, /Check config\.caCertData, config\.caCertFile, config\.trustStoreFile/)
  const { masterUrl, namespace } = alone
  const nobody = { inherit: false, masterUrl, namespace, caCertFile: material.authority }
  const anonymous = await podwright(cluster, ["run", await material.taskFile(nobody)], cluster.kubeconfig)
  assert.strictEqual(anonymous.code, 125)
  assert.match(anonymous.stderr, /config, which names nobody/)
})
