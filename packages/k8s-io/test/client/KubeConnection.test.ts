/** Every field of a connection against a TLS server that tells whom it takes us for, and what is said about a wrong one. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { assert, describe, it, vi } from "@effect/vitest"
import { Duration, Effect, Layer, Logger, Stream } from "effect"
import { KubeConnection, type KubeConnectionOptions } from "../../src/client/KubeConnection.ts"
import type { ConnectionConfig } from "../../src/config/ConnectionConfig.ts"
import { withConnectionHint } from "../../src/config/ConnectionHint.ts"
import { Exec } from "../../src/exec/Exec.ts"
import { Pods } from "../../src/pods/Pods.ts"
import { httpProxy } from "../support/HttpProxy.ts"
import { fixture, fixtureText, type TlsApi, tlsApi } from "../support/TlsApiServer.ts"

const base64 = (name: string) => readFileSync(fixture(name)).toString("base64")
const wrapped = (text: string) => text.replace(/.{64}/g, "$&\n    ")
/** DER of the first block of a PEM file, as base64. */
const der = (name: string) => fixtureText(name).replace(/-----[^-]+-----|\s/g, "")

const services = (options: KubeConnectionOptions) =>
  Layer.mergeAll(Pods.layer, Exec.layer).pipe(Layer.provideMerge(KubeConnection.layer(options)))

/** Whom the server takes us for, by a request and by an exec. */
const whoAmI = Effect.gen(function* () {
  const pods = yield* Pods
  const exec = yield* Exec
  const { metadata } = yield* pods.get("default", "any")
  const channel = yield* exec.open({ namespace: "default", pod: "any", container: "main", command: ["true"] })
  const output = yield* Stream.runCollect(channel.output)
  const said = Buffer.concat(output.map(({ bytes }) => bytes)).toString()
  assert.strictEqual(said, metadata.name)
  return metadata.name
}).pipe(Effect.scoped)

const ask = (config: ConnectionConfig) =>
  whoAmI.pipe(Effect.provide(services({ config: { inherit: false, ...config } })))

/** The error's words, with the fields to look at. */
const refusal = (config: ConnectionConfig) =>
  Effect.map(Effect.flip(ask(config)), (error) => withConnectionHint(error, { inherit: false, ...config }).message)

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "connection-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const caCertData = fixtureText("ca.pem")
const client = { clientCertData: fixtureText("client.pem"), clientKeyData: fixtureText("client.key") }
const certificateOf = (name: string) => ({ caCertData, clientCertData: fixtureText(`${name}.pem`) })
const store = (name: string) => ({ caCertData, keyStoreFile: fixture(name), keyStorePassphrase: "changeit" })

