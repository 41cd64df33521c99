/** Imports point down, as docs/architecture.md draws it. */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const REPOSITORY = join(import.meta.dirname, "../../..")

/** What each package may import of the workspace. */
const ALLOWED: Readonly<Record<string, ReadonlyArray<string>>> = {
  "packages/spec-builder": [],
  "packages/k8s-io": [],
  "packages/file-sync": ["k8s-io"],
  "packages/task-file": ["spec-builder"],
  "packages/local-cluster": [],
  "packages/runner": ["spec-builder", "k8s-io", "file-sync", "task-file"],
  "apps/cli": ["spec-builder", "k8s-io", "file-sync", "task-file", "runner", "local-cluster"]
}

const sources = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(folder, path))

interface Import {
  readonly module: string
  readonly kind: "static" | "type" | "dynamic"
}

/** Every module a file names. */
const imports = (file: string): ReadonlyArray<Import> =>
  Array.from(
    readFileSync(join(REPOSITORY, file), "utf8").matchAll(
      /(?:^|\n)\s*(?:import|export)(\s+type)?\s[^"']*?from\s+["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s+["']([^"']+)["']/g
    ),
    (match): Import => ({
      module: match[2] ?? match[3] ?? match[4] ?? "",
      kind: match[3] !== undefined ? "dynamic" : match[1] !== undefined ? "type" : "static"
    })
  )

describe("layers", () => {
  it("know every package and app", () => {
    const found = ["packages", "apps"].flatMap((folder) =>
      readdirSync(join(REPOSITORY, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${folder}/${entry.name}`)
    )
    assert.deepStrictEqual(found.sort(), Object.keys(ALLOWED).sort())
  })

  for (const [folder, allowed] of Object.entries(ALLOWED)) {
    it(`${folder} imports only ${allowed.length === 0 ? "what is outside the workspace" : allowed.join(", ")}`, () => {
      const own = `@podwright/${folder.split("/")[1]}`
      const upward = sources(`${folder}/src`).flatMap((file) =>
        imports(file)
          .filter(({ module }) => module.startsWith("@podwright/"))
          .filter(({ module }) => module === own || !allowed.some((name) => module === `@podwright/${name}`))
          .map(({ module }) => `${file} imports ${module}`)
      )
      assert.deepStrictEqual(upward, [])
      const outside = sources(`${folder}/src`).flatMap((file) =>
        imports(file)
          .filter(({ module }) => /^(\.\.\/)+(packages|apps|tooling)\//.test(module) || /\/src\//.test(module))
          .map(({ module }) => `${file} imports ${module}`)
      )
      assert.deepStrictEqual(outside, [])
    })
  }

  it("reads imports at all", () => {
    const named = sources("packages/runner/src").flatMap((file) => imports(file).map(({ module }) => module))
    assert.include(named, "@podwright/file-sync")
  })

  it("spec-builder needs neither Node nor a Kubernetes client at run time", () => {
    const found = sources("packages/spec-builder/src").flatMap((file) =>
      imports(file)
        .filter(
          ({ kind, module }) => kind !== "type" && (module.startsWith("node:") || module.startsWith("@kubernetes/"))
        )
        .map(({ module }) => `${file} imports ${module}`)
    )
    assert.deepStrictEqual(found, [])
  })

  it("render and help load neither HTTP nor Kubernetes: they are to answer in 0.3 s", () => {
    const seen = new Set<string>()
    const heavy: Array<string> = []
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const { kind, module } of imports(file)) {
        if (kind !== "static") continue
        if (module.startsWith("./") || module.startsWith("../")) visit(join(dirname(file), module))
        else if (
          /^(@podwright\/(runner|k8s-io|file-sync|local-cluster)|@effect\/platform-node|undici|ws)$/.test(module)
        )
          heavy.push(`${file} imports ${module}`)
      }
    }
    visit("apps/cli/src/main.ts")
    assert.isTrue(
      seen.has("apps/cli/src/commands/render/RenderFlags.ts") && seen.has("apps/cli/src/commands/run/RunFlags.ts")
    )
    assert.deepStrictEqual(heavy, [])
  })

  it("client-node is loaded on demand only: it costs 0.4 s and 65 MiB", () => {
    const found = Object.keys(ALLOWED)
      .flatMap((folder) => sources(`${folder}/src`))
      .filter((file) =>
        imports(file).some(({ kind, module }) => kind === "static" && module === "@kubernetes/client-node")
      )
    assert.deepStrictEqual(found, [])
  })
})
