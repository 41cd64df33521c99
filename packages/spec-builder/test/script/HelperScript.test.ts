import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { helperScript, inputScript } from "../../src/script/HelperScript.ts"
import { Script, shells, until } from "../shells.ts"

/** An empty volume and a helper on it. */
class Helper {
  readonly root = mkdtempSync(join(tmpdir(), "podwright helper's-"))
  readonly script: Script

  constructor(shell: ReadonlyArray<string>, text: (root: string) => string, ...files: ReadonlyArray<string>) {
    if (files.length > 0) mkdirSync(join(this.root, "run"))
    for (const file of files) this.touch(file)
    this.script = new Script([...shell, "-c", text(this.root)])
  }

  mode(folder: string): number | undefined {
    const stat = statSync(join(this.root, folder), { throwIfNoEntry: false })
    return stat === undefined ? undefined : stat.mode & 0o777
  }

  touch(name: string, text = ""): void {
    writeFileSync(join(this.root, "run", name), text)
  }

  [Symbol.dispose](): void {
    this.script.stop()
    rmSync(this.root, { recursive: true, force: true })
  }
}

const helper = (root: string): string => helperScript(root, "files")

const scripts = [
  { name: "the helper", text: helper, mark: "done", terminated: 143 },
  { name: "the input helper", text: inputScript, mark: "ready", terminated: 143 }
]

for (const shell of shells) {
  for (const { name, text, mark, terminated } of scripts) {
    describe(`${name} under ${shell.join(" ")}`, () => {
      it(`makes a working folder of its user's, all else for anybody, and ends well at run/${mark}, without a word`, async () => {
        using beside = new Helper(shell, text)
        await until(() => beside.mode("output") !== undefined)
        assert.deepStrictEqual(
          ["run", "work", "output"].map((one) => beside.mode(one)),
          [0o777, 0o755, 0o777]
        )
        beside.touch(mark)
        assert.deepStrictEqual(await beside.script.ended, { code: 0, stdout: "", stderr: "" })
      })

      it(`ends with ${terminated} at TERM, without a word`, async () => {
        using beside = new Helper(shell, text)
        await until(() => beside.mode("output") !== undefined)
        beside.script.signal("SIGTERM")
        assert.deepStrictEqual(await beside.script.ended, { code: terminated, stdout: "", stderr: "" })
      })

      it("fails and says why when there is no volume", async () => {
        using beside = new Helper(shell, (root) => text(`${root}/missing`))
        const ended = await beside.script.ended
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
        using beside = new Helper(shell, (root) => inputScript(root, user))
        await until(() => beside.mode("output") !== undefined)
        beside.touch("ready")
        await beside.script.ended
        assert.strictEqual(beside.mode("run/.same") !== undefined, same)
      })
  })

  describe(`the helper beside a main that was told to stop, under ${shell.join(" ")}`, () => {
    const stopped = async (...files: ReadonlyArray<string>): Promise<Helper> => {
      const beside = new Helper(shell, helper)
      await until(() => beside.mode("run/.bell") !== undefined)
      for (const file of files) beside.touch(file)
      beside.script.signal("SIGTERM")
      return beside
    }
    /** It rings while it stays. */
    const rings = async (beside: Helper): Promise<void> => {
      const listener = new Script([
        "sh",
        "-c",
        'until read -r line <"$1"; do :; done',
        "sh",
        `${beside.root}/run/.bell`
      ])
      assert.strictEqual(await listener.exited, 0)
    }

    for (const [mark, code] of [
      ["done", 0],
      ["sent", 0]
    ] as const) {
      it(`stays while the command ends, until run/${mark} says that the driver has everything`, async () => {
        using beside = await stopped("ready", "stdout")
        await rings(beside)
        await rings(beside)
        beside.touch(mark)
        assert.deepStrictEqual(await beside.script.ended, { code, stdout: "", stderr: "" })
      })
    }

    it("stays while a session collects, and ends when the command has ended and no session is alive", async () => {
      using beside = await stopped("ready", "stdout")
      const session = new Script(["sleep", "600"])
      beside.touch("session.files", `${session.process.pid}\n`)
      beside.touch("exit")
      for (let looks = 0; looks < 40; looks++) await rings(beside)
      session.stop()
      assert.deepStrictEqual(await beside.script.ended, { code: 143, stdout: "", stderr: "" })
    })

    it("ends at once where the inputs are there and main has not begun", async () => {
      using beside = await stopped("ready")
      assert.deepStrictEqual(await beside.script.ended, { code: 143, stdout: "", stderr: "" })
    })

    it("stays in the init shape, where main's end shows nowhere", async () => {
      using beside = new Helper(shell, helper, "ready")
      await until(() => beside.mode("run/.bell") !== undefined)
      beside.script.signal("SIGTERM")
      await rings(beside)
      await rings(beside)
      beside.touch("done")
      assert.strictEqual((await beside.script.ended).code, 0)
    })
  })

  describe(`the bell under ${shell.join(" ")}`, () => {
    it("is open to every user, and rung by the helper too while the input is there", async () => {
      using beside = new Helper(shell, helper)
      await until(() => beside.mode("run/.bell") !== undefined)
      assert.strictEqual(beside.mode("run/.bell"), 0o666)
      const listener = new Script(["sh", "-c", 'read -r line <"$1" && echo heard', "sh", `${beside.root}/run/.bell`])
      beside.touch("ready")
      assert.strictEqual((await listener.ended).stdout, "heard\n")
    })
  })
}