const accepted: ReadonlyArray<readonly [what: string, config: ConnectionConfig, user: string]> = [
  ["caCertData and a client certificate as PEM", { caCertData, ...client }, "client"],
  ["caCertFile", { caCertFile: fixture("ca.pem"), ...client }, "client"],
  ["caCertData as base64 of PEM with line breaks", { caCertData: wrapped(base64("ca.pem")), ...client }, "client"],
  ["caCertData as base64 of DER", { caCertData: wrapped(der("ca.pem")), ...client }, "client"],
  [
    "caCertData with several authorities",
    { caCertData: fixtureText("other-ca.pem") + caCertData, ...client },
    "client"
  ],
  [
    "clientCertFile and clientKeyFile",
    { caCertData, clientCertFile: fixture("client.pem"), clientKeyFile: fixture("client.key") },
    "client"
  ],
  [
    "clientCertData and clientKeyData as base64 with line breaks",
    { caCertData, clientCertData: wrapped(base64("client.pem")), clientKeyData: wrapped(base64("client.key")) },
    "client"
  ],
  [
    "clientKeyData as base64 of DER",
    { caCertData, clientCertData: der("client.pem"), clientKeyData: der("client.key") },
    "client"
  ],
  [
    "clientKeyData in PKCS#1, by clientKeyAlgo RSA",
    { ...certificateOf("client"), clientKeyData: der("client-pkcs1.key"), clientKeyAlgo: "RSA" },
    "client"
  ],
  [
    "a key of elliptic curves",
    { ...certificateOf("client-ec"), clientKeyData: fixtureText("client-ec.key"), clientKeyAlgo: "EC" },
    "client-ec"
  ],
  [
    "clientKeyData in SEC1, by clientKeyAlgo EC",
    { ...certificateOf("client-ec"), clientKeyData: der("client-ec-sec1.key"), clientKeyAlgo: "EC" },
    "client-ec"
  ],
  [
    "clientKeyPassphrase for PKCS#8",
    {
      ...certificateOf("client"),
      clientKeyData: fixtureText("client-pkcs8-encrypted.key"),
      clientKeyPassphrase: "changeit"
    },
    "client"
  ],
  [
    "clientKeyPassphrase for PKCS#8 as base64 of DER",
    { ...certificateOf("client"), clientKeyData: der("client-pkcs8-encrypted.key"), clientKeyPassphrase: "changeit" },
    "client"
  ],
  [
    "clientKeyPassphrase for PKCS#1",
    {
      ...certificateOf("client"),
      clientKeyFile: fixture("client-pkcs1-encrypted.key"),
      clientKeyPassphrase: "changeit"
    },
    "client"
  ],
  ["keyStoreFile as PKCS#12 of openssl, with the chain", store("client-openssl.p12"), "client"],
  ["keyStoreFile as PKCS#12 in the legacy ciphers", store("client-legacy.p12"), "client"],
  ["keyStoreFile as PKCS#12 of keytool", store("client-keytool.p12"), "client"],
  ["keyStoreFile as PKCS#12 with an EC key", store("client-ec.p12"), "client-ec"],
  ["keyStoreFile as JKS", store("client-keytool.jks"), "client"],
  ["keyStoreFile as JKS with an EC key", store("client-ec.jks"), "client-ec"],
  [
    "trustStoreFile as PKCS#12",
    { trustStoreFile: fixture("trust.p12"), trustStorePassphrase: "changeit", ...client },
    "client"
  ],
  [
    "trustStoreFile as JKS",
    { trustStoreFile: fixture("trust.jks"), trustStorePassphrase: "changeit", ...client },
    "client"
  ],
  ["trustCerts", { trustCerts: true, ...client }, "client"],
  ["oauthToken", { caCertData, oauthToken: "good\n" }, "tokened"],
  [
    "oauthTokenProvider",
    { caCertData, oauthTokenProvider: { fetch: Effect.succeed("good"), cache: Duration.minutes(5) } },
    "tokened"
  ],
  ["username and password", { caCertData, username: "me", password: "pass word" }, "me"]
]

