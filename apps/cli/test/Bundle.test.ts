/** The program as users get it: one bundle that finds what it left out, and runs a task. */
import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { isBuiltin } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { rolldown } from "rolldown"
import manifest from "../package.json" with { type: "json" }
import { bundle } from "../rolldown.config.ts"

const APP = join(import.meta.dirname, "..")

/** A bundle takes a second and a pod half of one; this is only there to end what hangs. */
const TIMEOUT = 180_000

describe("the bundle", { timeout: TIMEOUT }, () => {
  let folder: string
  let imports: ReadonlyArray<string>

  const podwright = (...args: ReadonlyArray<string>) =>
    promisify(execFile)(process.execPath, [join(folder, "podwright.js"), ...args])

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "podwright-bundle-"))
    // As it finds packages where it is installed.
    await symlink(join(APP, "node_modules"), join(folder, "node_modules"))
    const build = await rolldown(bundle({ source: true }))
    const { output } = await build.write({ dir: folder, format: "esm" })
    await build.close()
    const chunks = output.filter((file) => file.type === "chunk")
    const own = new Set(chunks.map(({ fileName }) => fileName))
    imports = chunks
      .flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports])
      .filter((name) => !own.has(name) && !isBuiltin(name))
  }, TIMEOUT)
  afterAll(() => rm(folder, { recursive: true }))

  it("imports what the package depends on and nothing else", () => {
    const packages = imports.map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
    assert.include(packages, "undici")
    assert.deepStrictEqual(
      packages.filter((name) => !Object.hasOwn(manifest.dependencies, name)),
      []
    )
  })

  it("hands on the licences of what it took in", async () => {
    const licences = await readFile(join(folder, "LICENCES.txt"), "utf8")
    assert.match(licences, /^effect\n\n.*MIT/m)
    assert.match(licences, /^yaml\n\nCopyright Eemeli Aro/m)
  })

  it("renders a file with an expression and runs it", async () => {
    const task = join(folder, "task.yaml")
    await writeFile(task, 'image: busybox\ncommands: ["echo {{ 40 + 2 }}"]\n')
    assert.include((await podwright("render", task)).stdout, "echo 42")
    const { stdout } = await podwright("run", "--local", task, "--output-dir", join(folder, "out"))
    assert.strictEqual(stdout, "42\n")
  })

  it("reports what a kubeconfig's plugin says, by the client it left out", async () => {
    const kubeconfig = join(folder, "kubeconfig")
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: ["-e", "console.error('the plugin was run'); process.exit(1)"]
    }
    const config = {
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ name: "u", user: { exec } }],
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      "current-context": "c"
    }
    await writeFile(kubeconfig, JSON.stringify(config))
    const told = await podwright("doctor", "--kubeconfig", kubeconfig).catch(
      (failed: { readonly stdout: string; readonly stderr: string }) => failed
    )
    assert.include(told.stdout + told.stderr, "the plugin was run")
  })
})
