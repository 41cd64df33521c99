/**
 * Which proxy stands before a server by the environment's HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 * Pure; the rules are those of Go's `golang.org/x/net/http/httpproxy`, by which kubectl goes, so
 * that both take the same way.
 */
import { BlockList, isIP, isIPv4 } from "node:net"

/** A proxy, and the name of the setting that says so. */
export interface ProxyRoute {
  readonly url: URL
  readonly field: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Does this host name, in small letters and with or without the brackets of IPv6, mean this
 * machine?
 */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d+){3}|::1|\[::1\])$/.test(host)

const stripBrackets = (host: string): string => host.replace(/^\[(.*)\]$/, "$1")

const inNetwork = (host: string, network: string): boolean => {
  const [address = "", prefix] = network.split("/")
  const [family, size] = isIPv4(address) ? (["ipv4", 32] as const) : (["ipv6", 128] as const)
  const length = Number(prefix)
  if (isIP(address) === 0 || isIP(host) === 0 || !Number.isInteger(length) || length < 0 || length > size) return false
  const list = new BlockList()
  list.addSubnet(address, length, family)
  return list.check(host, isIPv4(host) ? "ipv4" : "ipv6")
}

/** Does one word of NO_PROXY mean this host and port? */
const exempts = (word: string, host: string, port: string): boolean => {
  if (word === "*") return true
  if (word.includes("/")) return inNetwork(host, word)
  const ported = /^(\[.*\]|[^:]*):(\d+)$/.exec(word)
  if (ported !== null && ported[2] !== port) return false
  const name = stripBrackets(ported?.[1] ?? word)
  if (isIP(name) !== 0) return name === host
  const domain = name.replace(/^\*?\./, "")
  if (domain === "") return false
  // `.example.org` means what is below it alone, `example.org` itself as well
  return host.endsWith(`.${domain}`) || (host === domain && domain === name)
}

/** Go's rule: a variable in capitals comes first; one that is empty is not set. */
const lookup = (environment: Environment, name: string): readonly [string, string] | undefined => {
  for (const one of [name, name.toLowerCase()]) {
    const value = environment[one]?.trim()
    if (value) return [one, value]
  }
  return undefined
}

/**
 * The proxy for a server; undefined when the way is direct. Fails with the name of a variable that
 * is no proxy's URL.
 */
export const proxyFromEnvironment = (
  server: URL,
  environment: Environment
): ProxyRoute | undefined | { readonly problem: string; readonly field: string } => {
  const found = lookup(environment, server.protocol === "http:" ? "HTTP_PROXY" : "HTTPS_PROXY")
  if (found === undefined) return undefined
  const host = stripBrackets(server.hostname).toLowerCase()
  if (isLoopback(host)) return undefined
  const port = server.port || (server.protocol === "http:" ? "80" : "443")
  const words = (lookup(environment, "NO_PROXY")?.[1] ?? "").toLowerCase().split(/[\s,]+/)
  if (words.some((word) => word !== "" && exempts(word, host, port))) return undefined
  const [field, value] = found
  const text = value.includes("://") ? value : `http://${value}`
  if (!URL.canParse(text)) return { field, problem: "is not the URL of a proxy" }
  const url = new URL(text)
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return { field, problem: `"${url.protocol}//${url.host}" is not supported; http and https proxies are` }
  return { field, url }
}