const unreadable: ReadonlyArray<readonly [what: string, config: ConnectionConfig, words: string]> = [
  ["text that is not an authority", { caCertData: "AAAA" }, "config.caCertData: holds neither PEM nor base64"],
  [
    "a broken certificate",
    { caCertData: caCertData.replace("MII", "AAA") },
    "config.caCertData: holds no readable certificate"
  ],
  ["a file that is not there", { caCertFile: "/nowhere/ca.pem" }, "config.caCertFile: cannot be read: ENOENT"],
  [
    "a key in the place of a certificate",
    { clientCertData: fixtureText("client.key"), clientKeyData: fixtureText("client.key") },
    "config.clientCertData: holds no certificate"
  ],
  [
    "a certificate in the place of a key",
    { ...client, clientKeyData: fixtureText("client.pem") },
    "config.clientKeyData: holds no private key"
  ],
  [
    "a broken key",
    { ...client, clientKeyData: fixtureText("client.key").replace("MII", "AAA") },
    "config.clientKeyData: holds no readable private key"
  ],
  [
    "a key of another certificate",
    { ...client, clientKeyData: fixtureText("rotated.key") },
    "config.clientKeyData: does not belong to the certificate of config.clientCertData"
  ],
  [
    "a key of another kind than clientKeyAlgo",
    { ...client, clientKeyAlgo: "EC" },
    "config.clientKeyAlgo: says EC, and the key of config.clientKeyData is RSA"
  ],
  [
    "a missing passphrase",
    { ...client, clientKeyData: fixtureText("client-pkcs8-encrypted.key") },
    "config.clientKeyPassphrase: is required: the key of config.clientKeyData is encrypted"
  ],
  [
    "a missing passphrase for DER",
    { ...client, clientKeyData: der("client-pkcs8-encrypted.key") },
    "config.clientKeyPassphrase: is required: the key of config.clientKeyData is encrypted"
  ],
  [
    "a wrong passphrase for DER",
    { ...client, clientKeyData: der("client-pkcs8-encrypted.key"), clientKeyPassphrase: "wrong" },
    "config.clientKeyPassphrase: does not open the key of config.clientKeyData"
  ],
  ...["client-pkcs8-encrypted.key", "client-pkcs1-encrypted.key"].map(
    (name) =>
      [
        `a wrong passphrase for ${name}`,
        { ...client, clientKeyData: fixtureText(name), clientKeyPassphrase: "wrong" },
        "config.clientKeyPassphrase: does not open the key of config.clientKeyData"
      ] as const
  ),
  ...["client-keytool.p12", "client-keytool.jks"].flatMap(
    (name) =>
      [
        [
          `a wrong passphrase for ${name}`,
          { ...store(name), keyStorePassphrase: "wrong" },
          "config.keyStorePassphrase: does not open the store of config.keyStoreFile"
        ],
        [
          `a missing passphrase for ${name}`,
          { keyStoreFile: fixture(name) },
          "config.keyStorePassphrase: is required to open the store of config.keyStoreFile"
        ]
      ] as const
  ),
  ["a key store of an unsupported kind", store("other.jceks"), "config.keyStoreFile: is a JCEKS store"],
  ["a file that is not a key store", store("ca.pem"), "config.keyStoreFile: holds no readable PKCS#12 or JKS store"],
  [
    "a trust store instead of a key store",
    store("trust.jks"),
    "config.keyStoreFile: holds no key with its certificate"
  ],
  [
    "a wrong passphrase of the trust store",
    { trustStoreFile: fixture("trust.jks"), trustStorePassphrase: "wrong" },
    "config.trustStorePassphrase: does not open the store of config.trustStoreFile"
  ],
  ["a masterUrl that is not a URL", { masterUrl: "nowhere" }, 'config.masterUrl: "nowhere" is not a URL'],
  ["plain http over the network", { masterUrl: "http://example.test" }, "config.masterUrl: plain http would send"]
]

/** Wrong in a way that only the other side knows. */
const refused: ReadonlyArray<readonly [what: string, config: ConnectionConfig, words: ReadonlyArray<string>]> = [
  [
    "an authority that did not sign the server",
    { caCertData: fixtureText("other-ca.pem"), ...client },
    ["TLS connection was refused", "Check config.caCertData."]
  ],
  [
    "a private authority that is not given",
    client,
    ["config.caCertData, config.caCertFile, config.trustStoreFile, one of which"]
  ],
  [
    "a certificate of an authority that the server does not know",
    { ...certificateOf("stranger"), clientKeyData: fixtureText("stranger.key") },
    ["does not accept the credentials", "Check config.clientCertData."]
  ],
  ["a wrong token", { caCertData, oauthToken: "bad" }, ["Check config.oauthToken."]],
  ["a wrong password", { caCertData, username: "me", password: "wrong" }, ["Check config.username, config.password."]],
  ["no credentials", { caCertData }, ["the task's config, which names nobody"]]
]

const ready = Effect.map(tlsApi(), (api) => {
  api.tokens.set("good", "tokened")
  return api
})

