/**
 * What the documents say of the repository is so: links lead somewhere, files named are there,
 * examples shown are the examples.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const REPOSITORY = join(import.meta.dirname, "../../..")

const read = (path: string): string => readFileSync(join(REPOSITORY, path), "utf8")

/** Folders that hold nothing of ours, or only what was made. */
const LEFT_OUT = new Set(["node_modules", "dist", "coverage", "results"])

/**
 * Every file of ours below a folder, by its path from the repository; not by git, which a copy
 * owned by another user refuses.
 */
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

/** A document without its code. */
const prose = (path: string): string => read(path).replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, "")

describe("links of documents", () => {
  for (const document of documents) {
    it(`${document} links to what is there`, () => {
      const broken = Array.from(prose(document).matchAll(/\]\(([^)\s]+)\)/g), ([, target = ""]) => target)
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

describe("files that documents name", () => {
  const names = new Set(files.map((path) => basename(path)))

  for (const document of documents.filter((path) =>
    /^(docs\/(guide\/.*|architecture)|CONTRIBUTING|README)\.md$/.test(path)
  )) {
    it(`${document} names what is there`, () => {
      const missing = Array.from(read(document).matchAll(/`([\w./-]+)`/g), ([, path = ""]) => path)
        .filter(
          (path) => /^(packages|apps|tooling|docs|scripts|examples)\/|\.(ts|mjs)$/.test(path) && !path.includes("NNNN")
        )
        .filter((path) => (path.includes("/") ? !existsSync(join(REPOSITORY, path)) : !names.has(path)))
      assert.deepStrictEqual(missing, [])
    })
  }

  it("docs/architecture.md has every room, in its package", () => {
    let latest = ""
    const named = Array.from(
      read("docs/architecture.md").matchAll(/^\| (?:`([\w-]+)`)? *\| `([a-z]+)` +\|/gm),
      (row) => {
        latest = row[1] ?? latest
        return `${latest}/${row[2]}`
      }
    )
    const found = ["packages", "apps"].flatMap((folder) =>
      readdirSync(join(REPOSITORY, folder)).flatMap((name) =>
        readdirSync(join(REPOSITORY, folder, name, "src"), { withFileTypes: true })
          .filter((entry) => entry.isDirectory())
          .map((entry) => `${name}/${entry.name}`)
      )
    )
    assert.deepStrictEqual(named.sort(), found.sort())
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

describe("files that say they are pure", () => {
  /**
   * What a pure function may use of Node: these compute. All else of `node:` reads, writes, waits
   * or asks the machine.
   */
  const COMPUTES: Readonly<Record<string, RegExp>> = {
    "node:buffer": /./,
    "node:crypto": /^(createHash|hash|createPrivateKey|createPublicKey|X509Certificate|KeyObject)$/,
    "node:net": /^(isIP|isIPv4|isIPv6|BlockList)$/,
    "node:path": /./,
    "node:url": /./,
    "node:util": /./
  }

  /** The paragraph that a file begins with. */
  const header = (text: string): string =>
    (/^\s*\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? "").replaceAll(/\s+\*?\s*/g, " ")

  const saysPure = (text: string): boolean => /\b(Pure|A pure)\b(?![^.;:]*\bbut for\b)/.test(header(text))

  /** The modules that a file needs at run time, with the names it takes from each. */
  const needs = (text: string) =>
    Array.from(
      text.matchAll(
        /(?:^|\n)(?:import|export)(?!\s+type\b)\s+([^"';]*?)\s*from\s+"([^"]+)"|(?:^|\n)import\s+"([^"]+)"/g
      ),
      ([, names = "", from, bare]) => ({
        module: from ?? bare ?? "",
        names: names
          .replaceAll(/[{}\s]+/g, " ")
          .split(",")
          .map((name) => name.trim())
          .filter((name) => name !== "" && !name.startsWith("type "))
          .map((name) => name.split(" as ")[0] ?? name)
      })
    ).filter(({ module, names }) => names.length > 0 || module === "")

  /** What makes a file impure: by itself, or by a file of its package that it needs. */
  const impurities = (file: string, seen: Set<string>): ReadonlyArray<string> => {
    if (seen.has(file)) return []
    seen.add(file)
    const text = read(file)
    const services = /extends Context\.Service\b/.test(text) ? [`${file} is a service`] : []
    return services.concat(
      needs(text).flatMap(({ module, names }) => {
        if (module.startsWith(".")) return impurities(join(dirname(file), module), seen)
        const why = `${file} needs ${names.join(", ")} of ${module}`
        if (module.startsWith("node:")) return names.every((name) => COMPUTES[module]?.test(name)) ? [] : [why]
        if (/^effect\b/.test(module))
          return names.some((name) => /^(FileSystem|HttpClient|Console)$/.test(name)) ? [why] : []
        return /^(@effect\/|undici$|ws$)/.test(module) ? [why] : []
      })
    )
  }

  const pure = files.filter((path) => /^(packages|apps)\/[^/]+\/src\/.*\.ts$/.test(path) && saysPure(read(path)))

  it("need nothing that reads, writes or waits", () => {
    const found = pure.flatMap((path) => impurities(path, new Set()).map((why) => `${path}: ${why}`))
    assert.deepStrictEqual(found, [])
  })

  it("are found at all", () => {
    assert.include(pure, "packages/runner/src/diagnosis/Outcome.ts")
    assert.isAbove(pure.length, 50)
  })
})
