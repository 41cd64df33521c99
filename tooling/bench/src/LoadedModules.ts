/**
 * What a program loads: how many modules of which package, as a hook of Node's own loader sees it.
 */
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** Modules by package, the workspace's own as `@podwright/…`; Node's own are not counted. */
export type LoadedModules = ReadonlyMap<string, number>

const HOOK = pathToFileURL(join(import.meta.dirname, "LoadHook.ts")).href

/** Packages that take long to load, or much memory, and that a command must have a reason for. */
export const HEAVY = [
  "@kubernetes/client-node",
  "@redis/client",
  "undici",
  "ws",
  "jq-web",
  "temporal-polyfill",
  "re2js",
  "yaml",
  "node-forge",
  "jks-js",
  "selfsigned",
  "rfc6902",
  "@podwright/local-cluster",
  "@podwright/k8s-io",
  "@podwright/runner"
] as const

/** The package that a module's URL belongs to; undefined of Node's own and of what is preloaded. */
export const packageOf = (url: string): string | undefined => {
  if (!url.startsWith("file:") || url === HOOK) return undefined
  const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? []
  if (installed !== undefined) return installed
  const [, own] = /\/(?:packages|apps)\/([^/]+)\//.exec(url) ?? []
  return own === undefined ? undefined : `@podwright/${own}`
}

/** Runs `node ARGS` to its end, however it ends. */
export const loadedModules = async (args: ReadonlyArray<string>): Promise<LoadedModules> => {
  const folder = await mkdtemp(join(tmpdir(), "podwright-loaded-"))
  try {
    const list = join(folder, "modules")
    const env = { ...process.env, PODWRIGHT_BENCH_LOADED: list }
    // Whether it succeeds is not asked here: a program that is refused has loaded what it was
    // refused with.
    await new Promise<void>((resolve) => {
      execFile(process.execPath, ["--import", HOOK, ...args], { cwd: folder, env }, () => resolve())
    })
    const counts = new Map<string, number>()
    for (const url of (await readFile(list, "utf8")).split("\n")) {
      const name = packageOf(url)
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  } finally {
    await rm(folder, { recursive: true })
  }
}

export const countModules = (loaded: LoadedModules): number =>
  [...loaded.values()].reduce((all, count) => all + count, 0)

/** The heavy ones among them. */
export const heavyModules = (loaded: LoadedModules): ReadonlyArray<string> => HEAVY.filter((name) => loaded.has(name))
