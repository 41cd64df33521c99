import { spawnSync } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ALARM_SECONDS, gateScript } from "../../src/script/GateScript.ts"
import { find, Gate, shells, until } from "../shells.ts"

const sh = (script: string): ReadonlyArray<string> => ["sh", "-c", script]
const MEBIBYTE = 1_048_576

/** A namespace where the gate is process 1, as in a container; undefined where this user may not create one. */
const NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
const namespace = spawnSync("unshare", [...NAMESPACE.slice(1), "true"]).status === 0 ? NAMESPACE : undefined

describe("gateScript", () => {
  it("uses no name that a task's own environment could have", () => {
    const names = [...gateScript("/r").matchAll(/(?:^|[\s;'])([A-Za-z_]\w*)=/g)].map(([, name = ""]) => name)
    assert.isAbove(names.length, 10)
    assert.deepStrictEqual(
      names.filter((name) => !name.startsWith("pw_")),
      []
    )
  })
  it("is at most 96 lines", () => {
    assert.isAtMost(gateScript("/r").split("\n").length, 96)
  })
})

for (const shell of shells) {
  describe(`the gate under ${shell.join(" ")}`, () => {
    const ends: ReadonlyArray<readonly [string, ReadonlyArray<string>, number]> = [
      ["success", sh("exit 0"), 0],
      ["failure", sh("exit 3"), 3],
      ["the greatest exit code", sh("exit 255"), 255],
      ["a program that does not exist", ["no-such-program"], 127],
      ["a program that cannot be run", ["/"], 126],
      ["death by KILL", sh("kill -9 $$"), 137],
      ["death by TERM", sh("kill -15 $$"), 143]
    ]
    for (const [name, argv, code] of ends) {
      it(`ends as its command does: ${name}`, async () => {
        using gate = new Gate()
        const ended = await gate.run(shell, argv)
        assert.strictEqual(ended.code, code)
        assert.strictEqual(gate.file("exit"), `${code}\n`)
        assert.strictEqual(ended.stdout, gate.file("stdout"))
        assert.strictEqual(ended.stderr, gate.file("stderr"))
      })
    }

    it("keeps stdout and stderr apart, and passes both on", async () => {
      using gate = new Gate()
      const ended = await gate.run(shell, sh("echo out; echo err >&2; printf end"))
      assert.deepStrictEqual([gate.file("stdout"), gate.file("stderr")], ["out\nend", "err\n"])
      assert.deepStrictEqual([ended.stdout, ended.stderr], ["out\nend", "err\n"])
    })

    it("keeps what is written to /dev/stdout and /dev/stderr by name", async () => {
      using gate = new Gate()
      await gate.run(shell, sh("echo 1; echo 2 > /dev/stdout; echo 3; echo a >&2; echo b > /dev/stderr"))
      assert.strictEqual(gate.file("stdout"), "1\n2\n3\n")
      assert.strictEqual(gate.file("stderr"), "a\nb\n")
    })

    it("hands arguments on as they are", async () => {
      using gate = new Gate()
      const awkward = ["", "a b", "$HOME", "`x`", "'\"\\", "*", "-n", "two\nlines"]
      await gate.run(shell, ["sh", "-c", 'for one; do printf "<%s>" "$one"; done', "name", ...awkward])
      assert.strictEqual(gate.file("stdout"), awkward.map((one) => `<${one}>`).join(""))
    })

    it("starts the command in work, with nothing on stdin and none of its own variables", async () => {
      using gate = new Gate()
      await gate.run(shell, sh("pwd; cat; set | grep ^pw_"))
      assert.strictEqual(gate.file("stdout"), `${gate.path("work")}\n`)
    })

    it("starts the command once the input is there, and not before", async () => {
      using gate = new Gate()
      const script = gate.start(shell, sh("cat in"))
      await until(() => gate.has("stdout") && gate.has("stderr"))
      assert.isFalse(gate.has("exit"))
      writeFileSync(gate.path("work", "in"), "input")
      gate.ready()
      assert.strictEqual((await script.ended).code, 0)
      assert.strictEqual(gate.file("stdout"), "input")
    })

    it("waits at the bell without a poll, and starts the command when it rings and the input is there", async () => {
      using gate = new Gate()
      gate.makeBell()
      const script = gate.start(shell, sh("ls -l /proc/self/fd | grep -c bell"), gate.tracedSleep())
      await until(() => gate.listens())
      gate.ring()
      await until(() => gate.listens())
      assert.isTrue(gate.naps().every((seconds) => seconds === String(ALARM_SECONDS)))
      assert.isFalse(gate.has("exit"))
      gate.ready()
      gate.ring()
      await script.ended
      assert.strictEqual(gate.file("stdout"), "0\n")
    })

    it("looks by itself where a ring does not reach it", async () => {
      using gate = new Gate()
      gate.makeBell()
      const script = gate.start(shell, sh("echo went"), gate.tracedSleep("0.01"))
      await until(() => gate.listens())
      gate.ready()
      assert.deepStrictEqual(await script.ended, { code: 0, stdout: "went\n", stderr: "" })
    })

    it("needs no ring where the input is there first", async () => {
      using gate = new Gate()
      gate.makeBell()
      const ended = await gate.run(shell, sh("exit 3"))
      assert.strictEqual(ended.code, 3)
    })

    it("polls where something else has the bell's name", async () => {
      using gate = new Gate()
      mkdirSync(gate.path("run", ".bell"))
      const script = gate.start(shell, sh("echo went"))
      await until(() => gate.has("stderr"))
      gate.ready()
      assert.deepStrictEqual(await script.ended, { code: 0, stdout: "went\n", stderr: "" })
    })

    it("waits for a helper that has not made the folders yet", async () => {
      using gate = new Gate()
      rmSync(gate.path("run"), { recursive: true })
      const script = gate.start(shell, sh("echo late"))
      mkdirSync(gate.path("run"))
      gate.ready()
      assert.strictEqual((await script.ended).code, 0)
      assert.strictEqual(gate.file("stdout"), "late\n")
    })

    it("has all of a long output in the file when exit appears", async () => {
      using gate = new Gate()
      gate.ready()
      const line = "x".repeat(63)
      const script = gate.start(shell, sh(`yes ${line} | head -c ${MEBIBYTE}; echo end >&2`))
      await until(() => gate.has("exit"))
      assert.strictEqual(statSync(gate.path("run", "stdout")).size, MEBIBYTE)
      assert.strictEqual(gate.file("stderr"), "end\n")
      assert.strictEqual(gate.file("exit"), "0\n")
      const ended = await script.ended
      assert.strictEqual(ended.stdout, gate.file("stdout"))
    })

    it("passes TERM on and lets the command end in its own way", async () => {
      using gate = new Gate()
      gate.ready()
      const script = gate.start(shell, sh("trap 'echo asked; exit 7' TERM; echo up; while :; do sleep 0.02; done"))
      await until(() => gate.has("stdout") && gate.file("stdout") === "up\n")
      script.signal("SIGTERM")
      assert.strictEqual((await script.ended).code, 7)
      assert.strictEqual(gate.file("stdout"), "up\nasked\n")
      assert.strictEqual(gate.file("exit"), "7\n")
    })

    it("goes on waiting for a command that does not end at TERM", async () => {
      using gate = new Gate()
      gate.ready()
      const script = gate.start(
        shell,
        sh("n=0; trap 'n=$((n + 1)); echo $n' TERM; echo up; until [ $n = 3 ]; do sleep 0.02; done; exit 5")
      )
      for (const seen of ["up\n", "up\n1\n", "up\n1\n2\n"]) {
        await until(() => gate.has("stdout") && gate.file("stdout") === seen)
        script.signal("SIGTERM")
      }
      assert.strictEqual((await script.ended).code, 5)
      assert.strictEqual(gate.file("stdout"), "up\n1\n2\n3\n")
    })

    const stops: ReadonlyArray<readonly [string, string, number, string]> = [
      [
        "a command with others after it, and waits for what it still prints",
        `echo up; sh -c 'trap "sleep 0.3; echo asked; exit 4" TERM; echo inner; while :; do sleep 0.02; done'; echo never`,
        143,
        "up\ninner\nasked\n"
      ],
      [
        "the command that a shell with a trap of its own waits for, so that the trap runs",
        "trap 'echo asked; sleep 0.1; echo leaving; exit 7' TERM; echo inner >told; tail -f told; echo never",
        7,
        "inner\nasked\nleaving\n"
      ],
      [
        "a command in shells in shells and in a script",
        "(sh -c './nested; echo never'; echo never); echo never",
        143,
        "inner\n"
      ]
    ]
    for (const [name, commands, code, output] of stops) {
      it(`stops at TERM: ${name}`, async () => {
        using gate = new Gate()
        gate.ready()
        writeFileSync(gate.path("work", "nested"), "#!/bin/sh\necho inner\nsleep 600\necho never\n", { mode: 0o755 })
        const script = gate.start(shell, sh(commands))
        await until(() => gate.has("stdout") && gate.file("stdout").includes("inner"))
        script.signal("SIGTERM")
        assert.strictEqual((await script.ended).code, code)
        assert.strictEqual(gate.file("stdout"), output)
        assert.strictEqual(gate.file("exit"), `${code}\n`)
      })
    }

    it("leaves it to a program that is no shell what its children hear of TERM", async () => {
      using gate = new Gate()
      gate.ready()
      const child =
        "trap 'echo asked' TERM; echo $PPID; until [ -e ../output/end ]; do sleep 0.02; done; echo went on >&2"
      const script = gate.start(shell, ["find", ".", "-prune", "-exec", ...sh(child), ";"])
      await until(() => gate.has("stdout") && gate.file("stdout").endsWith("\n"))
      const find = gate.file("stdout").trimEnd()
      script.signal("SIGTERM")
      await until(() => !existsSync(`/proc/${find}`))
      writeFileSync(gate.path("output", "end"), "")
      assert.strictEqual((await script.ended).code, 143)
      assert.deepStrictEqual([gate.file("stdout"), gate.file("stderr")], [`${find}\n`, "went on\n"])
    })

    const waiting = "echo before; until [ -e ../output/end ]; do sleep 0.02; done"

    it("loses no output when a command signals the processes that carry it", async () => {
      using gate = new Gate()
      gate.ready()
      const script = gate.start(shell, sh(`${waiting}; echo after; exit 5`))
      await until(() => gate.has(".passed") && gate.file("stdout") === "before\n")
      for (const signal of ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGALRM"] as const) {
        for (const carrier of gate.carriers()) process.kill(carrier, signal)
      }
      writeFileSync(gate.path("output", "end"), "")
      assert.deepStrictEqual(await script.ended, { code: 5, stdout: "before\nafter\n", stderr: "" })
      assert.strictEqual(gate.file("stdout"), "before\nafter\n")
    })

    it("replaces the processes that carry output when they are killed", async () => {
      using gate = new Gate()
      gate.ready()
      const script = gate.start(shell, sh(`${waiting}; yes | head -c ${MEBIBYTE}; echo after >&2; exit 5`))
      await until(() => gate.has(".passed") && gate.file("stdout") === "before\n")
      const killed = gate.carriers("cat")
      for (const carrier of killed) process.kill(carrier, "SIGKILL")
      // One that is still dying may take bytes with it.
      await until(() => !killed.some((pid) => existsSync(`/proc/${pid}`)))
      writeFileSync(gate.path("output", "end"), "")
      assert.strictEqual((await script.ended).code, 5)
      assert.strictEqual(statSync(gate.path("run", "stdout")).size, MEBIBYTE + "before\n".length)
      assert.strictEqual(gate.file("stderr"), "after\n")
    })

    it("ends a command whose output cannot be kept any more as a broken pipe does", async () => {
      using gate = new Gate()
      gate.ready()
      const script = gate.start(shell, sh(`${waiting}; yes`))
      await until(() => gate.has(".passed") && gate.file("stdout") === "before\n")
      // As at a full volume, a cat ends otherwise than by KILL.
      for (const carrier of gate.carriers("cat")) process.kill(carrier, "SIGXCPU")
      writeFileSync(gate.path("output", "end"), "")
      assert.strictEqual((await script.ended).code, 141)
    })

    if (namespace !== undefined) {
      for (const signal of ["TERM", "HUP", "INT", "USR1"]) {
        it(`keeps everything of a command that sends ${signal} to all processes of its container`, async () => {
          using gate = new Gate()
          // The gate is process 1 there; anywhere else nothing may be signalled.
          const commands = `[ $PPID = 1 ] || exit 9; echo before; kill -${signal} -1; echo after; exit 3`
          const ended = await gate.run([...namespace, ...shell], sh(commands))
          assert.deepStrictEqual([ended.code, ended.stdout], [3, "before\nafter\n"])
          assert.strictEqual(gate.file("stdout"), "before\nafter\n")
        })
      }

      it("keeps what a command prints after it has killed all processes of its container", async () => {
        using gate = new Gate()
        const commands =
          "[ $PPID = 1 ] || exit 9; kill -KILL -1; while grep -qs ^cat$ /proc/[0-9]*/comm; do sleep 0.02; done; echo after; echo error >&2; exit 3"
        const ended = await gate.run([...namespace, ...shell], sh(commands))
        assert.strictEqual(ended.code, 3)
        assert.deepStrictEqual([gate.file("stdout"), gate.file("stderr")], ["after\n", "error\n"])
      })
    }

    it("gives the command no signal that it cannot trap, and no descriptor of its own", async () => {
      using gate = new Gate()
      const asked = ["HUP", "TERM", "USR1", "USR2", "PIPE", "ALRM"].map((one) => `kill -${one} $$`).join("; ")
      const traps = "trap 'printf x' HUP TERM USR1 USR2 PIPE ALRM"
      await gate.run(shell, sh(`${traps}; ${asked}; for one in 3 4 5 9; do [ -e /proc/$$/fd/$one ] && echo $one; done`))
      assert.strictEqual(gate.file("stdout"), "xxxxxx")
    })

    it("ends at TERM while it waits at the bell", async () => {
      using gate = new Gate()
      gate.makeBell()
      const script = gate.start(shell, sh("echo ran"))
      await until(() => gate.listens())
      script.signal("SIGTERM")
      assert.strictEqual(await script.exited, 143)
      assert.isFalse(gate.has("exit"))
    })

    for (const signal of ["SIGTERM", "SIGINT", "SIGQUIT"] as const) {
      it(`ends a command that traps nothing at ${signal}`, async () => {
        using gate = new Gate()
        gate.ready()
        const script = gate.start(shell, sh("echo up; exec sleep 600"))
        await until(() => gate.has("stdout") && gate.file("stdout") === "up\n")
        script.signal(signal)
        assert.strictEqual((await script.ended).code, 143)
        assert.strictEqual(gate.file("exit"), "143\n")
      })

      it(`ends at ${signal} while it waits for input, without claiming that anything ran`, async () => {
        using gate = new Gate()
        const script = gate.start(shell, sh("echo ran"))
        await until(() => gate.has("stderr"))
        script.signal(signal)
        assert.strictEqual(await script.exited, 143)
        assert.isFalse(gate.has("exit"))
        assert.strictEqual(gate.file("stdout"), "")
      })
    }

    it("is not held back by a process left behind that keeps the pipe", async () => {
      using gate = new Gate()
      const ended = await gate.run(shell, sh("sleep 600 & echo done; exit 4"))
      assert.strictEqual(ended.code, 4)
      assert.strictEqual(gate.file("exit"), "4\n")
      assert.deepStrictEqual([gate.file("stdout"), gate.file("stderr")], ["done\n", ""])
      assert.deepStrictEqual([ended.stdout, ended.stderr], ["done\n", ""])
    })

    it("still keeps what a process left behind says while the rest is drained", async () => {
      using gate = new Gate()
      await gate.run(shell, sh("(sleep 0.2; echo late) & echo first"))
      assert.strictEqual(gate.file("stdout"), "first\nlate\n")
    })

    it("leaves modes alone where the helper is main's user", async () => {
      using gate = new Gate()
      await gate.run(shell, sh("umask 077; echo x > ../output/file; mkdir ../output/folder"))
      assert.strictEqual(statSync(gate.path("output", "file")).mode & 0o777, 0o600)
      assert.strictEqual(statSync(gate.path("output", "folder")).mode & 0o777, 0o700)
    })

    // Only root can start a process as another user, so this one is not registered for anybody
    // else.
    if (process.getuid?.() === 0) {
      it("makes outputs readable where the helper is another user, inside the helper's folders too", async () => {
        using gate = new Gate()
        const [helper, main] = [65_534, 65_533]
        mkdirSync(gate.path("work", "delivered"))
        chmodSync(gate.root, 0o755)
        for (const folder of ["run", "output", "work", "work/delivered"]) {
          chmodSync(gate.path(folder), 0o777)
          chownSync(gate.path(folder), helper, helper)
        }
        gate.ready()
        gate.open()
        const made =
          "umask 077; mkdir ../output/sub; for one in ../output/sub/x delivered/y z; do echo x > $one; done; chmod +x z; ln -s /etc/passwd link"
        const { code, stderr } = await gate.start(shell, sh(made), process.env, main).ended
        assert.deepStrictEqual([code, stderr], [0, ""])
        const mode = (path: string) => (statSync(gate.path(path)).mode & 0o777).toString(8)
        assert.deepStrictEqual(["output/sub", "output/sub/x", "work/delivered/y", "work/z"].map(mode), [
          "755",
          "644",
          "644",
          "755"
        ])
      })
    }

    if (process.getuid?.() === 0) {
      it("waits until the inputs are open to it where the helper is another user", async () => {
        using gate = new Gate()
        gate.makeBell()
        for (const path of [gate.root, gate.path("run"), gate.path("run", ".bell")]) chmodSync(path, 0o777)
        gate.ready()
        const script = gate.start(shell, sh("echo went"), process.env, 65_533)
        await until(() => gate.listens())
        gate.ring()
        await until(() => gate.listens())
        assert.isFalse(gate.has("exit"))
        gate.open()
        gate.ring()
        assert.strictEqual((await script.ended).stdout, "went\n")
      })

      it("makes what root gave to others readable, for a helper that is root without its powers", async () => {
        using gate = new Gate()
        const made =
          "umask 077; mkdir ../output/sub; echo x > ../output/sub/x; echo x > own; chown -R 65533 ../output/sub"
        await gate.run(shell, sh(made))
        const mode = (path: string) => (statSync(gate.path(path)).mode & 0o777).toString(8)
        assert.deepStrictEqual(["output/sub", "output/sub/x", "work/own"].map(mode), ["755", "644", "600"])
      })
    }

    if (process.getuid?.() === 0) {
      it("makes readable what its own user may not read, and what lies in such folders", async () => {
        using gate = new Gate()
        const user = 65_534
        chmodSync(gate.root, 0o755)
        for (const folder of ["run", "output", "work"]) chownSync(gate.path(folder), user, user)
        gate.ready()
        const made =
          "umask 077; cd ../output; mkdir -p a/b c; for one in a/b/x c/y z own; do echo x > $one; done; chmod 0200 z; chmod 0 a/b/x c/y a/b; chmod 0600 a; chmod 0 c"
        const { code, stderr } = await gate.start(shell, sh(made), process.env, user).ended
        assert.deepStrictEqual([code, stderr], [0, ""])
        const mode = (path: string) => (statSync(gate.path("output", path)).mode & 0o777).toString(8)
        assert.deepStrictEqual(["a", "a/b", "a/b/x", "c", "c/y", "z", "own"].map(mode), [
          "755",
          "555",
          "444",
          "555",
          "444",
          "644",
          "600"
        ])
      })
    }

    for (const missing of ["mkfifo", "cat"]) {
      it(`keeps everything in an image without ${missing}`, async () => {
        using gate = new Gate()
        const program = find(shell[0] ?? "") ?? ""
        const tools = ["sh", "sleep", "mv", "mkfifo", "cat"].filter((name) => name !== missing)
        const env = gate.onlyPrograms(...tools)
        const ended = await gate.run(
          [program, ...shell.slice(1)],
          sh("echo out; echo err >&2; printf end; exit 6"),
          env
        )
        assert.strictEqual(ended.code, 6)
        assert.deepStrictEqual(
          [gate.file("stdout"), gate.file("stderr"), gate.file("exit")],
          ["out\nend", "err\n", "6\n"]
        )
      })
    }

    it("writes the exit code in an image without mv", async () => {
      using gate = new Gate()
      const program = find(shell[0] ?? "") ?? ""
      const ended = await gate.run([program, ...shell.slice(1)], sh("exit 6"), gate.onlyPrograms("sh", "sleep"))
      assert.strictEqual(ended.code, 6)
      assert.strictEqual(gate.file("exit"), "6\n")
    })

    it("says when it cannot start, instead of running somewhere else", async () => {
      using gate = new Gate()
      rmSync(gate.path("work"), { recursive: true })
      gate.ready()
      const script = gate.start(shell, sh("echo ran"))
      // In a pod the end of process 1 ends everything; here a cat that has not opened its pipe yet
      // may outlive the shell.
      assert.strictEqual(await script.exited, 125)
      await until(() => script.stderr.includes(basename(gate.root)))
      assert.isFalse(gate.has("exit"))
      assert.strictEqual(gate.file("stdout"), "")
    })
  })
}
