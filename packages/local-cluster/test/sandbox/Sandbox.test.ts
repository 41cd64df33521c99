/** Real processes in real namespaces, as whoever runs the tests: root or an ordinary user. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { makeFolder } from "../../src/sandbox/ContainerRoot.ts"
import { makeSandbox, type Sandbox } from "../../src/sandbox/Sandbox.ts"
import { idleContainer, outcome, root, runScript, startContainer } from "../support/containers.ts"

class TestSandbox extends Context.Service<TestSandbox, Sandbox>()("local-cluster/test/TestSandbox") {
  static readonly layer = Layer.effect(TestSandbox, makeSandbox)
}

const here = import.meta.dirname
const nobody = { ...root, uid: 65_534, gid: 65_534, capabilities: [] }

layer(TestSandbox.layer)("Sandbox", (it) => {
  describe("a container's program", () => {
    it.effect("has exactly its environment, its own host name, process table and working directory", () =>
      Effect.gen(function* () {
        const script = "tr '\\0' '\\n' </proc/self/environ; hostname; echo $$; ls -d /proc/[0-9]* | head -1; pwd"
        const env = new Map([["A.b", "x\ty"]])
        const argv = ["sh", "-c", script]
        const { stdout } = yield* Effect.flatMap(
          startContainer(yield* TestSandbox, argv, { env, workingDir: "/made/for me" }),
          outcome
        )
        assert.strictEqual(
          stdout,
          "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nA.b=x\ty\nhello\n1\n/proc/1\n/made/for me\n"
        )
      })
    )

    it.effect("writes to its streams by name too, and cannot read", () =>
      Effect.gen(function* () {
        const { stderr, stdout } = yield* runScript(
          yield* TestSandbox,
          "echo a; echo b >/dev/stdout; echo c >>/proc/self/fd/2; cat"
        )
        assert.deepStrictEqual([stdout, stderr], ["a\nb\n", "c\n"])
      })
    )

    const codes: ReadonlyArray<readonly [script: string, code: number]> = [
      ["exit 0", 0],
      ["exit 1", 1],
      ["exit 127", 127],
      ["sh -c 'kill -9 $$'", 137]
    ]
    it.effect.each(codes)("%s gives %i", ([script, code]) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* runScript(yield* TestSandbox, script)).code, code)
      })
    )

    it.effect("takes its children along", () =>
      Effect.gen(function* () {
        const { code, stdout } = yield* runScript(yield* TestSandbox, "sleep 1000 & echo started")
        assert.deepStrictEqual([code, stdout], [0, "started\n"])
      })
    )

    it.effect("as process 1 takes a signal only when it listens, and SIGKILL always", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        const deaf = yield* startContainer(sandbox, ["sleep", "1000"])
        yield* deaf.kill("SIGTERM")
        yield* deaf.kill("SIGKILL")
        assert.strictEqual(yield* deaf.ended, 137)
        yield* deaf.kill("SIGKILL")

        const script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"
        const listening = yield* startContainer(sandbox, ["sh", "-c", script])
        yield* Effect.promise(() => once(listening.stdout, "data"))
        yield* listening.kill("SIGTERM")
        assert.strictEqual(yield* listening.ended, 7)
      })
    )

    const missing: ReadonlyArray<readonly [program: string, message: string]> = [
      ["nope", 'exec: "nope": executable file not found in $PATH'],
      ["passwd-", 'exec: "passwd-": executable file not found in $PATH'],
      ["/nope", 'exec: "/nope": stat /nope: no such file or directory'],
      ["./nope", 'exec: "./nope": stat ./nope: no such file or directory'],
      ["/etc", 'exec: "/etc": permission denied'],
      ["/etc/passwd", 'exec: "/etc/passwd": permission denied'],
      ['a"b', 'exec: "a"b": executable file not found in $PATH']
    ]
    it.effect.each(missing)("%s is not there: %s", ([program, message]) =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        assert.deepStrictEqual(yield* Effect.flip(startContainer(sandbox, [program])), {
          _tag: "StartFailure",
          message,
          joinFailed: false
        })
        const container = yield* idleContainer(sandbox)
        assert.strictEqual((yield* Effect.flip(sandbox.exec(container, [program]))).message, message)
      })
    )
  })

  describe("the machine", () => {
    it.effect("cannot be written to, by root, below submounts, or after a remount", () =>
      Effect.gen(function* () {
        const table = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n")
        const mounts = table.map((line) => line.split(" ")[4] ?? "/").filter((path) => !path.includes("\\"))
        const folders = [
          ...new Set([...mounts, here, "/", "/etc", "/usr/bin", "/root", "/home", "/var/tmp", "/proc/sys"])
        ]
        const script = `for folder; do
            mount -o remount,rw,bind "$folder" 2>/dev/null && echo "remounted $folder"
            [ -d "$folder" ] && (: >"$folder/written-by-a-container") 2>/dev/null && echo "$folder"
          done
          (echo 3 >/proc/sys/vm/drop_caches) 2>/dev/null && echo drop_caches
          (echo b >/proc/sysrq-trigger) 2>/dev/null && echo sysrq
          mknod /tmp/disk b 254 0 2>/dev/null && (: </tmp/disk) 2>/dev/null && echo disk
          chroot /proc/1/root sh -c ': >/usr/written-by-a-container' 2>/dev/null && echo chroot
          :`
        const argv = ["sh", "-c", script, "sh", ...folders]
        const { stdout } = yield* Effect.flatMap(startContainer(yield* TestSandbox, argv), outcome)
        const own = new Set(["/", "/tmp", "/run", "/dev/shm"])
        assert.deepStrictEqual(
          stdout.split("\n").filter((line) => line !== "" && !own.has(line)),
          []
        )
        for (const folder of folders) assert.isFalse(existsSync(join(folder, "written-by-a-container")), folder)
      })
    )

    it.effect("does not show its processes, temporary files or other containers' folders", () =>
      Effect.gen(function* () {
        const { folder } = yield* TestSandbox
        const script = `ls /tmp /run; kill -0 ${process.pid} 2>&1; ls /.cluster /.machine 2>&1; ls ${folder} 2>&1`
        const { stdout } = yield* runScript(yield* TestSandbox, script)
        assert.match(stdout, /No such process/)
        assert.match(stdout, new RegExp(`cannot access '${folder}'`))
        assert.strictEqual(stdout.match(/cannot access/g)?.length, 3)
      })
    )

    it.effect("gives its programs by all their names, and devices", () =>
      Effect.gen(function* () {
        const script = "/bin/sh -c 'echo a'; /usr/bin/env echo b; head -c 4 /dev/zero | wc -c; ls /dev/shm; umask"
        const { stdout } = yield* runScript(yield* TestSandbox, script)
        assert.strictEqual(stdout, "a\nb\n4\n0022\n")
      })
    )
  })

  describe("volumes", () => {
    it.effect("are seen at their paths, wherever these are, and read-only where asked", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        const source = "volumes/shared"
        makeFolder(join(sandbox.folder, source), 0o777)
        // where /lib is a link, a volume is seen at both names
        const lib = realpathSync("/lib")
        const at = (mountPath: string, readOnly = false) => ({ source, mountPath, readOnly })
        const mounts = [
          at("/data/deep er"),
          at("/etc/app/conf", true),
          at("/var/run/secrets/x"),
          at("/tmp/t"),
          at("/opt/"),
          at("/lib/made/x"),
          at(`${lib}/made`),
          at("/dev/shm")
        ]
        const script = `echo in >"/data/deep er/file"
          cat /etc/app/conf/file /var/run/secrets/x/file /run/secrets/x/file /tmp/t/file /opt/file /dev/shm/file /lib/made/x/file ${lib}/made/file /lib/made/file
          (echo x >/etc/app/conf/file) 2>&1 | grep -o 'Read-only file system'
          head -c 5 /etc/passwd`
        const { stdout } = yield* runScript(sandbox, script, { mounts })
        assert.strictEqual(stdout, `${"in\n".repeat(9)}Read-only file system\nroot:`)
      })
    )

    it.effect("can lie in one another, but not behind a link that a container made", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        for (const name of ["outer", "inner"]) makeFolder(join(sandbox.folder, "volumes", name), 0o777)
        const outer = { source: "volumes/outer", mountPath: "/data", readOnly: false }
        const inner = (mountPath: string) => ({ source: "volumes/inner", mountPath, readOnly: false })
        const mounts = [inner("/data/in"), outer]
        yield* runScript(sandbox, "echo x >/data/in/file; ln -s /etc /data/link", { mounts })
        assert.deepStrictEqual(readdirSync(join(sandbox.folder, "volumes/inner")), ["file"])
        assert.deepStrictEqual(readdirSync(join(sandbox.folder, "volumes/outer")).sort(), ["in", "link"])
        const failure = yield* Effect.flip(runScript(sandbox, "", { mounts: [outer, inner("/data/link/x")] }))
        assert.match(failure.message, /symbolic link/)
      })
    )

    it.effect("are all that a read-only root lets a program write", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        makeFolder(join(sandbox.folder, "volumes/only"), 0o777)
        const only = (...paths: ReadonlyArray<string>) =>
          paths.map((mountPath) => ({ source: "volumes/only", mountPath, readOnly: false }))
        const script =
          "for f in /f /tmp/f /run/f /work/made/f /data/f /tmp/v/f; do (: >$f) 2>/dev/null && echo $f; done; pwd"
        const options = { mounts: only("/work/made", "/data"), readOnlyRoot: true, workingDir: "/made/here" }
        const { stdout } = yield* runScript(sandbox, script, options)
        assert.strictEqual(stdout, "/work/made/f\n/data/f\n/made/here\n")
        const below = yield* runScript(sandbox, script, { mounts: only("/tmp/v"), readOnlyRoot: true })
        assert.match(below.stdout, /^\/tmp\/v\/f$/m)
      })
    )

    it.effect("take the termination message as well", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        const paths = ["/dev/termination-log", "/podwright/message", "/etc/app/message", "/tmp/message"]
        for (const [index, terminationMessagePath] of [...paths, ...paths].entries()) {
          const container = `containers/message-${index}`
          const readOnlyRoot = index >= paths.length
          yield* runScript(sandbox, `echo said >${terminationMessagePath}`, {
            container,
            terminationMessagePath,
            readOnlyRoot
          })
          assert.strictEqual(readFileSync(join(sandbox.folder, container, "termination-log"), "utf8"), "said\n")
        }
      })
    )
  })

  describe("another user", () => {
    it.effect("is who it is to be, writes to volumes, and has no powers", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        makeFolder(join(sandbox.folder, "volumes/nobody"), 0o777)
        const mounts = [{ source: "volumes/nobody", mountPath: "/data", readOnly: false }]
        const script = "id -u; id -g; echo x >/data/f && echo ok; grep CapEff /proc/self/status; echo e >/dev/stderr"
        const { stderr, stdout } = yield* runScript(sandbox, script, { mounts, user: nobody })
        assert.strictEqual(stdout, "65534\n65534\nok\nCapEff:\t0000000000000000\n")
        assert.strictEqual(stderr, "e\n")
      })
    )

    it.effect("is the same in an exec", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        const container = yield* idleContainer(sandbox, { user: nobody })
        const exec = yield* sandbox.exec(container, ["sh", "-c", "id -u; cat; ls /proc/1/fd >/dev/null && echo ours"])
        exec.stdin.end("typed\n")
        assert.deepStrictEqual(yield* outcome(exec), { code: 0, stdout: "65534\ntyped\nours\n", stderr: "" })
      })
    )
  })

  describe("exec", () => {
    it.effect("joins the container: its files, processes, name, environment and folder", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        const env = new Map([["A", "1"]])
        const container = yield* idleContainer(sandbox, { env, workingDir: "/made/here", readOnlyRoot: false })
        const script = "pwd; echo $A; hostname; until grep -x sleep /proc/1/comm; do :; done; cat; echo bad >&2; exit 9"
        const exec = yield* sandbox.exec(container, ["sh", "-c", script])
        exec.stdin.end("hello\n")
        const stdout = "/made/here\n1\nhello\nsleep\nhello\n"
        assert.deepStrictEqual(yield* outcome(exec), { code: 9, stdout, stderr: "bad\n" })
      })
    )

    it.effect("ends with its container", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        const container = yield* idleContainer(sandbox)
        const exec = yield* sandbox.exec(container, ["sleep", "1000"])
        yield* container.kill("SIGKILL")
        assert.strictEqual((yield* outcome(exec)).code, 137)
        assert.match((yield* Effect.flip(sandbox.exec(container, ["true"]))).message, /^nsenter:/)
      })
    )

    it.effect("loses its streams with its scope, but not its program", () =>
      Effect.gen(function* () {
        const sandbox = yield* TestSandbox
        makeFolder(join(sandbox.folder, "volumes/left"), 0o777)
        const mounts = [{ source: "volumes/left", mountPath: "/data", readOnly: false }]
        const container = yield* idleContainer(sandbox, { mounts })
        const { ended } = yield* Effect.scoped(
          Effect.gen(function* () {
            const exec = yield* sandbox.exec(container, ["sh", "-c", "echo begun; cat >/dev/null; echo x >/data/after"])
            yield* Effect.promise(() => once(exec.stdout, "data"))
            return { ended: exec.ended }
          })
        )
        yield* ended
        assert.isTrue(existsSync(join(sandbox.folder, "volumes/left/after")))
      })
    )
  })

  it.effect("starts many at once", () =>
    Effect.gen(function* () {
      const sandbox = yield* TestSandbox
      const all = Array.from({ length: 100 }, (_, index) => runScript(sandbox, `echo ${index}`))
      const outcomes = yield* Effect.all(all, { concurrency: "unbounded" })
      assert.deepStrictEqual(
        outcomes.map(({ stdout }) => stdout),
        outcomes.map((_, index) => `${index}\n`)
      )
    })
  )
})

/** Each with the time of its start: numbers of processes and of namespaces are given out again. */
const processesIn = (namespace: string): ReadonlyArray<string> =>
  readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      if (readlinkSync(`/proc/${name}/ns/user`) !== namespace) return []
      const [, fields = ""] = /\) (.*)$/s.exec(readFileSync(`/proc/${name}/stat`, "latin1")) ?? []
      return [`${name} since ${fields.split(" ")[19]}`]
    } catch {
      // it has ended meanwhile, or is somebody else's
      return []
    }
  })

