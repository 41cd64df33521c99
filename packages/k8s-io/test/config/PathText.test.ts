import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { credentialError, makeCredentials } from "../../src/config/Credentials.ts"
import { loadConfig } from "../../src/config/KubeConfigSource.ts"
import { pathProblem } from "../../src/config/PathText.ts"

const token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
const document = `apiVersion: v1\nusers:\n- name: a\n  user: { token: ${token} }\n`

describe("pathProblem", () => {
  for (const path of [
    "config",
    "/home/a b/.kube/config",
    "./eyes.yaml",
    "C:\\Users\\a\\config",
    "certs/tls.key",
    "ü.pem",
    "/tmp/0d6be69b264717f2dd33652e212b173104b4a647b7c11ae72e9885f11cd312fb"
  ])
    it(`takes ${path} for a path`, () => assert.isUndefined(pathProblem(path)))

  for (const [what, text] of [
    ["a kubeconfig in YAML", document],
    ["a kubeconfig in JSON", JSON.stringify({ users: [{ user: { token } }] })],
    ["a key", "-----BEGIN PRIVATE KEY-----MIIE"],
    ["base64 of a certificate", Buffer.from("-----BEGIN CERTIFICATE-----").toString("base64")],
    ["a token", token],
    ["base64 of a certificate in a folder", `/etc/${Buffer.from("-----BEGIN CERTIFICATE-----").toString("base64")}`],
    ["a token without dots", "xoQ7Rr0cGmTnB4wYkP2LsD9fVhJ6uEaZ1iXt8KqN5b"],
    ["a token in a folder", `/etc/${token}`],
    ["a text longer than any path", "a".repeat(5000)]
  ] as const)
    it(`refuses ${what} without repeating it`, () => {
      const problem = pathProblem(text) ?? ""
      assert.match(problem, /^expected the path of a file, not its content/)
      assert.notInclude(problem, text.slice(0, 12))
    })
})

describe("a kubeconfig given as text", () => {
  for (const [where, request] of [
    ["as the option", { kubeconfig: document, environment: {} }],
    ["in KUBECONFIG", { environment: { KUBECONFIG: document } }]
  ] as const)
    it.effect(`${where} is refused in one line without its token`, () =>
      Effect.gen(function* () {
        const { message } = yield* Effect.flip(loadConfig(request))
        assert.notInclude(message, token)
        assert.notInclude(message, "\n")
        assert.include(message, "not its content")
      })
    )
})

/** Stands for everything that no message may repeat. */
const MARKER = "sEcReT7mArKeR"
const secretToken = `eyJhbGciOiJSUzI1NiJ9.${MARKER}.c2ln`

const contents: Readonly<Record<string, string>> = {
  "a certificate": `-----BEGIN CERTIFICATE-----\n${MARKER}\n`,
  "base64 of one": `LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0t${MARKER}`,
  "a token": secretToken,
  "an opaque token": `${MARKER}0123456789${MARKER}abcdefghij`,
  JSON: JSON.stringify({ token: MARKER })
}

const kubeconfig = (cluster: object, user: object) =>
  JSON.stringify({
    clusters: [{ name: "c", cluster: { server: "https://k:6443", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c"
  })

/** What loading this kubeconfig and asking for everything in it says when it fails. */
const failureOf = (text: string) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "kubeconfig-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true }))
    )
    const path = join(folder, "config")
    writeFileSync(path, text)
    const credentials = yield* makeCredentials({ kubeconfig: path, environment: {} })
    for (const question of [credentials.headers, credentials.tls] as ReadonlyArray<() => Promise<unknown>>)
      yield* Effect.tryPromise({ try: question, catch: (cause) => credentialError(credentials.loaded, cause) })
    return undefined
  }).pipe(
    Effect.scoped,
    Effect.catch(({ message }) => Effect.succeed(message))
  )

describe("the content of a file where a kubeconfig wants its path", () => {
  for (const [what, text] of Object.entries(contents))
    for (const [field, cluster, user] of [
      ["certificate-authority", { "certificate-authority": text }, {}],
      ["client-certificate", {}, { "client-certificate": text }],
      ["client-key", {}, { "client-key": text }],
      ["tokenFile", {}, { tokenFile: text }]
    ] as const)
      it.effect(`${what} as ${field} is not repeated`, () =>
        Effect.gen(function* () {
          const message = yield* failureOf(kubeconfig(cluster, user))
          assert.include(message ?? "", `${field}: expected the path of a file, not its content`)
          assert.notInclude(message ?? "", MARKER)
          assert.notInclude(message ?? "", "\n")
        })
      )

  it.effect("a path that does not exist is named, with its field", () =>
    Effect.gen(function* () {
      const message = yield* failureOf(kubeconfig({ "certificate-authority": "/nowhere/ca.pem" }, {}))
      assert.include(message ?? "", "clusters[c].cluster.certificate-authority: cannot be read: ENOENT")
      assert.include(message ?? "", "/nowhere/ca.pem")
    })
  )
})

describe("a credential of a kubeconfig that has another type", () => {
  for (const field of ["token", "password", "username", "client-key-data", "client-certificate-data", "exec", "as"])
    for (const value of [{ key: MARKER }, [MARKER], { command: [MARKER], env: MARKER }])
      it.effect(`${field} as ${JSON.stringify(value).slice(0, 9)} is not repeated`, () =>
        Effect.gen(function* () {
          const message = yield* failureOf(kubeconfig({}, { [field]: value }))
          assert.include(message ?? "", "cannot be used")
          assert.notInclude(message ?? "", MARKER)
          assert.isBelow((message ?? "").length, 2000)
        })
      )
})
