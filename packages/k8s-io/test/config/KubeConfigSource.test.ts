/** Where settings are looked for, what is taken from them, and how errors name the place. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeCredentials } from "../../src/config/Credentials.ts"
import { loadConfig } from "../../src/config/KubeConfigSource.ts"

interface Parts {
  readonly cluster?: object
  readonly user?: object | null
  readonly context?: object
  readonly current?: string
  readonly name?: string
}

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "kubeconfig-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

const write = (path: string, { cluster = {}, user = {}, context = {}, current, name = "one" }: Parts = {}) => {
  writeFileSync(
    path,
    JSON.stringify({
      clusters: [{ name, cluster: { server: "https://example.test:6443", ...cluster } }],
      users: user === null ? [] : [{ name, user }],
      contexts: [{ name, context: { cluster: name, user: name, ...context } }],
      "current-context": current ?? name
    })
  )
  return path
}

const refused = (parts: Parts, context?: string) =>
  Effect.gen(function* () {
    const kubeconfig = write(join(yield* folder, "config"), parts)
    const error = yield* Effect.flip(loadConfig({ kubeconfig, ...(context === undefined ? {} : { context }) }))
    assert.strictEqual(error.reason._tag, "Config")
    return error.message
  })

describe("loadConfig", () => {
  it.effect("says all places looked at", () =>
    Effect.gen(function* () {
      const home = yield* folder
      const { message } = yield* Effect.flip(loadConfig({ environment: {}, home }))
      for (const place of ["KUBECONFIG", join(home, ".kube", "config"), "KUBERNETES_SERVICE_HOST"])
        assert.include(message, place)
    })
  )
  it.effect("reads the list in KUBECONFIG, the first to name a thing wins, missing files are passed over", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const first = write(join(path, "first"), { context: { namespace: "team" } })
      const second = write(join(path, "second"), { name: "two", cluster: { server: "https://two.test" } })
      const third = write(join(path, "third"), { cluster: { server: "https://other.test" } })
      const environment = { KUBECONFIG: [join(path, "missing"), first, second, third].join(delimiter) }
      const one = yield* loadConfig({ environment })
      assert.strictEqual(one.server.href, "https://example.test:6443/")
      assert.strictEqual(one.namespace, "team")
      assert.strictEqual(one.source, `${[first, second, third].join(delimiter)} (KUBECONFIG), context one`)
      const two = yield* loadConfig({ environment, context: "two" })
      assert.strictEqual(two.server.hostname, "two.test")
      assert.strictEqual(two.namespace, "default")
    })
  )
  it.effect("takes the service account of the pod it runs in, when there is no kubeconfig", () =>
    Effect.gen(function* () {
      const root = yield* folder
      const account = join(root, "/var/run/secrets/kubernetes.io/serviceaccount")
      mkdirSync(account, { recursive: true })
      for (const [name, text] of Object.entries({ token: "secret\n", namespace: "team-a\n", "ca.crt": "CA" }))
        writeFileSync(join(account, name), text)
      const environment = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" }
      const request = { environment, home: root, root }
      const { namespace, server, source } = yield* loadConfig(request)
      assert.strictEqual(source, "the service account of the pod this runs in")
      assert.deepStrictEqual([server.href, namespace], ["https://[fd00::1]:6443/", "team-a"])
      const credentials = yield* makeCredentials(request)
      const { headers, tls } = yield* Effect.promise(credentials.current)
      assert.strictEqual(headers["Authorization"], "Bearer secret")
      assert.strictEqual(String(tls.ca), "CA")
    }).pipe(Effect.scoped)
  )

  it.effect("names the file that is not there", () =>
    Effect.gen(function* () {
      const missing = join(yield* folder, "missing")
      assert.include((yield* Effect.flip(loadConfig({ kubeconfig: missing }))).message, missing)
      assert.include(
        (yield* Effect.flip(loadConfig({ environment: { KUBECONFIG: missing } }))).message,
        `KUBECONFIG: none of its files exists: ${missing}`
      )
    })
  )
  it.effect("says where a file is no YAML, and of what stands there nothing", () =>
    Effect.gen(function* () {
      const kubeconfig = join(yield* folder, "config")
      writeFileSync(kubeconfig, "users:\n- name: me\n  user: { token: secret\ncontexts: []\n")
      const { message } = yield* Effect.flip(loadConfig({ kubeconfig }))
      assert.match(message, /kubeconfig: \/.*\/config cannot be used: line 4, column 1: Flow map/)
      assert.notInclude(message, "secret")
    })
  )
  it.effect("says which field of a file has the wrong kind", () =>
    Effect.gen(function* () {
      const kubeconfig = write(join(yield* folder, "config"), { user: { token: 1 } })
      const { message } = yield* Effect.flip(loadConfig({ kubeconfig }))
      assert.include(message, `${kubeconfig} cannot be used: users[0].user.token: Expected string`)
    })
  )
  it.effect.each([
    ["a context that is not there", refused({}, "nope"), 'context: there is no context "nope"; there are: one'],
    [
      "a kubeconfig given for a context, without repeating it",
      refused({}, "users:\n- token: s3cret"),
      'context: there is no context "… (22 characters)"; there are: one'
    ],
    ["a current-context that is not there", refused({ current: "old" }), 'current-context: there is no context "old"'],
    [
      "a cluster that is not there",
      refused({ context: { cluster: "x" } }),
      'contexts[one].context.cluster: there is no cluster "x"'
    ],
    [
      "a user that is not there",
      refused({ context: { user: "x" } }),
      'contexts[one].context.user: there is no user "x"'
    ],
    [
      "a server that is not a URL",
      refused({ cluster: { server: "example" } }),
      'clusters[one].cluster.server: "example" is not a URL'
    ],
    ["a server with a scheme other than http", refused({ cluster: { server: "ftp://x" } }), "neither https nor http"],
    [
      "plain http over the network",
      refused({ cluster: { server: "http://example.test" } }),
      "credentials in the clear"
    ],
    [
      "a SOCKS proxy, without its password",
      refused({ cluster: { "proxy-url": "socks5://me:pw@proxy:1080" } }),
      'clusters[one].cluster.proxy-url: "socks5://proxy:1080" is not supported'
    ]
  ] as const)("names %s", ([, attempt, expected]) =>
    Effect.map(attempt, (message) => assert.include(message, expected))
  )
})

describe("credentials", () => {
  const current = (parts: Parts) =>
    Effect.gen(function* () {
      const path = yield* folder
      writeFileSync(join(path, "ca"), "the authority")
      const credentials = yield* makeCredentials({ kubeconfig: write(join(path, "config"), parts) })
      return yield* Effect.promise(credentials.current)
    })
  it.effect("carry a token, the authority next to the file, and the name to expect", () =>
    Effect.gen(function* () {
      const one = yield* current({
        user: { token: "t\n" },
        cluster: { "certificate-authority": "ca", "tls-server-name": "inner" }
      })
      assert.deepStrictEqual(one.headers, { Authorization: "Bearer t" })
      assert.strictEqual(String(one.tls.ca), "the authority")
      assert.strictEqual(one.tls.servername, "inner")
    })
  )
  it.effect("carry who is to be impersonated: user, uid and a group", () =>
    Effect.gen(function* () {
      const user = { token: "t", as: "her", "as-uid": "7", "as-groups": ["team"] }
      const { headers } = yield* current({ user })
      assert.deepStrictEqual(headers, {
        Authorization: "Bearer t",
        "Impersonate-User": "her",
        "Impersonate-Uid": "7",
        "Impersonate-Group": "team"
      })
    })
  )
  it.effect.each([
    [{ as: "her", "as-groups": ["a", "b"] }, /users\[one\]\.user\.as-groups: 2 groups .*only one/],
    [{ as: "her", "as-user-extra": { scopes: ["view"] } }, /users\[one\]\.user\.as-user-extra: .*Leave them out/],
    [{ "as-groups": ["a"] }, /users\[one\]\.user\.as: .* need a user to impersonate/],
    [{ "as-uid": "7" }, /users\[one\]\.user\.as: .* need a user to impersonate/]
  ] as const)("are not another's than asked for: %j", ([user, message]) =>
    Effect.map(refused({ user }), (said) => assert.match(said, message))
  )
  it.effect("carry name and password", () =>
    Effect.gen(function* () {
      const one = yield* current({ user: { username: "me", password: "pw" } })
      assert.deepStrictEqual(one.headers, { Authorization: `Basic ${Buffer.from("me:pw").toString("base64")}` })
    })
  )
  it.effect("keep the authority without any user, and skip verification when told to", () =>
    Effect.gen(function* () {
      const one = yield* current({
        user: null,
        context: { user: "" },
        cluster: { "certificate-authority": "ca", "insecure-skip-tls-verify": true }
      })
      assert.strictEqual(String(one.tls.ca), "the authority")
      assert.strictEqual(one.tls.rejectUnauthorized, false)
    })
  )
  it.effect("ask a plugin once for all who wait", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const plugin = join(path, "plugin.mjs")
      writeFileSync(
        plugin,
        `import { appendFileSync } from "node:fs"\nappendFileSync(${JSON.stringify(join(path, "runs"))}, "x")\n` +
          `console.log(JSON.stringify({ status: { token: "from-plugin", expirationTimestamp: "2000-01-01T00:00:00Z" } }))`
      )
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [plugin] }
      const credentials = yield* makeCredentials({ kubeconfig: write(join(path, "config"), { user: { exec } }) })
      const all = yield* Effect.promise(() => Promise.all([1, 2, 3].map(() => credentials.current())))
      assert.deepStrictEqual(
        all.map(({ headers: { Authorization } }) => Authorization),
        Array.from({ length: 3 }, () => "Bearer from-plugin")
      )
      assert.strictEqual(readFileSync(join(path, "runs"), "utf8"), "x")
    })
  )
  it.effect("tell a plugin in KUBERNETES_EXEC_INFO what client-go tells it", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const plugin = join(path, "plugin.mjs")
      writeFileSync(
        plugin,
        `console.log(JSON.stringify({ status: { token: Buffer.from(process.env.KUBERNETES_EXEC_INFO).toString("base64url") } }))`
      )
      const exec = {
        apiVersion: "client.authentication.k8s.io/v1",
        command: process.execPath,
        args: [plugin],
        provideClusterInfo: true
      }
      const cluster = { "certificate-authority-data": "Q0E=", "tls-server-name": "inner" }
      const credentials = yield* makeCredentials({
        kubeconfig: write(join(path, "config"), { user: { exec }, cluster })
      })
      const { headers } = yield* Effect.promise(credentials.current)
      const told = Buffer.from((headers["Authorization"] ?? "").replace("Bearer ", ""), "base64url").toString()
      assert.deepStrictEqual(JSON.parse(told), {
        kind: "ExecCredential",
        apiVersion: "client.authentication.k8s.io/v1",
        spec: {
          interactive: false,
          cluster: {
            server: "https://example.test:6443",
            "tls-server-name": "inner",
            "certificate-authority-data": "Q0E="
          }
        }
      })
    })
  )
  it.effect("take a token file's new content", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const tokenFile = join(path, "token")
      writeFileSync(tokenFile, "first\n")
      const credentials = yield* makeCredentials({ kubeconfig: write(join(path, "config"), { user: { tokenFile } }) })
      const authorization = Effect.map(Effect.promise(credentials.current), ({ headers }) => headers["Authorization"])
      assert.strictEqual(yield* authorization, "Bearer first")
      writeFileSync(tokenFile, "second\n")
      yield* credentials.reload
      assert.strictEqual(yield* authorization, "Bearer second")
    })
  )
})