layer(Layer.empty)("a sandbox that cannot be", (it) => {
  const script = join(here, "../support/sandboxAttempt.ts")
  /** What makeSandbox says in a process of its own, whose state folder would be in `folder`. */
  const attempt = (folder: string, command: ReadonlyArray<string>, path = process.env["PATH"] ?? "") => {
    const [program = "", ...args] = [...command, process.execPath, "--conditions=@podwright/source", script]
    return Effect.promise(async () => {
      const env = { ...process.env, PATH: path, TMPDIR: folder }
      const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] })
      return String(await text(child.stdout))
    })
  }
  const temporaryFolder = Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "sandbox-test-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )
  /** A folder of programs: some of the machine's, and some that say something and fail. */
  const programs = (folder: string, found: ReadonlyArray<string>, failing: Readonly<Record<string, string>> = {}) => {
    const path = join(folder, "bin")
    makeFolder(path, 0o755)
    for (const name of found) {
      const real = (process.env["PATH"] ?? "")
        .split(":")
        .map((place) => join(place, name))
        .find(existsSync)
      if (real !== undefined) symlinkSync(real, join(path, name))
    }
    for (const [name, said] of Object.entries(failing))
      writeFileSync(join(path, name), `#!/bin/sh\necho "${said}" >&2\nexit 1\n`, { mode: 0o755 })
    return path
  }
  const common = ["sh", "rm", "unshare", "env", "mkfifo", "setpriv"]

  it.effect("says which program is missing, and leaves nothing", () =>
    Effect.gen(function* () {
      for (const missing of ["unshare", "setpriv", "nsenter"]) {
        const folder = yield* temporaryFolder
        const path = programs(
          folder,
          [...common, "mount", "nsenter"].filter((name) => name !== missing)
        )
        const said = yield* attempt(folder, [], path)
        assert.match(
          said,
          new RegExp(`^the local cluster needs the program '${missing}' \\(package util-linux\\): install it, or `)
        )
        assert.deepStrictEqual(readdirSync(folder), ["bin"])
      }
    })
  )

  it.effect("says what the system refuses, in the tool's own words, and what to do instead", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const refusal = "mount: /x: permission denied."
      const path = programs(folder, [...common, "nsenter"], { mount: refusal })
      assert.strictEqual(
        yield* attempt(folder, [], path),
        `the local cluster may not create user and mount namespaces here (${refusal}): run as root, allow unprivileged user namespaces, or use a real cluster by setting KUBECONFIG`
      )
      assert.deepStrictEqual(readdirSync(folder), ["bin"])
    })
  )

  it.effect("where user namespaces are off", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const without = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
      const said = yield* attempt(folder, ["unshare", "--user", "--map-root-user", "sh", "-c", without, "sh"])
      assert.match(
        said,
        /^the local cluster may not create user and mount namespaces here \(unshare: unshare failed: .*\): run as root/
      )
      assert.deepStrictEqual(readdirSync(folder), [])
    })
  )
})

