import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import { DATA_FILTERS } from "../../src/expression/DataFilters.ts"
import { TESTS } from "../../src/expression/Filters.ts"
import { FUNCTIONS } from "../../src/expression/Functions.ts"
import { LIST_FILTERS } from "../../src/expression/ListFilters.ts"
import { TEXT_FILTERS } from "../../src/expression/TextFilters.ts"

const GUIDE = join(import.meta.dirname, "../../../../docs/guide/expressions.md")
const BLOCK = /(<!-- made by Filters.test.ts -->\n)[\s\S]*(<!-- end -->)/

type Row = readonly [name: string, { readonly names: ReadonlyArray<string> }]

const signature = ([name, { names }]: Row): string => `\`${name}${names.length === 0 ? "" : `(${names.join(", ")})`}\``

const line = (title: string, rows: Iterable<Row>): string =>
  `- ${title}: ${Array.from(rows, signature).sort().join(", ")}\n`

const more = (name: string, ...names: ReadonlyArray<string>): Row => [name, { names }]

describe("the guide", () => {
  it("lists all filters, functions and tests (`-u` writes it anew)", async () => {
    const lists = [
      line("filters of texts", TEXT_FILTERS),
      line("filters of lists, maps and numbers", LIST_FILTERS),
      line("filters of JSON, YAML and dates", DATA_FILTERS),
      line("a filter of everything", [more("default", "value")]),
      line("functions", [
        ...FUNCTIONS,
        more("render", "toRender", "recursive"),
        more("renderOnce", "toRender"),
        more("block", "name")
      ]),
      line(
        "tests, after `is` or `is not`",
        Array.from([...TESTS.keys(), "defined"], (name) => more(name))
      )
    ].join("")
    const guide = readFileSync(GUIDE, "utf8").replace(
      BLOCK,
      (_all, begin: string, end: string) => `${begin}\n${lists}\n${end}`
    )
    await expect(guide).toMatchFileSnapshot(GUIDE)
    expect(guide).toContain(lists)
  })
})
