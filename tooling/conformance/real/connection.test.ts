/**
 * Runs whose task file says how to connect, on a real API server: every field for the address, the
 * authorities and the credentials. These runs cannot use the kubeconfig of the environment. For
 * invalid values see `connectionErrors.test.ts`.
 */
import { copyFile } from "node:fs/promises"
import { assert, describe, it } from "@effect/vitest"
import { KubeConnection } from "@podwright/k8s-io"
import { Effect } from "effect"
import { HttpClientRequest } from "effect/http"
import { LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import {
  base64Lines,
  client,
  cluster,
  elsewhere,
  type Fields,
  material,
  prepareConnections,
  trusting,
  unlocked,
  withKey,
  withToken
} from "../src/clusters/ConnectionFixture.ts"
import { flowIdOf, PASSPHRASE } from "../src/clusters/ConnectionMaterial.ts"
import { podwright } from "../src/clusters/Podwright.ts"

prepareConnections()

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
  await cluster.untilNoPods(flowIdOf(file))

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
