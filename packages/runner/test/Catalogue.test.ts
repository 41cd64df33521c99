/** The README's table of what can go wrong with a pod: every number has its row, and the tests it names are there. */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"

const PACKAGE = join(import.meta.dirname, "..")
const readme = readFileSync(join(PACKAGE, "README.md"), "utf8")
const numbers = [
  ...Array.from({ length: 13 }, (_, index) => `P${index + 1}`),
  ...Array.from({ length: 22 }, (_, index) => `R${index + 1}`)
]

/** `A.test.ts` and `B.test.ts` of PACKAGE: what stands behind the last one goes for all between two semicolons. */
const testFiles = (cell: string): ReadonlyArray<string> =>
  cell.split(";").flatMap((part) => {
    const where = / of ([\w-]+)\s*$/.exec(part)?.[1]
    const folder =
      where === undefined ? "test" : where === "real" ? "../../tooling/conformance/real" : `../${where}/test`
    const names = [...part.matchAll(/`([\w-]+\.test\.ts)`/g)].map(([, name = ""]) => name)
    const paths = readdirSync(join(PACKAGE, folder), { recursive: true, encoding: "utf8" })
    return names.map((name) => join(PACKAGE, folder, paths.find((path) => basename(path) === name) ?? name))
  })

describe("the catalogue in the README", () => {
  it.each(numbers)("has %s, with tests of that number", (number) => {
    const rows = readme.split("\n").filter((line) => new RegExp(`^\\| ${number} +\\|`).test(line))
    assert.lengthOf(rows, 1)
    const files = testFiles(rows[0]?.split("|").at(-2) ?? "")
    assert.isNotEmpty(files)
    for (const file of files) {
      // In a string, as the name of a test or of a table's row.
      assert.match(readFileSync(file, "utf8"), new RegExp(`["\`][^"\`\n]*\\b${number}\\b`), file)
    }
  })
})
