/**
 * What each package exports, by name: `doors/<package>.txt` is what a reviewer reads when one is
 * added or goes. After a change that is meant,
 * `pnpm test --project tooling/conformance test/Doors -u` writes them.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, expect, it } from "@effect/vitest"
import { folders, openWorkspace, REPOSITORY } from "./support/Workspace.ts"

const workspace = openWorkspace()
afterAll(workspace.close)

interface Door {
  /** What a program imports, such as `@podwright/runner/plain`. */
  readonly module: string
  readonly file: string
}

/** The sources that a package's `exports` name. */
const doorsOf = (folder: string): ReadonlyArray<Door> => {
  const { exports, name }: { readonly exports: Readonly<Record<string, unknown>>; readonly name: string } = JSON.parse(
    readFileSync(join(REPOSITORY, folder, "package.json"), "utf8")
  )
  return Object.entries(exports).flatMap(([path, target]) => {
    const source =
      typeof target === "object" && target !== null && "@podwright/source" in target ? target["@podwright/source"] : ""
    return typeof source !== "string" || source === "" ? [] : [{ module: join(name, path), file: join(folder, source) }]
  })
}

describe.each(folders("packages").map((name) => `packages/${name}`))("the door of %s", (folder) => {
  const doors = doorsOf(folder).map((door) => ({ ...door, names: workspace.exportedNames(door.file) }))

  it("exports the names on its list", async () => {
    assert.isNotEmpty(doors)
    const list = doors.map(({ module, names }) =>
      [`# ${module}`, ...names.map(({ kind, name }) => (kind === "value" ? name : `${name} (${kind})`))].join("\n")
    )
    await expect(`${list.join("\n\n")}\n`).toMatchFileSnapshot(`doors/${folder.split("/")[1]}.txt`)
  })

  it("names what it exports", () => {
    const stars = doors.flatMap(({ file }) => workspace.starExports(file).map((module) => `${file}: ${module}`))
    assert.deepStrictEqual(stars, [], "export * hides what a package exports")
  })

  it("exports nothing without a doc comment", () => {
    const bare = doors.flatMap(({ names }) => names.filter(({ doc }) => doc === "").map(({ name }) => name))
    assert.deepStrictEqual(bare, [])
  })
})
