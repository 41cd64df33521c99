/** Which commit messages the hook lets through. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"

const SCRIPT = join(import.meta.dirname, "../commit-subject.mjs")
const folder = mkdtempSync(join(tmpdir(), "podwright-subject-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const cases: ReadonlyArray<readonly [name: string, message: string, isTaken: boolean]> = [
  ["72 characters are taken", "x".repeat(72), true],
  ["73 characters are refused", "x".repeat(73), false],
  ["characters are counted, not bytes", "→".repeat(72), true],
  ["a long body is taken", `short\n\n${"x".repeat(100)}\n`, true],
  ["comments and empty lines before the subject do not count", `\n# ${"x".repeat(100)}\nshort\n`, true],
  ["a merge is taken, since git words it", `Merge branch '${"x".repeat(80)}'`, true],
  ["a fixup is taken, since it goes away", `fixup! ${"x".repeat(72)}`, true]
]

describe("commit-subject.mjs", () => {
  for (const [index, [name, message, isTaken]] of cases.entries()) {
    it(name, () => {
      const path = join(folder, `${index}`)
      writeFileSync(path, message)
      const { status, stderr } = spawnSync(process.execPath, [SCRIPT, path], { encoding: "utf8" })
      assert.strictEqual(status, isTaken ? 0 : 1, stderr)
      if (!isTaken) assert.include(stderr, "at most 72")
    })
  }
})
