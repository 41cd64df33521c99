/** What is taken from a kubeconfig, and how what cannot be read is told. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { type KubeConfigDocument, mergeKeepingFirst, readKubeConfig } from "../../src/config/KubeConfigDocument.ts"

const nothing: KubeConfigDocument = { clusters: [], users: [], contexts: [], currentContext: "" }

const read = (value: unknown) => readKubeConfig(value, "/home/me/.kube")

describe("readKubeConfig", () => {
  const cluster = (fields: object) => ({ clusters: [{ name: "c", cluster: { server: "https://a", ...fields } }] })
  const user = (fields: object | null) => ({ users: [{ name: "u", user: fields }] })
  const exec = (fields: object) => user({ exec: { command: "aws", ...fields } })
  const bare = { name: "c", server: "https://a", skipTLSVerify: false }

  const cases: ReadonlyArray<readonly [string, unknown, Partial<KubeConfigDocument>]> = [
    ["an empty file", null, {}],
    ["empty lists, as kubectl writes them", { clusters: null, users: null, contexts: [], "current-context": "" }, {}],
    ["a slash behind the server", cluster({ server: "https://a/" }), { clusters: [bare] }],
    ["a cluster without fields", { clusters: [{ name: "c", cluster: null }] }, { clusters: [{ ...bare, server: "" }] }],
    [
      "a cluster's fields, and none that a connection does not need",
      cluster({
        "certificate-authority": "ca.crt",
        "insecure-skip-tls-verify": true,
        "tls-server-name": "inner",
        "proxy-url": "http://proxy",
        "disable-compression": true,
        extensions: [{ name: "minikube", extension: { version: "1" } }]
      }),
      {
        clusters: [
          {
            ...bare,
            skipTLSVerify: true,
            caFile: "/home/me/.kube/ca.crt",
            tlsServerName: "inner",
            proxyUrl: "http://proxy"
          }
        ]
      }
    ],
    [
      "data before a file, and a file where the data is empty",
      {
        ...cluster({ "certificate-authority-data": "Q0E=", "certificate-authority": "ca" }),
        ...user({
          "client-certificate-data": "",
          "client-certificate": "/c",
          "client-key-data": "S0VZ",
          "client-key": "k"
        })
      },
      {
        clusters: [{ ...bare, caData: "Q0E=" }],
        users: [{ name: "u", certFile: "/c", keyData: "S0VZ" }]
      }
    ],
    ["a user without fields", user(null), { users: [{ name: "u" }] }],
    [
      "every field of a user's credentials",
      user({
        token: "t",
        tokenFile: "../token",
        username: "me",
        password: "pw",
        as: "her",
        "as-uid": "7",
        "as-groups": ["team"],
        "as-user-extra": { scopes: ["view"] }
      }),
      {
        users: [
          {
            name: "u",
            token: "t",
            tokenFile: "/home/me/token",
            username: "me",
            password: "pw",
            impersonateUser: "her",
            impersonateUid: "7",
            impersonateGroups: ["team"],
            impersonateExtra: { scopes: ["view"] }
          }
        ]
      }
    ],
    [
      "a plugin of the PATH",
      exec({
        apiVersion: "client.authentication.k8s.io/v1",
        args: ["eks"],
        env: [{ name: "A", value: "" }],
        interactiveMode: "IfAvailable",
        provideClusterInfo: false
      }),
      {
        users: [
          {
            name: "u",
            exec: {
              command: "aws",
              apiVersion: "client.authentication.k8s.io/v1",
              args: ["eks"],
              env: [{ name: "A", value: "" }],
              provideClusterInfo: false
            }
          }
        ]
      }
    ],
    [
      "a plugin beside the file",
      exec({ command: "./bin/plugin", args: null, env: null }),
      { users: [{ name: "u", exec: { command: "/home/me/.kube/bin/plugin" } }] }
    ],
    [
      "an auth provider as it is",
      user({ "auth-provider": { name: "oidc", config: { "id-token": "i" } } }),
      { users: [{ name: "u", authProvider: { name: "oidc", config: { "id-token": "i" } } }] }
    ],
    [
      "contexts",
      {
        contexts: [
          { name: "one", context: { cluster: "c", user: "u", namespace: "team" } },
          { name: "two", context: { cluster: "c", namespace: "" } },
          { name: "three", context: null }
        ],
        "current-context": "two"
      },
      {
        contexts: [
          { name: "one", cluster: "c", user: "u", namespace: "team" },
          { name: "two", cluster: "c", user: "" },
          { name: "three", cluster: "", user: "" }
        ],
        currentContext: "two"
      }
    ]
  ]
  for (const [what, value, expected] of cases)
    it(`takes ${what}`, () => assert.deepStrictEqual(read(value), Result.succeed({ ...nothing, ...expected })))

  const refused: ReadonlyArray<readonly [string, unknown, RegExp]> = [
    ["text instead of an object", "no kubeconfig", /^Expected object/],
    ["a list for an object", { clusters: {} }, /^clusters: Expected array/],
    ["a nameless user", { users: [{ user: {} }] }, /^users\[0\]\.name: Missing key/],
    ["a number for a token", user({ token: 1 }), /^users\[0\]\.user\.token: Expected string/],
    ["a text for a flag", cluster({ "insecure-skip-tls-verify": "yes" }), /insecure-skip-tls-verify: Expected boolean/],
    ["a plugin without a command", user({ exec: { args: [] } }), /^users\[0\]\.user\.exec\.command: Missing key/]
  ]
  for (const [what, value, message] of refused)
    it(`refuses ${what} and says where`, () => {
      const result = read(value)
      assert.match(Result.isFailure(result) ? result.failure : "", message)
    })
})

describe("mergeKeepingFirst", () => {
  it("takes of the next file what the first does not name", () => {
    const first: KubeConfigDocument = { ...nothing, users: [{ name: "a", token: "1" }], currentContext: "" }
    const next: KubeConfigDocument = {
      ...nothing,
      users: [
        { name: "a", token: "2" },
        { name: "b", token: "3" }
      ],
      currentContext: "x"
    }
    assert.deepStrictEqual(mergeKeepingFirst(first, next), {
      ...nothing,
      users: [
        { name: "a", token: "1" },
        { name: "b", token: "3" }
      ],
      currentContext: "x"
    })
    assert.strictEqual(mergeKeepingFirst(next, { ...first, currentContext: "y" }).currentContext, "x")
  })
})
