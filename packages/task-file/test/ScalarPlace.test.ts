import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { stringify } from "yaml"
import { SCALAR_STYLES } from "../src/ScalarPlace.ts"
import { YamlDocument } from "../src/YamlDocument.ts"

/** The text, and where its `X` stands, of a YAML document with the key `k`. */
const placeOf = (source: string): readonly [place: string, source: string] | undefined => {
  const document = YamlDocument.parse(source, "f.yaml")
  if (document._tag === "Failure") return undefined
  const value = Reflect.get(Object(document.success.value), "k")
  const text = typeof value === "string" ? value : ""
  const before = text.slice(0, text.indexOf("X")).split("\n")
  const inside = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  const { column, line } = document.success.positionInside(["k"], text, inside)
  return [`${line}:${column}`, source.split("\n")[line - 1]?.slice(column - 1) ?? ""]
}

describe("a place in a text is found in the file, in", () => {
  const rows: ReadonlyArray<readonly [name: string, source: string, place: string]> = [
    ["a plain text", "k: a X b", "1:6"],
    ["a plain text of several lines", "k: a\n  b\n\n  c X", "4:5"],
    ["single quotes", "k: 'it''s X'", "1:11"],
    ["single quotes of several lines", "k: 'it''s\n\n  a X'", "3:5"],
    ["double quotes with escapes", 'k: "\\t\\"a\\x41\\u00e9 \\U0001F600 X"', "1:32"],
    ["double quotes whose lines are joined", 'k: "a\\\n   b\n  c X"', "3:5"],
    ["a block", "k: |\n  a\n\n    X", "4:5"],
    ["a block with a header and a comment", "k: |2- # why\n   a\n  X", "3:3"],
    ["a folded block", "k: >\n  a\n  b X\n  c", "3:5"],
    ["a folded block whose line is repeated", "k: >-\n  a b\n  a b\n\n  a bX", "5:6"],
    ["a text with a tag and an anchor", "k: !!str &a 'X'", "1:14"],
    ["lines that end as on Windows", "k: |\r\n  a\r\n  X\r\n", "3:3"]
  ]
  for (const [name, source, place] of rows) it(name, () => assert.strictEqual(placeOf(source)?.[0], place))

  const signs = ["a", "b", " ", "\n", "'", '"', "\\", "#", ":", "é", "😀", "\t", "{", "-"] as const
  it.prop(
    "any text, however it is written",
    [Schema.Array(Schema.Literals(signs)), Schema.Literals(SCALAR_STYLES), Schema.Literals([0, 20, 80])],
    ([before, defaultStringType, lineWidth]) => {
      const source = stringify({ k: `${before.join("")}X` }, { defaultStringType, lineWidth })
      const found = placeOf(source)
      assert.match(found?.[1] ?? "", /^X/, source)
    }
  )
})
