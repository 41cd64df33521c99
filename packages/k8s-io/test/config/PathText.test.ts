import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
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
    "ü.pem"
  ])
    it(`takes ${path} for a path`, () => assert.isUndefined(pathProblem(path)))

  for (const [what, text] of [
    ["a kubeconfig in YAML", document],
    ["a kubeconfig in JSON", JSON.stringify({ users: [{ user: { token } }] })],
    ["a key", "-----BEGIN PRIVATE KEY-----MIIE"],
    ["base64 of a certificate", Buffer.from("-----BEGIN CERTIFICATE-----").toString("base64")],
    ["a token", token],
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