describe("config", () => {
  it.live.each(accepted)("takes %s", ([, config, user]) =>
    Effect.gen(function* () {
      const api = yield* ready
      assert.strictEqual(yield* ask({ masterUrl: api.url, ...config }), user)
    }).pipe(Effect.scoped)
  )

  it.live.each(unreadable)("names the field that is wrong: %s", ([, config, words]) =>
    Effect.gen(function* () {
      const api = yield* ready
      assert.include(yield* refusal({ masterUrl: api.url, ...config }), words)
      assert.deepStrictEqual(api.users, [])
    }).pipe(Effect.scoped)
  )

  it.live.each(refused)("names the fields to look at: %s", ([, config, words]) =>
    Effect.gen(function* () {
      const api = yield* ready
      const message = yield* refusal({ masterUrl: api.url, ...config })
      for (const one of words) assert.include(message, one)
    }).pipe(Effect.scoped)
  )

  it.live("takes a server of another name only when told not to look", () =>
    Effect.gen(function* () {
      const api = yield* tlsApi({ certificate: "misnamed" })
      const config = { masterUrl: api.url, caCertData, ...client }
      assert.include(yield* refusal(config), "Check config.masterUrl, or config.disableHostnameVerification.")
      assert.strictEqual(yield* ask({ ...config, disableHostnameVerification: true }), "client")
      const wrongAuthority = { ...config, caCertData: fixtureText("other-ca.pem"), disableHostnameVerification: true }
      assert.include(yield* refusal(wrongAuthority), "Check config.caCertData.")
    }).pipe(Effect.scoped)
  )

  it.live("warns once for a connection of what is not checked", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const logged: Array<string> = []
      const logger = Logger.layer([Logger.make(({ message }) => logged.push(String(message)))])
      const config = {
        inherit: false,
        masterUrl: api.url,
        trustCerts: true,
        disableHostnameVerification: true,
        ...client
      }
      yield* Effect.andThen(whoAmI, whoAmI).pipe(Effect.provide(Layer.provideMerge(services({ config }), logger)))
      assert.deepStrictEqual(
        logged.map((line) => line.replace(/:.*/, "")),
        ["config.trustCerts", "config.disableHostnameVerification"]
      )
    }).pipe(Effect.scoped)
  )

  it.live("says that the server of masterUrl cannot be reached", () =>
    Effect.gen(function* () {
      const pods = yield* Pods
      const error = yield* Effect.flip(pods.get("default", "any"))
      const hinted = withConnectionHint(error, { inherit: false, masterUrl: "https://127.0.0.1:1" })
      assert.include(hinted.message, "Check config.masterUrl, the network and any proxy.")
      assert.isTrue(hinted.retryable)
    }).pipe(Effect.provide(services({ config: { inherit: false, masterUrl: "https://127.0.0.1:1" } })), Effect.scoped)
  )

  it.live("goes to kubernetes.default.svc and the namespace default when it alone counts and does not say", () =>
    Effect.gen(function* () {
      const connection = yield* KubeConnection
      assert.strictEqual(connection.server.href, "https://kubernetes.default.svc/")
      assert.strictEqual(connection.namespace, "default")
    }).pipe(Effect.provide(services({ config: { inherit: false } })))
  )

  it.live("takes up a certificate that is rotated while the connection is in use", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const path = yield* folder
      const [clientCertFile, clientKeyFile] = [join(path, "client.pem"), join(path, "client.key")]
      const put = (name: string) => {
        copyFileSync(fixture(`${name}.pem`), clientCertFile)
        copyFileSync(fixture(`${name}.key`), clientKeyFile)
      }
      put("client")
      const config = { inherit: false, masterUrl: api.url, caCertData, clientCertFile, clientKeyFile }
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* whoAmI, "client")
        // in the middle of a rotation the certificate is new and the key is not
        copyFileSync(fixture("rotated.pem"), clientCertFile)
        api.closeIdle()
        assert.strictEqual(yield* whoAmI, "client")
        put("rotated")
        api.closeIdle()
        assert.strictEqual(yield* whoAmI, "rotated")
      }).pipe(Effect.provide(services({ config })))
    }).pipe(Effect.scoped)
  )
})

