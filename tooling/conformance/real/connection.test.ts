/**
 * Runs whose task file says how to connect, on a real API server: by certificates minted here, by tokens, and with what
 * happens when they are wrong or rotated. The kubeconfig of the surroundings is of no use to these runs.
 */
import { execFile } from "node:child_process"
import { copyFile, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { KubeConnection } from "@podwright/k8s-io"
import { Effect } from "effect"
import { HttpClientRequest } from "effect/http"
import { parse } from "yaml"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/Cluster.ts"
import { freshId, podwright, removeFolder, sharedFolder } from "../src/Podwright.ts"

const cluster = clusterFromEnvironment()
const run = promisify(execFile)

interface Kubeconfig {
  readonly clusters: readonly [
    { readonly cluster: { readonly server: string; readonly "certificate-authority": string } }
  ]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

const kubeconfigOf = async (path: string): Promise<Kubeconfig> => parse(await readFile(path, "utf8"))

let folder: string
let server: string
let authority: string
let token: string

/** Signs a user with the cluster's authority of clients; key in PKCS#8. */
const mint = async (name: string, days = 1, key: ReadonlyArray<string> = ["rsa:2048"]) => {
  const certs = dirname(cluster.kubeconfig)
  const [algorithm = "", ...options] = key
  const csr = join(folder, `${name}.csr`)
  const pem = join(folder, `${name}.pem`)
  const subject = `/O=system:masters/CN=${name}`
  const into = ["-keyout", join(folder, `${name}.key`), "-out", csr]
  await run("openssl", ["req", "-newkey", algorithm, ...options, "-nodes", "-subj", subject, ...into])
  const signer = ["-CA", join(certs, "client-ca.crt"), "-CAkey", join(certs, "client-ca.key"), "-set_serial", "7"]
  await run("openssl", ["x509", "-req", "-in", csr, ...signer, "-days", String(days), "-out", pem])
}

beforeAll(async () => {
  folder = await sharedFolder()
  const admin = await kubeconfigOf(cluster.kubeconfig)
  const limited = await kubeconfigOf(cluster.limitedKubeconfig)
  server = admin.clusters[0].cluster.server
  token = limited.users[0].user.token
  authority = join(folder, "authority.pem")
  await copyFile(admin.clusters[0].cluster["certificate-authority"], authority)
  await mint("client")
  await mint("rotated")
  await mint("elliptic", 1, ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
  const passphrase = ["-passout", "pass:changeit"]
  const key = ["-inkey", join(folder, "client.key")]
  await run("openssl", [
    "pkcs8",
    "-topk8",
    "-in",
    join(folder, "client.key"),
    ...passphrase,
    "-out",
    join(folder, "locked.key")
  ])
  await run("openssl", [
    "pkcs12",
    "-export",
    "-in",
    join(folder, "client.pem"),
    ...key,
    ...passphrase,
    "-out",
    join(folder, "store.p12")
  ])
  return () => removeFolder(folder)
})

type Fields = Readonly<Record<string, unknown>>

/** Runs a task whose file has this `config`; the environment's own kubeconfig leads nowhere. */
const runWith = async (config: Fields, namespace = LIMITED_NAMESPACE) => {
  const id = freshId("connection")
  const file = join(folder, `${id}.yaml`)
  const task = {
    id,
    image: "busybox",
    commands: ["echo it-runs", "echo result > $OUTPUT_DIR/result.txt"],
    runner: { config: { inherit: false, masterUrl: server, namespace, ...config } }
  }
  await writeFile(file, JSON.stringify(task))
  const args = ["run", file, "--output-dir", join(folder, id)]
  return podwright(cluster, args, "/nowhere/kubeconfig")
}

const client = { clientCertFile: "client.pem", clientKeyFile: "client.key" }
const trusting = { caCertFile: "authority.pem" }

describe("a run with its own connection", () => {
  const works: ReadonlyArray<readonly [string, () => Promise<Fields>]> = [
    ["oauthToken", async () => ({ ...trusting, oauthToken: token })],
    [
      "caCertData as base64",
      async () => ({ caCertData: (await readFile(authority)).toString("base64"), oauthToken: token })
    ],
    ["a client certificate", async () => ({ ...trusting, ...client })],
    [
      "a client certificate with an EC key",
      async () => ({ ...trusting, clientCertFile: "elliptic.pem", clientKeyFile: "elliptic.key", clientKeyAlgo: "EC" })
    ],
    [
      "an encrypted key",
      async () => ({
        ...trusting,
        clientCertFile: "client.pem",
        clientKeyFile: "locked.key",
        clientKeyPassphrase: "changeit"
      })
    ],
    ["a key store", async () => ({ ...trusting, keyStoreFile: "store.p12", keyStorePassphrase: "changeit" })],
    ["trustCerts", async () => ({ trustCerts: "true", oauthToken: token })],
    [
      "oauthTokenProvider",
      async () => {
        await writeFile(join(folder, "token.json"), JSON.stringify({ access: { token } }))
        const task = { commands: [`cat ${join(folder, "token.json")}`] }
        return { ...trusting, oauthTokenProvider: { task, output: "{{ json.access.token }}" } }
      }
    ]
  ]
  it.each(works)("works by %s", async (_, config) => {
    const { code, stderr, stdout } = await runWith(await config())
    assert.strictEqual(code, 0, stderr)
    assert.include(stdout, "it-runs")
  })

  const fails: ReadonlyArray<readonly [string, () => Fields, number, RegExp]> = [
    ["a wrong token", () => ({ ...trusting, oauthToken: "wrong" }), 125, /Check config\.oauthToken\./],
    [
      "a password, which this server does not know",
      () => ({ ...trusting, username: "me", password: "wrong" }),
      125,
      /Check config\.username, config\.password\./
    ],
    [
      "another authority",
      () => ({ caCertFile: "client.pem", oauthToken: token }),
      125,
      /TLS connection was refused.*Check config\.caCertFile\./
    ],
    [
      "a key that is another certificate's",
      () => ({ ...trusting, clientCertFile: "client.pem", clientKeyFile: "rotated.key" }),
      2,
      /yaml:1:\d+: config\.clientKeyFile: does not belong to the certificate of config\.clientCertFile/
    ],
    [
      "a wrong passphrase",
      () => ({ ...trusting, keyStoreFile: "store.p12", keyStorePassphrase: "wrong" }),
      2,
      /yaml:1:\d+: config\.keyStorePassphrase: does not open the store/
    ]
  ]
  it.each(fails)("names the field that is wrong: %s", async (_, config, expected, words) => {
    const { code, stderr } = await runWith(config())
    assert.match(stderr, words)
    assert.strictEqual(code, expected)
  })

  it("names the certificate that has ended", async () => {
    await mint("ended", -1).catch(() => mint("ended", 0))
    const config = { ...trusting, clientCertFile: "ended.pem", clientKeyFile: "ended.key" }
    const { code, stderr } = await runWith(config)
    assert.match(stderr, /does not accept the credentials.*Check config\.clientCertFile\./)
    assert.strictEqual(code, 125)
  })

  it("names the token that has ended", async () => {
    const expiring = "eyJhbGciOiJub25lIn0.eyJleHAiOjF9.c2ln"
    const { stderr } = await runWith({ ...trusting, oauthToken: expiring })
    assert.match(stderr, /Check config\.oauthToken\./)
  })

  it("takes up a client certificate that is rotated while the connection is in use", async () => {
    const [clientCertFile, clientKeyFile] = [join(folder, "live.pem"), join(folder, "live.key")]
    const put = async (name: string) => {
      await copyFile(join(folder, `${name}.pem`), clientCertFile)
      await copyFile(join(folder, `${name}.key`), clientKeyFile)
    }
    await put("client")
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
    const id = freshId("inherits")
    const file = join(folder, `${id}.yaml`)
    const runner = { config: { oauthToken: token, namespace: LIMITED_NAMESPACE } }
    await writeFile(file, JSON.stringify({ id, image: "busybox", commands: ["echo it-runs"], runner }))
    const { code, stderr } = await podwright(cluster, ["run", file], cluster.kubeconfig)
    assert.strictEqual(code, 0, stderr)
    await cluster.untilNoPods(id)
  })
})
