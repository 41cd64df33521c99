/** Which outputs are missing or skipped, from what the helper said and what was put in place. */
import { assert, describe, it } from "@effect/vitest"
import { outputsOf, unreadOutput } from "../../src/outputs/OutputOutcome.ts"

describe("unreadOutput", () => {
  const cases: ReadonlyArray<readonly [string, string, boolean]> = [
    ["tar: work/a b: Cannot open: Permission denied", "a b", true],
    ["tar: output/d/f: Cannot stat: Permission denied", "d/f", false],
    ["tar: work/caf\\303\\251\\n\\\\: Cannot open: Permission denied", "café\n\\", true],
    ["tar: can't open 'output/p/g': Permission denied", "p/g", false],
    ["tar: can't open 'work/it's': Permission denied", "it's", true],
    ["tar: output/s: socket ignored", "s", false],
    ["find: 'work/d': Permission denied", "d", true],
    ["find: work/d: Permission denied", "d", true],
    ["tar: output: Cannot open: Permission denied", "output", false],
    ["tar: work/caf\\351: Cannot open: Permission denied", "caf\\xe9", true],
    ["tar: work/\\\\x5cxe9: Cannot open: Permission denied", "\\x5cxe9", true],
    ["tar: can't open 'output/a//b': Permission denied", "a\nb", false],
    ["tar: can't open 'output/a\\nb': Permission denied", "a\\nb", false],
    ["tar: output/p/d: Permission denied", "p/d", false],
    ["tar: work/x: Cannot stat: No such file or directory", "x", true],
    ["find: work: No such file or directory", "work", true],
    ["tar: output/x: File removed before we read it", "x", false],
    ["something else: Permission denied", "something else: Permission denied", false]
  ]
  for (const [complaint, name, fromWork] of cases) {
    it(complaint, () => {
      const unread = unreadOutput(complaint)
      assert.deepStrictEqual([unread.name, unread.fromWork], [name, fromWork])
    })
  }
})

describe("outputsOf", () => {
  it("misses what was asked for by name, whatever kept it back, and says why", () => {
    const names = ["none", "link", "out", "unread", "socket", "fine"]
    const { changed, missing, skipped } = outputsOf(
      names,
      {
        missing: [0],
        unread: [
          "tar: work/unread: Cannot open: Permission denied",
          "tar: work/unread: Cannot open: Permission denied",
          "tar: output/fine: Cannot open: Permission denied",
          "tar: work/socket: socket ignored",
          "tar: work/caf\\351: file changed as we read it",
          "tar: work/caf\\351: file changed as we read it",
          "tar: output/big: File shrank by 12 bytes; padding with zeros",
          "tar: output: file changed as we read it"
        ]
      },
      {
        files: {},
        broken: new Map([
          ["link", "real/a"],
          ["other", "b"]
        ]),
        skipped: [{ name: "out", reason: "it is a link to /etc" }],
        lost: new Set(["out"]),
        renamed: []
      }
    )
    assert.deepStrictEqual(missing, ["none", "link", "out", "unread", "socket"])
    assert.deepStrictEqual(
      skipped.map(({ name }) => name),
      ["out", "unread", "fine", "socket", "link"]
    )
    assert.deepStrictEqual(changed, ["caf\\xe9", "big", "output"])
    assert.match(skipped[4]?.reason ?? "", /^it is a link to real\/a, which is not there/)
  })
})
