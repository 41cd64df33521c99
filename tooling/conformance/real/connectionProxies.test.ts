/**
 * Proxies between a run and a real API server: of the environment and of the kubeconfig, spoken to
 * with and without TLS. The server goes by a name that only the proxy can lead anywhere:
 * kubernetes.default.svc, which is also where a run looks for its server when nobody says where
 * that is.
 */
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { clusterFromEnvironment, LIMITED_NAMESPACE } from "../src/clusters/Cluster.ts"
import { type ConnectProxy, connectProxy, type Identity } from "../src/clusters/ClusterFronts.ts"
import { ConnectionMaterial } from "../src/clusters/ConnectionMaterial.ts"

const cluster = clusterFromEnvironment()
const SERVER = "kubernetes.default.svc:443"
const ACCOUNT = "me:secret word"

let material: ConnectionMaterial
let port: number
let identity: Identity

beforeAll(async () => {
  material = await ConnectionMaterial.make(cluster)
  port = Number(new URL(material.server).port)
  identity = await material.mintServer("proxy")
  return () => material.remove()
})

/** Proxies of a test's own, so that what they were asked is its alone. */
const withProxy = async (secure: boolean, test: (proxy: ConnectProxy, url: string) => Promise<void>) => {
  const proxy = await connectProxy(port, secure ? { identity, account: ACCOUNT } : {})
  const account = ACCOUNT.split(":").map(encodeURIComponent).join(":")
  const url = secure ? `https://${account}@127.0.0.1:${proxy.port}` : `http://127.0.0.1:${proxy.port}`
  await test(proxy, url).finally(proxy.stop)
}

/** Every variable, so that those of the surroundings play no part. */
const environment = (variables: Readonly<Record<string, string>>) => ({
  HTTPS_PROXY: "",
  https_proxy: "",
  NO_PROXY: "",
  no_proxy: "",
  NODE_EXTRA_CA_CERTS: material.path("proxy.pem"),
  ...variables
})

/** Says who we are and whom to trust, and not where the server is. */
const fields = () => ({
  inherit: false,
  namespace: LIMITED_NAMESPACE,
  caCertFile: "authority.pem",
  oauthToken: material.token
})

describe.concurrent("a run goes, with requests and exec,", () => {
  const run = async (variables: Readonly<Record<string, string>>) =>
    material.runFile(await material.taskFile(fields()), "/nowhere/kubeconfig", environment(variables))

  const works: ReadonlyArray<readonly [string, boolean, (url: string) => Readonly<Record<string, string>>]> = [
    ["HTTPS_PROXY", false, (url) => ({ HTTPS_PROXY: url })],
    ["https_proxy without a scheme", false, (url) => ({ https_proxy: url.replace("http://", "") })],
    ["HTTPS_PROXY with TLS, name and password", true, (url) => ({ HTTPS_PROXY: url })]
  ]
  it.each(works)("through %s", (_, secure, variables) =>
    withProxy(secure, async ({ asked }, url) => {
      const { code, stderr, stdout } = await run(variables(url))
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stdout, "it-runs\n")
      assert.deepStrictEqual([...new Set(asked)], [SERVER])
      // The exec and at least one request have connections of their own.
      assert.isAbove(asked.length, 1)
    })
  )

  it("past it by NO_PROXY", () =>
    withProxy(false, async ({ asked }, url) => {
      const { code, stderr } = await run({ HTTPS_PROXY: url, NO_PROXY: ".default.svc" })
      // No name of this machine.
      assert.strictEqual(code, 125)
      assert.match(stderr, /kubernetes\.default\.svc.*(ENOTFOUND|EAI_AGAIN)/)
      assert.deepStrictEqual(asked, [])
    }))

  it("through the kubeconfig's proxy-url, whatever the environment has", () =>
    withProxy(false, async ({ asked }, url) => {
      const about = { server: `https://${SERVER}`, "proxy-url": url }
      const kubeconfig = await material.kubeconfig({ token: material.token }, about)
      const variables = environment({ HTTPS_PROXY: "http://127.0.0.1:9" })
      const { code, stderr } = await material.runFile(await material.taskFile(undefined), kubeconfig, variables)
      assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual([...new Set(asked)], [SERVER])
    }))

  const fails: ReadonlyArray<readonly [string, (url: string) => string, RegExp]> = [
    [
      "is not there",
      () => "http://127.0.0.1:9",
      /the proxy http:\/\/127\.0\.0\.1:9 of HTTPS_PROXY cannot be reached.*Check config\.masterUrl, the network and any proxy/
    ],
    [
      "wants another password",
      (url) => url.replace(/secret.*@/, "wrong@"),
      /of HTTPS_PROXY refused to connect to kubernetes\.default\.svc:443 with status 407/
    ],
    ["is of an unknown kind", () => "socks5://127.0.0.1:1", /HTTPS_PROXY: "socks5:.*is not supported/]
  ]
  it.each(fails)("nowhere when the proxy %s", (_, proxyUrl, words) =>
    withProxy(true, async (_proxy, url) => {
      const { code, stderr } = await run({ HTTPS_PROXY: proxyUrl(url) })
      assert.match(stderr, words)
      assert.strictEqual(code, 125, stderr)
      assert.notInclude(stderr, "wrong@")
    })
  )
})
