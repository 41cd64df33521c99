/**
 * Invalid values in a task file's connection, on a real API server: the error names the field, and
 * an error that needs no server is reported before any request.
 */
import { assert, describe, it } from "@effect/vitest"
import {
  base64,
  client,
  elsewhere,
  type Fields,
  material,
  prepareConnections,
  trusting,
  withKey,
  withToken
} from "../src/clusters/ConnectionFixture.ts"
import { PASSPHRASE } from "../src/clusters/ConnectionMaterial.ts"

prepareConnections()

describe.concurrent("a wrong value names its field:", () => {
  const store = { keyStoreFile: "client.jks", keyStorePassphrase: PASSPHRASE }
  const trust = { trustStoreFile: "trust.jks", trustStorePassphrase: PASSPHRASE }
  /** Exit code 2: reported before the server is asked anything. */
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
      /config\.clientKeyPassphrase: is required: the key of config\.clientKeyFile is encrypted/
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
      /config\.oauthTokenProvider\.output: there is no 'token' in 'json', which is empty; the task gave stdout, exitCode, json/
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