describe("oauthTokenProvider", () => {
  const provider = (api: TlsApi, cache: Duration.Duration) => {
    let fetched = 0
    const fetch = Effect.sync(() => {
      fetched += 1
      const token = `token-${fetched}`
      api.tokens.set(token, token)
      return token
    })
    const config = { inherit: false, masterUrl: api.url, caCertData, oauthTokenProvider: { cache, fetch } }
    return { config, fetched: () => fetched }
  }

  it.live("is asked once for all requests of its cache's length", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const { config, fetched } = provider(api, Duration.minutes(5))
      yield* Effect.forEach([1, 2, 3, 4], () => whoAmI, { concurrency: "unbounded" }).pipe(
        Effect.provide(services({ config }))
      )
      assert.strictEqual(fetched(), 1)
    }).pipe(Effect.scoped)
  )

  it.live("is asked again when the server does not take its token any more", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const { config, fetched } = provider(api, Duration.minutes(5))
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* whoAmI, "token-1")
        api.tokens.delete("token-1")
        assert.strictEqual(yield* whoAmI, "token-2")
        assert.strictEqual(fetched(), 2)
      }).pipe(Effect.provide(services({ config })))
      assert.deepStrictEqual(
        api.users.filter((user) => user === null),
        [null]
      )
    }).pipe(Effect.scoped)
  )
})

describe("inheritance", () => {
  const kubeconfig = (path: string, api: TlsApi, user: object) => {
    const file = join(path, "kubeconfig")
    const cluster = { server: api.url, "certificate-authority-data": base64("ca.pem") }
    writeFileSync(
      file,
      JSON.stringify({
        clusters: [{ name: "one", cluster }],
        users: [{ name: "one", user }],
        contexts: [{ name: "one", context: { cluster: "one", user: "one", namespace: "team" } }],
        "current-context": "one"
      })
    )
    return file
  }
  const certificate = { "client-certificate-data": base64("client.pem"), "client-key-data": base64("client.key") }
  const through = (file: string, config: ConnectionConfig) =>
    Effect.gen(function* () {
      const { namespace } = yield* KubeConnection
      return [yield* whoAmI, namespace]
    }).pipe(Effect.provide(services({ kubeconfig: file, config })))

  it.live("adds a namespace to the kubeconfig's server, authority and user", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const file = kubeconfig(yield* folder, api, certificate)
      assert.deepStrictEqual(yield* through(file, { namespace: "jobs" }), ["client", "jobs"])
      assert.deepStrictEqual(yield* through(file, {}), ["client", "team"])
    }).pipe(Effect.scoped)
  )
  it.live("puts its own user in the place of the kubeconfig's, certificate and all", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const file = kubeconfig(yield* folder, api, certificate)
      assert.deepStrictEqual(yield* through(file, { oauthToken: "good" }), ["tokened", "team"])
    }).pipe(Effect.scoped)
  )
  it.live("puts its own authority in the place of the kubeconfig's", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const file = kubeconfig(yield* folder, api, certificate)
      const error = yield* Effect.flip(through(file, { caCertData: fixtureText("other-ca.pem") }))
      assert.strictEqual(error.reason._tag, "TlsFailure")
    }).pipe(Effect.scoped)
  )
  it.live("takes nothing with inherit: false", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const file = kubeconfig(yield* folder, api, certificate)
      const error = yield* Effect.flip(through(file, { inherit: false, masterUrl: api.url, caCertData }))
      assert.strictEqual(error.reason._tag, "Unauthorized")
    }).pipe(Effect.scoped)
  )
  it.live("extends a connection that is there", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const file = kubeconfig(yield* folder, api, certificate)
      const ambient = yield* KubeConnection.pipe(Effect.provide(KubeConnection.layer({ kubeconfig: file })))
      const own = yield* ambient.extend({ oauthToken: "good" })
      const layer = Layer.mergeAll(Pods.layer, Exec.layer).pipe(Layer.provide(Layer.succeed(KubeConnection, own)))
      assert.strictEqual(yield* whoAmI.pipe(Effect.provide(layer)), "tokened")
    }).pipe(Effect.scoped)
  )
})

