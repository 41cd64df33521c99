/** Which way a server is reached, by the rules of Go's httpproxy. */
import { assert, describe, it } from "@effect/vitest"
import { proxyFromEnvironment } from "../../src/config/ProxyRoute.ts"

const way = (server: string, environment: Readonly<Record<string, string>>): string => {
  const route = proxyFromEnvironment(new URL(server), environment)
  if (route === undefined) return "direct"
  return "problem" in route ? `${route.field} ${route.problem}` : `${route.field} ${route.url.href}`
}

const exempt = (NO_PROXY: string, server: string) => way(server, { HTTPS_PROXY: "http://p:1", NO_PROXY }) === "direct"

describe("proxyFromEnvironment", () => {
  it.each([
    ["https://k8s.test", {}, "direct"],
    ["https://k8s.test", { HTTPS_PROXY: "http://p:1" }, "HTTPS_PROXY http://p:1/"],
    ["https://k8s.test", { https_proxy: "https://p:1" }, "https_proxy https://p:1/"],
    ["https://k8s.test", { HTTPS_PROXY: "", https_proxy: "http://p:1" }, "https_proxy http://p:1/"],
    ["https://k8s.test", { HTTPS_PROXY: "http://a:1", https_proxy: "http://b:1" }, "HTTPS_PROXY http://a:1/"],
    ["https://k8s.test", { HTTPS_PROXY: "p:3128" }, "HTTPS_PROXY http://p:3128/"],
    ["https://k8s.test", { HTTP_PROXY: "http://p:1" }, "direct"],
    ["http://k8s.test", { HTTP_PROXY: "http://p:1" }, "HTTP_PROXY http://p:1/"],
    ["https://localhost:6443", { HTTPS_PROXY: "http://p:1" }, "direct"],
    ["https://127.1.2.3:6443", { HTTPS_PROXY: "http://p:1" }, "direct"],
    ["https://[::1]:6443", { HTTPS_PROXY: "http://p:1" }, "direct"],
    ["https://k8s.test", { HTTPS_PROXY: "http://" }, "HTTPS_PROXY is not the URL of a proxy"],
    [
      "https://k8s.test",
      { HTTPS_PROXY: "socks5://me:secret@p:1" },
      'HTTPS_PROXY "socks5://p:1" is not supported; http and https proxies are'
    ]
  ] as const)("%s with %j: %s", (server, environment, expected) => {
    assert.strictEqual(way(server, environment), expected)
  })

  it.each([
    ["*", "https://k8s.test", true],
    ["k8s.test", "https://k8s.test", true],
    ["K8S.test", "https://k8s.TEST:6443", true],
    ["k8s.test", "https://a.k8s.test", true],
    ["k8s.test", "https://ak8s.test", false],
    [".k8s.test", "https://a.k8s.test", true],
    [".k8s.test", "https://k8s.test", false],
    ["*.k8s.test", "https://a.k8s.test", true],
    ["k8s.test:6443", "https://k8s.test:6443", true],
    ["k8s.test:6443", "https://k8s.test", false],
    ["k8s.test:443", "https://k8s.test", true],
    ["10.0.0.0/8", "https://10.1.2.3", true],
    ["10.0.0.0/8", "https://11.1.2.3", false],
    ["10.0.0.0/8", "https://ten.test", false],
    ["10.0.0.0/99", "https://10.1.2.3", false],
    ["10.1.2.3", "https://10.1.2.3:6443", true],
    ["10.1.2.3:443", "https://10.1.2.3:6443", false],
    ["fd00::/8", "https://[fd00::1]", true],
    ["fd00::1", "https://[fd00::1]:6443", true],
    ["[fd00::1]:6443", "https://[fd00::1]:6443", true],
    ["a.test, k8s.test", "https://k8s.test", true],
    ["a.test,,", "https://k8s.test", false],
    ["", "https://k8s.test", false]
  ] as const)("NO_PROXY=%s for %s: %s", (words, server, expected) => {
    assert.strictEqual(exempt(words, server), expected)
  })
})
