import { assert, describe, it } from "@effect/vitest"
import { IgnoreRules, isOwn } from "../../src/inputs/IgnoreRules.ts"

describe("IgnoreRules", () => {
  /** The root's rules, and those of `src`. */
  const rules = IgnoreRules.start
    .with("", ".gitignore", "# a comment\n*.log\n/build/\nsrc/gen\n!keep.log\n\\#odd\nDATA\n")
    .with("src", ".gitignore", "!debug.log\n/local\n")
  const rows: ReadonlyArray<readonly [path: string, leftOut: boolean]> = [
    ["a.log", true],
    ["keep.log", false],
    ["deep/er/b.log", true],
    ["build/", true],
    ["build", false],
    ["src/build/", false],
    ["src/gen/", true],
    ["src/debug.log", false],
    ["src/other.log", true],
    ["src/local", true],
    ["src/deep/local", false],
    ["local", false],
    ["#odd", true],
    ["data", false],
    ["DATA", true],
    [".git/", true],
    ["sub/.git", true],
    [".github/", false],
    ["..odd", false],
    ["new\nline", false]
  ]
  for (const [path, leftOut] of rows)
    it(JSON.stringify(path), () =>
      assert.strictEqual(rules.leavesOut(path.replace(/\/$/, ""), path.endsWith("/")), leftOut)
    )

  it("takes .git where a rule says so", () => {
    assert.isFalse(IgnoreRules.start.with("", ".podwrightignore", "!.git").leavesOut(".git", true))
  })

  it("looks for no .gitignore where a .podwrightignore goes before it, nor below", () => {
    assert.deepStrictEqual(IgnoreRules.start.files, [".podwrightignore", ".gitignore"])
    const own = IgnoreRules.start.with("", ".podwrightignore", "")
    assert.deepStrictEqual(own.files, [".podwrightignore"])
    assert.deepStrictEqual(IgnoreRules.start.with("", ".gitignore", "").files, [".podwrightignore", ".gitignore"])
  })

  it("knows podwright's own folder", () => {
    assert.deepStrictEqual([".podwright", "a/.podwright/b", ".podwrightignore", "podwright"].map(isOwn), [
      true,
      true,
      false,
      false
    ])
  })
})