layer(Layer.empty)("a sandbox's end", (it) => {
  it.effect("removes its folder and its processes, whatever they left", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.scoped(
        Effect.gen(function* () {
          const sandbox = yield* makeSandbox
          makeFolder(join(sandbox.folder, "volumes/v"), 0o777)
          const mounts = [{ source: "volumes/v", mountPath: "/data", readOnly: false }]
          yield* runScript(sandbox, "mkdir -p /data/a/b; : >/data/a/b/c; chmod 0 /data/a/b /data/a", { mounts })
          yield* startContainer(sandbox, ["sleep", "1000"])
          return sandbox.folder
        })
      )
      assert.isFalse(existsSync(folder))
    })
  )

  it.effect("comes when its process is killed", () =>
    Effect.gen(function* () {
      const script = join(here, "../support/sandboxUntilKilled.ts")
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          spawn(process.execPath, ["--conditions=@podwright/source", script], { stdio: ["ignore", "pipe", "ignore"] })
        ),
        (process) => Effect.sync(() => process.kill("SIGKILL"))
      )
      const [said] = yield* Effect.promise(() => once(child.stdout, "data"))
      const { folder, namespace } = JSON.parse(String(said)) as { folder: string; namespace: string }
      assert.isTrue(existsSync(folder))
      const processes = processesIn(namespace)
      assert.isAtLeast(processes.length, 4)
      child.kill("SIGKILL")
      while (existsSync(folder) || processesIn(namespace).some((one) => processes.includes(one))) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
    })
  )
})
