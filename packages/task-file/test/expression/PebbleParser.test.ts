import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import peggy from "peggy"

const SOURCE = join(import.meta.dirname, "../../src/expression")

describe("PebbleParser.ts", () => {
  it("is what Peggy makes of PebbleGrammar.peggy (`-u` writes it anew)", async () => {
    const grammar = readFileSync(join(SOURCE, "PebbleGrammar.peggy"), "utf8")
    const made: string = peggy.generate(grammar, { output: "source", format: "es" })
    const typed = made
      .replace("function peg$parse(input, options) {", "function peg$parse(input: string, options?: object): any {")
      .replace(/^export \{[^}]*\};/m, "export { peg$parse as parse };")
    const text = `// @ts-nocheck: written by PebbleParser.test.ts, which says how\n${typed}`
    await expect(text).toMatchFileSnapshot(join(SOURCE, "PebbleParser.ts"))
  })
})
