/** The README's examples print what it says, and its table is the schema's. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { runnerReference } from "../src/index.ts"

const PACKAGE = join(import.meta.dirname, "..")
const readme = readFileSync(join(PACKAGE, "README.md"), "utf8")

const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```\n\n```console\n([\s\S]*?)```/g)]

describe("README.md", () => {
  it("shows the output of every example", () => {
    assert.strictEqual(examples.length, readme.match(/```ts\n/g)?.length)
    assert.isAbove(examples.length, 2)
  })

  for (const [index, [, source = "", expected]] of examples.entries()) {
    it(`example ${index + 1} prints what it says`, () => {
      const node = ["--conditions=@podwright/source", "--input-type=module-typescript", "--eval", source]
      const { status, stderr, stdout } = spawnSync(process.execPath, node, { cwd: PACKAGE, encoding: "utf8" })
      assert.strictEqual(status, 0, stderr)
      assert.strictEqual(stdout, expected)
    })
  }

  it("has the table of all properties", () => {
    const cells = readme
      .slice(readme.indexOf("<!-- properties -->"), readme.indexOf("<!-- /properties -->"))
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split("|").map((cell) => cell.trim()))
    const rows = runnerReference().map((one) => [
      "",
      `\`${one.name}\``,
      one.kind,
      one.default === undefined ? "" : `\`${one.default}\``,
      one.description,
      ""
    ])
    assert.deepStrictEqual(cells, rows, rows.map((row) => row.join(" | ").trim()).join("\n"))
  })
})
