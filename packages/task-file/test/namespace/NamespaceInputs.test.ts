import { mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import type { NamespaceFiles } from "../../src/namespace/NamespaceFiles.ts"
import { namespaceInputs } from "../../src/namespace/NamespaceInputs.ts"

const folderOf = async (...names: ReadonlyArray<string>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "podwright-namespace-"))
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), name)
  }
  return folder
}

const inputs = (files: NamespaceFiles, namespaceFolders: Readonly<Record<string, string>>) =>
  namespaceInputs({ namespace: "own", namespaceFolders }, files, (source) =>
    Effect.succeed(source.replace("{{ x }}", "main.py"))
  ).pipe(
    Effect.map(
      Result.map((found) => found.map(({ name, source }) => [name, source._tag === "Path" ? source.path : ""]))
    )
  )

describe("namespaceInputs", () => {
  it.effect("lists the files of the flow's namespace by their paths in it, and leaves versions alone", () =>
    Effect.gen(function* () {
      const own = yield* Effect.promise(() => folderOf("b/c.txt", "a.txt", ".git/config"))
      const found = Result.getOrThrow(yield* inputs({}, { own }))
      assert.deepStrictEqual(found, [
        ["a.txt", join(own, "a.txt")],
        ["b/c.txt", join(own, "b/c.txt")]
      ])
    })
  )

  it.effect("renders patterns", () =>
    Effect.gen(function* () {
      const own = yield* Effect.promise(() => folderOf("main.py", "other.py"))
      for (const include of ["{{ x }}", ["{{ x }}"], '["{{ x }}"]']) {
        const found = Result.getOrThrow(yield* inputs({ include }, { own }))
        assert.deepStrictEqual(found, [["main.py", join(own, "main.py")]])
      }
    })
  )

  it.effect("takes the last of several namespaces that have a file, or gives each its folder", () =>
    Effect.gen(function* () {
      const own = yield* Effect.promise(() => folderOf("a", "b"))
      const other = yield* Effect.promise(() => folderOf("b"))
      const namespaces = ["own", "other"]
      const merged = Result.getOrThrow(yield* inputs({ namespaces }, { own, other }))
      assert.deepStrictEqual(merged, [
        ["a", join(own, "a")],
        ["b", join(other, "b")]
      ])
      const apart = Result.getOrThrow(yield* inputs({ namespaces, folderPerNamespace: true }, { own, other }))
      assert.deepStrictEqual(
        apart.map(([name]) => name),
        ["own/a", "own/b", "other/b"]
      )
    })
  )

  it.effect("fails where a folder is not known, is not there, or leads elsewhere", () =>
    Effect.gen(function* () {
      const failure = (files: NamespaceFiles, folders: Readonly<Record<string, string>>) =>
        Effect.map(inputs(files, folders), (found) => (Result.isFailure(found) ? found.failure : ""))
      assert.include(yield* failure({ namespaces: ["far"] }, {}), "--namespace-files DIR (far=DIR ")
      assert.include(yield* failure({}, { own: "/there/is/none" }), "ENOENT")
      const own = yield* Effect.promise(() => folderOf("a"))
      yield* Effect.promise(() => symlink("/", join(own, "link")))
      assert.include(yield* failure({}, { own }), "link is a link to a folder")
    })
  )
})
