/** The package in a browser: nothing of Node in it, and small enough to say how small. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createContext, runInContext } from "node:vm"
import { gzipSync } from "node:zlib"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { rolldown } from "rolldown"
import { plan, task } from "./fixtures.ts"

const PACKAGE = join(import.meta.dirname, "..")

interface Bundle {
  readonly code: string
  /** What the bundle still imports: in a browser there would be nobody to give it. */
  readonly imports: ReadonlyArray<string>
}

const bundle = async (source: string): Promise<Bundle> => {
  const entry = "\0entry"
  const build = await rolldown({
    input: entry,
    cwd: PACKAGE,
    platform: "browser",
    resolve: { conditionNames: ["@podwright/source", "browser", "import", "default"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id: string) => (id === entry ? id : id === "package" ? join(PACKAGE, "src/index.ts") : undefined),
        load: (id: string) => (id === entry ? source : undefined)
      }
    ]
  })
  const { output } = await build.generate({ format: "iife", name: "podwright", minify: true })
  await build.close()
  const [chunk] = output
  return { code: chunk.code, imports: [...chunk.imports, ...chunk.dynamicImports] }
}

/** What every browser has and the language has not. */
const browserGlobals = () => ({
  TextEncoder,
  TextDecoder,
  URL,
  setTimeout,
  clearTimeout,
  queueMicrotask,
  performance,
  crypto
})

describe("in a browser", () => {
  let all: Bundle
  let needed: Bundle

  beforeAll(async () => {
    all = await bundle('export * from "package"')
    needed = await bundle('export { buildPod, decodeRunnerProperties } from "package"')
  })

  it("imports nothing, of Node or else", () => {
    assert.deepStrictEqual(all.imports, [])
    assert.notMatch(all.code, /["']node:|\brequire\(/)
  })

  it("builds the same pod", () => {
    const properties = { containerSpec: { tty: true }, waitUntilRunning: "90s", version: "0" }
    const context = createContext({ ...browserGlobals(), task: task(), properties })
    const code = `${all.code}; JSON.stringify(podwright.buildPod(task, podwright.decodeRunnerProperties(properties).success).success)`
    assert.deepStrictEqual(
      JSON.parse(runInContext(code, context)),
      JSON.parse(JSON.stringify(plan(task(), properties)))
    )
  })

  it("has the size that the README tells", () => {
    const kilobytes = (one: Bundle): number => Math.round(gzipSync(one.code, { level: 9 }).length / 1000)
    const readme = readFileSync(join(PACKAGE, "README.md"), "utf8")
    const told = /(\d+) kB for `buildPod` and `decodeRunnerProperties`, (\d+) kB for\s+everything/.exec(readme)
    // A tenth: a new version of Effect or of the minifier is no news.
    assert.approximately(Number(told?.[1]), kilobytes(needed), kilobytes(needed) / 10)
    assert.approximately(Number(told?.[2]), kilobytes(all), kilobytes(all) / 10)
  })
})
