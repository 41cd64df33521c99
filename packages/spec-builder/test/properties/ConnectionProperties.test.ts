/** What `config` may hold, and what is said about what it may not. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import { CONNECTION_FILES, ConnectionProperties } from "../../src/properties/ConnectionProperties.ts"
import { decodeRunnerProperties } from "../../src/properties/RunnerDecoding.ts"

const decoded = (config: unknown) => Result.getOrThrow(decodeRunnerProperties({ config })).config

const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"

describe("config", () => {
  it("knows every field of the reference, and inherit", () => {
    assert.deepStrictEqual(Object.keys(ConnectionProperties.fields), [
      "apiVersion",
      "caCertData",
      "caCertFile",
      "clientCertData",
      "clientCertFile",
      "clientKeyAlgo",
      "clientKeyData",
      "clientKeyFile",
      "clientKeyPassphrase",
      "disableHostnameVerification",
      "inherit",
      "keyStoreFile",
      "keyStorePassphrase",
      "masterUrl",
      "namespace",
      "oauthToken",
      "oauthTokenProvider",
      "password",
      "trustCerts",
      "trustStoreFile",
      "trustStorePassphrase",
      "username"
    ])
    assert.deepStrictEqual(
      Object.keys(ConnectionProperties.fields).filter((name) => name.endsWith("File")),
      [...CONNECTION_FILES]
    )
  })

  it("defaults to what is inherited, verified", () => {
    assert.deepStrictEqual(decoded({}), { disableHostnameVerification: false, inherit: true, trustCerts: false })
  })

  it("takes booleans and numbers as templates and YAML give them", () => {
    const config = decoded({ inherit: "false", trustCerts: "true", username: "me", password: 1234 })
    assert.include(config, { inherit: false, trustCerts: true, password: "1234" })
  })

  it("takes PEM, and base64 in one line or many", () => {
    const base64 = Buffer.from(PEM).toString("base64")
    for (const caCertData of [PEM, base64, base64.replace(/.{8}/g, "$&\n  ")])
      assert.strictEqual(decoded({ caCertData })?.caCertData, caCertData)
  })

  it("gives a token's provider the reference's cache of five minutes, and takes none", () => {
    const provider = { task: { commands: ["print-token"] }, output: "{{ stdout }}" }
    const cache = (oauthTokenProvider: object) => decoded({ oauthTokenProvider })?.oauthTokenProvider?.cache
    assert.deepStrictEqual(cache(provider), Duration.minutes(5))
    assert.deepStrictEqual(cache({ ...provider, cache: "PT0S" }), Duration.zero)
  })

  it.each([
    [{ masterURL: "https://x" }, "config.masterURL: unknown property 'masterURL'; did you mean 'masterUrl'?"],
    [{ masterUrl: "10.0.0.1" }, "config.masterUrl: expected the URL of an API server such as"],
    [{ masterUrl: "ftp://me:secret@x" }, "not 'ftp://x'"],
    [{ apiVersion: "v2" }, 'config.apiVersion: Expected "v1"'],
    [{ caCertData: "a-file.pem" }, "config.caCertData: expected PEM"],
    [{ clientKeyAlgo: "DSA" }, 'config.clientKeyAlgo: Expected "RSA" | "EC"'],
    [{ trustCerts: "yes" }, "config.trustCerts: Expected"],
    [{ namespace: "" }, "config.namespace: expected the name of a namespace"],
    [{ namespace: "No Name" }, "config.namespace: expected the name of a namespace"],
    [{ caCertFile: "" }, "config.caCertFile: expected the path of a file"],
    [{ oauthToken: "two words" }, "config.oauthToken: expected a token without white space"],
    [{ username: "a:b", password: "x" }, "config.username: expected a name without a colon"],
    [{ caCertData: PEM, caCertFile: "x" }, "config.caCertFile: contradicts caCertData; give only one of them"],
    [{ clientCertData: PEM }, "config.clientCertData: needs clientKeyData or clientKeyFile"],
    [{ clientKeyFile: "x" }, "config.clientKeyFile: needs clientCertData or clientCertFile"],
    [{ clientKeyPassphrase: "x" }, "config.clientKeyPassphrase: needs clientKeyData or clientKeyFile"],
    [{ keyStorePassphrase: "x" }, "config.keyStorePassphrase: needs keyStoreFile"],
    [{ trustStorePassphrase: "x" }, "config.trustStorePassphrase: needs trustStoreFile"],
    [{ keyStoreFile: "x", clientCertFile: "y", clientKeyFile: "z" }, "config.clientCertFile: contradicts keyStoreFile"],
    [{ username: "me" }, "config.username: needs password"],
    [{ oauthToken: "t", username: "me", password: "x" }, "config.username: contradicts oauthToken"],
    [{ oauthTokenProvider: { output: "x" } }, "config.oauthTokenProvider.task: Missing key"],
    [
      { oauthTokenProvider: { task: {}, output: "x" } },
      "config.oauthTokenProvider.task: expected either commands or uri"
    ],
    [
      { oauthTokenProvider: { task: { comands: ["x"] }, output: "x" } },
      "config.oauthTokenProvider.task.comands: unknown property 'comands'; did you mean 'commands'?"
    ],
    [
      { oauthTokenProvider: { task: { commands: ["x"], method: "GET" }, output: "x" } },
      "config.oauthTokenProvider.task.method: cannot be used together with commands"
    ],
    [
      {
        oauthTokenProvider: {
          task: { commands: ["x"], type: "io.kestra.plugin.core.http.Request" },
          output: "x"
        }
      },
      "config.oauthTokenProvider.task.type: a task of this type needs uri, not commands"
    ]
  ])("refuses %j", (config, expected) => {
    const { message } = Result.getOrThrow(Result.flip(decodeRunnerProperties({ config })))
    assert.include(message, expected)
  })
})
