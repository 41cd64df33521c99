import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { helperScript, inputScript } from "../../src/script/HelperScript.ts"
import { Script, shells, until } from "../shells.ts"

/** An empty volume and a helper on it. */
class Helper {
  readonly root = mkdtempSync(join(tmpdir(), "podwright helper's-"))
  readonly script: Script

  constructor(shell: ReadonlyArray<string>, text: (root: string) => string) {
    this.script = new Script([...shell, "-c", text(this.root)])
  }

  mode(folder: string): number | undefined {
    const stat = statSync(join(this.root, folder), { throwIfNoEntry: false })
    return stat === undefined ? undefined : stat.mode & 0o777
  }

  touch(name: string): void {
    writeFileSync(join(this.root, "run", name), "")
  }

  [Symbol.dispose](): void {
    this.script.stop()
    rmSync(this.root, { recursive: true, force: true })
  }
}

const scripts = [
  { name: "the helper", text: helperScript, mark: "done", terminated: 143 },
  { name: "the input helper", text: inputScript, mark: "ready", terminated: 143 }
]

for (const shell of shells) {
  for (const { name, text, mark, terminated } of scripts) {
    describe(`${name} under ${shell.join(" ")}`, () => {
      it(`makes a working folder of its user's, all else for anybody, and ends well at run/${mark}, without a word`, async () => {
        using helper = new Helper(shell, text)
        await until(() => helper.mode("output") !== undefined)
        assert.deepStrictEqual(
          ["run", "work", "output"].map((one) => helper.mode(one)),
          [0o777, 0o755, 0o777]
        )
        helper.touch(mark)
        assert.deepStrictEqual(await helper.script.ended, { code: 0, stdout: "", stderr: "" })
      })

      it(`ends with ${terminated} at TERM, without a word`, async () => {
        using helper = new Helper(shell, text)
        await until(() => helper.mode("output") !== undefined)
        helper.script.signal("SIGTERM")
        assert.deepStrictEqual(await helper.script.ended, { code: terminated, stdout: "", stderr: "" })
      })

      it("fails and says why when there is no volume", async () => {
        using helper = new Helper(shell, (root) => text(`${root}/missing`))
        const ended = await helper.script.ended
        assert.isAbove(ended.code, 0)
        assert.include(ended.stderr, "missing")
      })
    })
  }

  describe(`the input helper under ${shell.join(" ")}`, () => {
    for (const [user, same] of [
      [process.getuid?.() ?? 0, true],
      [(process.getuid?.() ?? 0) + 1, false],
      [undefined, false]
    ] as const)
      it(`says ${same ? "" : "not "}that main is the same user where main is ${user ?? "of no known one"}`, async () => {
        using helper = new Helper(shell, (root) => inputScript(root, user))
        await until(() => helper.mode("output") !== undefined)
        helper.touch("ready")
        await helper.script.ended
        assert.strictEqual(helper.mode("run/.same") !== undefined, same)
      })
  })

  describe(`the bell under ${shell.join(" ")}`, () => {
    it("is open to every user, and rung by the helper too while the input is there", async () => {
      using helper = new Helper(shell, helperScript)
      await until(() => helper.mode("run/.bell") !== undefined)
      assert.strictEqual(helper.mode("run/.bell"), 0o666)
      const listener = new Script(["sh", "-c", 'read -r line <"$1" && echo heard', "sh", `${helper.root}/run/.bell`])
      helper.touch("ready")
      assert.strictEqual((await listener.ended).stdout, "heard\n")
    })
  })
}
