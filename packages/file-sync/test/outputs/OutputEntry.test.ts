/**
 * Where an entry of an output archive may be written, and which entries are refused. Numbers such
 * as F11 are rows of the catalogue in packages/file-sync/README.md.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Tar } from "effect/encoding"
import { type OutputPlacement, placeOutput } from "../../src/outputs/OutputEntry.ts"

const entry = (type: Tar.EntryType, path: string, linkTarget?: string, mode = 0o644) => ({
  type,
  path,
  linkTarget,
  mode
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
    [entry("Symlink", "work/link", "out.txt"), { _tag: "Symlink", name: "link", target: "out.txt" }],
    [entry("Symlink", "work/a/link", "../out.txt"), { _tag: "Symlink", name: "a/link", target: "../out.txt" }],
    [entry("Symlink", "work/a/link", "../../out.txt"), "Skip"],
    [entry("Symlink", "work/link", "/etc/passwd"), "Skip"],
    [entry("Symlink", "work/link", ""), "Skip"],
    [entry("Symlink", "work/link", "a/../../etc"), "Skip"],
    [entry("Symlink", "work/link", "a/.."), "Skip"],
    // The decoder's sign for bytes that are not UTF-8.
    [entry("File", "output/caf\ufffd.txt"), "Skip"],
    [entry("Directory", "work/\ufffd/"), "Skip"],
    [entry("Symlink", "work/link", "\ufffd"), "Skip"],
    [entry("Hardlink", "work/b", "work/\ufffd"), "Skip"],
    // Absolute ones below the volume, and those from one of its folders to the other.
    [entry("Symlink", "work/link", "/podwright/work/a/b"), { _tag: "Symlink", name: "link", target: "a/b" }],
    [entry("Symlink", "work/a/link", "/podwright/work/b"), { _tag: "Symlink", name: "a/link", target: "../b" }],
    [entry("Symlink", "output/a/link", "/podwright/work/a/b"), { _tag: "Symlink", name: "a/link", target: "b" }],
    [entry("Symlink", "output/link", "../work/b"), { _tag: "Symlink", name: "link", target: "b" }],
    [entry("Symlink", "work/a/link", "/podwright/work"), { _tag: "Symlink", name: "a/link", target: ".." }],
    [entry("Symlink", "work/link", "/podwright/./output//b"), { _tag: "Symlink", name: "link", target: "b" }],
    [entry("Symlink", "work/link", "/podwright/run/exit"), "Skip"],
    [entry("Symlink", "work/link", "/podwright/work/../run/exit"), "Skip"],
    [entry("Symlink", "work/link", "/podwright/worker"), "Skip"],
    [entry("Symlink", "work/link", "/podwright"), "Skip"],
    [entry("Symlink", "work/link", "../run/exit"), "Skip"],
    [entry("Symlink", "work/link", "../../podwright/work/b"), "Skip"],
    [entry("Hardlink", "work/b", "work/a"), { _tag: "Copy", name: "b", from: "a" }],
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
    const link = header.linkTarget === undefined ? "" : ` -> ${JSON.stringify(header.linkTarget)}`
    it(`${header.type} ${JSON.stringify(header.path)}${link}`, () =>
      assert.deepStrictEqual(outcome(placeOutput(header, "/podwright")), expected as never))
  }
})
