/** What the documents say of the repository is so: links lead somewhere, files named are there, examples shown are the examples. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const REPOSITORY = join(import.meta.dirname, "../../..")

const read = (path: string): string => readFileSync(join(REPOSITORY, path), "utf8")

/** Folders that hold nothing of ours, or only what was made. */
const LEFT_OUT = new Set(["node_modules", "dist", "coverage", "results"])

/** Every file of ours below a folder, by its path from the repository; not by git, which a copy owned by another user refuses. */
const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(REPOSITORY, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isFile()) return [path]
    return entry.isDirectory() && !entry.name.startsWith(".") && !LEFT_OUT.has(entry.name) ? filesBelow(path) : []
  })

const files = filesBelow(".")

const documents = files.filter((path) => path.endsWith(".md"))

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-")

describe("links of documents", () => {
  for (const document of documents) {
    it(`${document} links to what is there`, () => {
      const broken = Array.from(read(document).matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => {
          const [path = "", anchor] = target.split("#")
          const file = path === "" ? document : join(dirname(document), path)
          if (!existsSync(join(REPOSITORY, file))) return true
          if (anchor === undefined) return false
          return !Array.from(read(file).matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => anchorOf(heading)).includes(
            anchor
          )
        })
      assert.deepStrictEqual(broken, [])
    })
  }

  it("reads links at all", () => {
    assert.include(documents, "README.md")
    assert.include(read("README.md"), "](docs/guide/files.md#log-lines)")
  })
})

describe("examples in documents", () => {
  /** A document shows a file of `examples/`, whole or from `from` on. */
  const shown: ReadonlyArray<{ readonly document: string; readonly file: string; readonly from: string }> = [
    { document: "README.md", file: "examples/task.yaml", from: "" },
    { document: "docs/guide/values.md", file: "examples/values.yaml", from: "tasks:\n" }
  ]
  for (const { document, file, from } of shown) {
    it(`${document} shows ${file} as it is`, () => {
      const text = read(file)
      assert.include(text, from)
      assert.include(read(document), "```yaml\n" + text.slice(text.indexOf(from)) + "```")
    })
  }

  it("commands name files that are there", () => {
    const missing = documents.flatMap((document) =>
      Array.from(
        read(document).matchAll(/podwright (?:run|render)[^\n`|]*? (examples\/\S+\.yaml)/g),
        ([, file = ""]) => file
      )
        .filter((file) => !existsSync(join(REPOSITORY, file)))
        .map((file) => `${document} names ${file}`)
    )
    assert.deepStrictEqual(missing, [])
  })
})
