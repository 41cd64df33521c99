/**
 * The program as one file and a few that load when needed, of what `tsc` has built: Node takes longer to find and read 400
 * modules than to do what a command asks for. What commands seldom need, or brings files of its own, stays a package; so does
 * undici, whose names a bundler cannot tell.
 */
import { readdirSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { join } from "node:path"
import { defineConfig, type Plugin, type RolldownOptions } from "rolldown"
import manifest from "./package.json" with { type: "json" }

/** Dependencies for the bundle's sake: what it does not take in must be found from here. */
export const PACKAGES = [
  "@kubernetes/client-node",
  "jks-js",
  "jq-web",
  "node-forge",
  "rfc6902",
  "selfsigned",
  "undici"
] as const satisfies ReadonlyArray<keyof typeof manifest.dependencies>

const packageRoot = (id: string): string | undefined => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0]

/** The licences of what is taken in ask to be handed on with it. */
const licences: Plugin = {
  name: "licences",
  generateBundle(_options, bundle) {
    const roots = new Set(
      Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds.map(packageRoot) : []))
    )
    const texts = [...roots].flatMap((root) => {
      if (root === undefined) return []
      const file = readdirSync(root).find((name) => /^licen[cs]e/i.test(name))
      if (file === undefined) this.error(`${root} has no licence to hand on`)
      return [`${root.replace(/^.*\/node_modules\//, "")}\n\n${readFileSync(join(root, file), "utf8").trim()}\n`]
    })
    this.emitFile({ type: "asset", fileName: "LICENCES.txt", source: texts.toSorted().join(`\n${"-".repeat(80)}\n\n`) })
  }
}

/** `source`: of the TypeScript as it stands, without a build. */
export const bundle = ({ source = false } = {}): RolldownOptions => ({
  cwd: import.meta.dirname,
  input: { podwright: source ? "src/main.ts" : "dist/main.js" },
  platform: "node",
  external: (id) => isBuiltin(id) || PACKAGES.some((name) => id === name || id.startsWith(`${name}/`)),
  resolve: source ? { conditionNames: ["@podwright/source", "node", "import", "default"] } : {},
  // What cannot be resolved would be left out, and missed by whoever needs it first.
  onLog: (level, log, pass) => pass(log.code === "UNRESOLVED_IMPORT" ? "error" : level, log),
  checks: { ineffectiveDynamicImport: false },
  plugins: [licences],
  output: { dir: "dist/bin", format: "esm", cleanDir: true }
})

export default defineConfig(bundle())