describe("a proxy", () => {
  const environment = (variables: Readonly<Record<string, string>>) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        // The machine may have a proxy of its own, and exceptions.
        const none = { NO_PROXY: "", no_proxy: "", HTTPS_PROXY: "", https_proxy: "" }
        for (const [name, value] of Object.entries({ ...none, ...variables })) vi.stubEnv(name, value)
      }),
      () => Effect.sync(() => vi.unstubAllEnvs())
    )
  const inside = { inherit: false, masterUrl: "https://kubernetes.default.svc", caCertData, ...client }

  it.live("of HTTPS_PROXY is the way for requests and exec", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const proxy = yield* httpProxy(api.port)
      yield* environment({ HTTPS_PROXY: proxy.url })
      assert.strictEqual(yield* ask(inside), "client")
      assert.deepStrictEqual(proxy.asked, ["kubernetes.default.svc:443", "kubernetes.default.svc:443"])
    }).pipe(Effect.scoped)
  )
  it.live("is asked with the name and password of its URL", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const authorization = `Basic ${Buffer.from("a b:secret").toString("base64")}`
      const proxy = yield* httpProxy(api.port, { authorization })
      yield* environment({ HTTPS_PROXY: proxy.url.replace("//", "//a%20b:secret@") })
      assert.strictEqual(yield* ask(inside), "client")
      vi.stubEnv("HTTPS_PROXY", proxy.url.replace("//", "//a:wrong@"))
      const message = yield* refusal(inside)
      assert.match(message, /the proxy http:\/\/127\.0\.0\.1:\d+ of HTTPS_PROXY refused .* with status 407/)
      assert.notInclude(message, "wrong")
    }).pipe(Effect.scoped)
  )
  it.live("takes up rotated certificates as the direct way does", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const proxy = yield* httpProxy(api.port)
      const path = yield* folder
      const [clientCertFile, clientKeyFile] = [join(path, "client.pem"), join(path, "client.key")]
      const put = (name: string) => {
        copyFileSync(fixture(`${name}.pem`), clientCertFile)
        copyFileSync(fixture(`${name}.key`), clientKeyFile)
      }
      put("client")
      yield* environment({ HTTPS_PROXY: proxy.url })
      const config = { inherit: false, masterUrl: inside.masterUrl, caCertData, clientCertFile, clientKeyFile }
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* whoAmI, "client")
        put("rotated")
        api.closeIdle()
        assert.strictEqual(yield* whoAmI, "rotated")
      }).pipe(Effect.provide(services({ config })))
    }).pipe(Effect.scoped)
  )
  it.live("may itself be spoken to by TLS, checked by its own name and the machine's own authorities", () =>
    Effect.gen(function* () {
      // Neither of the two has the other's name in its certificate.
      const api = yield* tlsApi({ certificate: "misnamed" })
      const proxy = yield* httpProxy(api.port, { secure: true })
      yield* environment({ HTTPS_PROXY: proxy.url })
      const elsewhere = { ...inside, masterUrl: "https://elsewhere.test" }
      assert.include(yield* refusal(elsewhere), "of HTTPS_PROXY cannot be reached: unable to verify")
      const machine = getCACertificates("default")
      yield* Effect.acquireRelease(
        Effect.sync(() => setDefaultCACertificates([...machine, caCertData])),
        () => Effect.sync(() => setDefaultCACertificates(machine))
      )
      assert.strictEqual(yield* ask(elsewhere), "client")
    }).pipe(Effect.scoped)
  )
  it.live("that cannot be reached is named", () =>
    Effect.gen(function* () {
      yield* environment({ HTTPS_PROXY: "http://127.0.0.1:1" })
      assert.include(yield* refusal(inside), "the proxy http://127.0.0.1:1 of HTTPS_PROXY cannot be reached")
    }).pipe(Effect.scoped)
  )
  it.live("of the kubeconfig comes before that of the environment", () =>
    Effect.gen(function* () {
      const api = yield* ready
      const proxy = yield* httpProxy(api.port)
      const file = join(yield* folder, "kubeconfig")
      const cluster = {
        server: inside.masterUrl,
        "certificate-authority-data": base64("ca.pem"),
        "proxy-url": proxy.url
      }
      writeFileSync(
        file,
        JSON.stringify({
          clusters: [{ name: "one", cluster }],
          users: [],
          contexts: [{ name: "one", context: { cluster: "one" } }],
          "current-context": "one"
        })
      )
      yield* environment({ HTTPS_PROXY: "http://127.0.0.1:1" })
      assert.strictEqual(yield* whoAmI.pipe(Effect.provide(services({ kubeconfig: file, config: client }))), "client")
      assert.strictEqual(proxy.asked.length, 2)
    }).pipe(Effect.scoped)
  )
})
