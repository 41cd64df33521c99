import { assert, describe, it } from "@effect/vitest"
import type { InputEntry } from "../../src/inputs/InputEntry.ts"
import { inputNameProblem, mergedEntries } from "../../src/inputs/InputName.ts"

const entry = (name: string): InputEntry =>
  name.endsWith("/")
    ? { _tag: "Folder", name: name.slice(0, -1), mode: 0o700, modifiedMs: 1 }
    : { _tag: "Link", name, target: "x", modifiedMs: 1 }

/** Groups by input, a folder's name with a slash; what comes out likewise, `+` for an implied one. */
const merge = (groups: Readonly<Record<string, ReadonlyArray<string>>>) => {
  const merged = mergedEntries(
    Object.entries(groups).map(([name, names]) => ({ name, entries: names.map(entry) })),
    (name) => ({ _tag: "Folder", name, mode: 0o755, modifiedMs: 2 })
  )
  return "why" in merged
    ? merged.name
    : merged.map((one) => `${one.name}${one._tag === "Folder" ? "/" : ""}${one.modifiedMs === 2 ? "+" : ""}`)
}

describe("mergedEntries", () => {
  const rows: ReadonlyArray<
    readonly [Readonly<Record<string, ReadonlyArray<string>>>, string | ReadonlyArray<string>]
  > = [
    [{}, []],
    [{ a: ["a"], "b/c/d": ["b/c/d"] }, ["a", "b/+", "b/c/+", "b/c/d"]],
    [{ "b/c": ["b/c"], b: ["b/", "b/x"] }, ["b/", "b/x", "b/c"]],
    [{ "b/x": ["b/x"], ".": ["a", "b/", "b/x"] }, ["a", "b/", "b/x"]],
    [{ "b/c/": ["b/c/", "b/c/d"], b: ["b/", "b/c/", "b/c/e"] }, ["b/", "b/c/", "b/c/e", "b/c/d"]],
    [{ "b/c": ["b/c"], ".": ["b"] }, "b"],
    [{ "a/b/c": ["a/b/c"], "a/b": ["a/b"] }, "a/b"],
    [{ b: ["b/"], ".": ["b"] }, "b"]
  ]
  for (const [groups, expected] of rows)
    it(JSON.stringify(groups), () => assert.deepStrictEqual(merge(groups), expected))

  it("refuses a name that is given twice", () => {
    const group = { name: "a", entries: [entry("a")] }
    assert.deepStrictEqual(mergedEntries([group, group], entry), { name: "a", why: "two inputs have this name" })
  })
})

describe("inputNameProblem", () => {
  for (const [name, good] of [
    ["data.txt", true],
    ["a/b/c", true],
    ["..data", true],
    ["a b", true],
    [".", true],
    ["", false],
    ["/etc/passwd", false],
    ["../x", false],
    ["a/../b", false],
    ["./a", false],
    ["a//b", false],
    ["a/", false],
    ["a\0b", false]
  ] as const) {
    it(JSON.stringify(name), () => assert.strictEqual(inputNameProblem(name) === undefined, good))
  }
})
