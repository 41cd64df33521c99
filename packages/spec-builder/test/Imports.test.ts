import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const source = new URL("../src/", import.meta.url)
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))

/** The specifiers of every static import or export and of every dynamic import. */
const specifiers = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].flatMap(([, name]) => (name ? [name] : []))

describe("imports", () => {
  it("finds every kind of import", () => {
    const text = 'import a from "a"\nimport "b"\nexport * from "c"\nawait import("d")\nimport {\n e\n} from "e"'
    assert.deepStrictEqual(specifiers(text), ["a", "b", "c", "d", "e"])
    assert.isAbove(files.length, 15)
  })
  for (const file of files) {
    it(`${file} imports effect and this package only`, () => {
      const others = specifiers(readFileSync(new URL(file, source), "utf8")).filter(
        (name) => name !== "effect" && !name.startsWith("./") && !name.startsWith("../")
      )
      assert.deepStrictEqual(others, [])
    })
  }
})
