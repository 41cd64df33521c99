/**
 * Where an entry of an output archive may be written, and which entries are refused. Numbers such
 * as F11 are rows of the catalogue in packages/file-sync/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import { leavesTop, type OutputPlacement, placeOutput, underName } from "../../src/outputs/OutputEntry.ts"
import type { TarEntryType } from "../../src/outputs/TarReader.ts"

const entry = (type: TarEntryType, path: string, linkTarget = "", mode = 0o644) => ({
  type,
  path,
  linkTarget,
  mode,
  size: 0
})
const outcome = (placement: OutputPlacement) =>
  placement._tag === "Refuse" || placement._tag === "Skip" ? placement._tag : placement

describe("placeOutput: F11", () => {
  const cases: ReadonlyArray<readonly [ReturnType<typeof entry>, unknown]> = [
    [entry("File", "work/out.txt"), { _tag: "File", name: "out.txt", executable: false }],
    [entry("File", "work/a/b", undefined, 0o755), { _tag: "File", name: "a/b", executable: true }],
    [entry("File", "output/..."), { _tag: "File", name: "...", executable: false }],
    [entry("File", "work/set-uid", undefined, 0o4755), { _tag: "File", name: "set-uid", executable: true }],
    [entry("Directory", "output/"), { _tag: "Top" }],
    [entry("Symlink", "output", "work/elsewhere"), "Skip"],
    [entry("File", "output"), "Skip"],
    [entry("Directory", "output/empty/"), { _tag: "Folder", name: "empty" }],
    [entry("Symlink", "work/link", "out.txt"), { _tag: "Symlink", name: "link", target: "out.txt", within: "work" }],
    [
      entry("Symlink", "work/a/link", "../out.txt"),
      { _tag: "Symlink", name: "a/link", target: "../out.txt", within: "work" }
    ],
    [entry("Symlink", "work/a/link", "../../out.txt"), "Skip"],
    [entry("Symlink", "work/link", "/etc/passwd"), "Skip"],
    [entry("Symlink", "work/link", ""), "Skip"],
    [entry("Symlink", "work/link", "a/../../etc"), "Skip"],
    [entry("Symlink", "work/link", "a/.."), "Skip"],
    // Absolute ones below the volume, and those from one of its folders to the other.
    [
      entry("Symlink", "work/link", "/podwright/work/a/b"),
      { _tag: "Symlink", name: "link", target: "a/b", within: "work" }
    ],
    [
      entry("Symlink", "work/a/link", "/podwright/work/b"),
      { _tag: "Symlink", name: "a/link", target: "../b", within: "work" }
    ],
    [
      entry("Symlink", "output/a/link", "/podwright/work/a/b"),
      { _tag: "Symlink", name: "a/link", target: "b", within: "work" }
    ],
    [entry("Symlink", "output/link", "../work/b"), { _tag: "Symlink", name: "link", target: "b", within: "work" }],
    [
      entry("Symlink", "work/a/link", "/podwright/work"),
      { _tag: "Symlink", name: "a/link", target: "..", within: "work" }
    ],
    [
      entry("Symlink", "work/link", "/podwright/./output//b"),
      { _tag: "Symlink", name: "link", target: "b", within: "output" }
    ],
    [entry("Symlink", "work/link", "/podwright/run/exit"), "Skip"],
    [entry("Symlink", "work/link", "/podwright/work/../run/exit"), "Skip"],
    [entry("Symlink", "work/link", "/podwright/worker"), "Skip"],
    [entry("Symlink", "work/link", "/podwright"), "Skip"],
    [entry("Symlink", "work/link", "../run/exit"), "Skip"],
    [entry("Symlink", "work/link", "../../podwright/work/b"), "Skip"],
    [entry("Hardlink", "work/b", "work/a"), { _tag: "Copy", name: "b", from: "a", within: "work" }],
    [entry("Hardlink", "work/b", "/etc/passwd"), "Refuse"],
    [entry("Hardlink", "work/b", "run/exit"), "Refuse"],
    [entry("File", "/etc/passwd"), "Refuse"],
    [entry("File", "work/../../etc/passwd"), "Refuse"],
    [entry("File", "work//x"), "Refuse"],
    [entry("File", "work/./x"), "Refuse"],
    [entry("File", "run/exit"), "Refuse"],
    [entry("File", "elsewhere"), "Refuse"],
    [entry("File", "work/a\0b"), "Refuse"],
    [entry("CharDevice", "work/null"), "Skip"],
    [entry("BlockDevice", "work/disk"), "Skip"],
    [entry("Fifo", "work/fifo"), "Skip"],
    [entry("Other", "work/other"), "Skip"]
  ]
  for (const [header, expected] of cases) {
    const link = header.linkTarget === "" ? "" : ` -> ${JSON.stringify(header.linkTarget)}`
    it(`${header.type} ${JSON.stringify(header.path)}${link}`, () =>
      assert.deepStrictEqual(outcome(placeOutput(header, "/podwright")), expected as never))
  }
})

describe("underName: F11", () => {
  const cases: ReadonlyArray<readonly [string, ReturnType<typeof entry>, string, string, boolean]> = [
    ["a file itself", entry("File", "./a"), "work/d/latest", "", false],
    ["a file of a folder", entry("File", "./real/x/a"), "work/d/latest/x/a", "", false],
    ["the folder itself", entry("Directory", "./real/"), "work/d/latest", "", false],
    ["a second name", entry("Hardlink", "./real/b", "./real/a"), "work/d/latest/b", "work/d/latest/a", false],
    ["a link within", entry("Symlink", "./real/x/l", "../a"), "work/d/latest/x/l", "../a", false],
    ["a link out", entry("Symlink", "./real/x/l", "../../a"), "work/d/latest/x/l", "../../a", true],
    ["a link to the folder above", entry("Symlink", "./real/l", ".."), "work/d/latest/l", "..", true],
    [
      "an absolute link",
      entry("Symlink", "./real/l", "/podwright/work/a"),
      "work/d/latest/l",
      "/podwright/work/a",
      false
    ]
  ]
  for (const [what, header, path, linkTarget, leaves] of cases) {
    it(`places ${what}`, () => {
      const placed = underName(header, "d/latest")
      assert.deepStrictEqual([placed.path, placed.linkTarget], [path, linkTarget])
      assert.strictEqual(leavesTop(header, "d/latest") !== undefined, leaves)
    })
  }
  it("refuses what is no part of the folder", () => {
    for (const path of ["./real/../../../etc/passwd", "./real//x/../../../../y"])
      assert.strictEqual(placeOutput(underName(entry("File", path), "latest"), "/podwright")._tag, "Refuse")
  })
})
