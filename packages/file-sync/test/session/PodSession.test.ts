/**
 * Sessions against the real scripts, run by the shells of this machine instead of a pod. Numbers
 * such as R8 and F5 are rows of the catalogues in packages/runner/README.md and
 * packages/file-sync/README.md.
 */
import { execFileSync, spawn } from "node:child_process"
import { createHash, hash, randomBytes } from "node:crypto"
import { closeSync, constants, existsSync, openSync, readFileSync, readSync } from "node:fs"
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile
} from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { InputFile } from "@podwright/spec-builder"
import { Deferred, Effect, Layer, Schedule, Schema, Scope, Stream } from "effect"
import { type InputArchive, makeInputArchive } from "../../src/inputs/InputArchive.ts"
import { LogCursor } from "../../src/log/LogEvent.ts"
import { outputPath } from "../../src/names/ByteName.ts"
import { nothingSelected, outputSelection } from "../../src/outputs/OutputPattern.ts"
import { PROGRESS_INTERVAL_MS } from "../../src/pieces/TransferProgress.ts"
import { runSession } from "../../src/session/PodSession.ts"
import { logStart } from "../../src/session/SessionPlan.ts"
import type { SessionEvent, SessionRequest } from "../../src/session/SessionRequest.ts"
import { RECORD_MARK } from "../../src/session/SessionScript.ts"
import { type LocalExecOptions, localExec } from "../support/LocalExec.ts"

/**
 * Plays main and its gate: waits for `ready`, runs a script in the working folder, leaves logs and
 * exit code.
 */
const gate = (root: string, script: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(
        "sh",
        [
          "-c",
          `R=$1/run; until [ -e $R/ready ]; do sleep 0.01; done; cd $1/work
           WORK=$1/work OUT=$1/output sh -c "$2" >$R/stdout 2>$R/stderr; echo $? >$R/exit.new; mv $R/exit.new $R/exit`,
          "gate",
          root,
          script
        ],
        { stdio: "ignore" }
      )
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-session-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true, maxRetries: 10 }))
)

interface Setting extends LocalExecOptions {
  readonly script: string
  readonly files?: ReadonlyArray<InputFile>
  readonly patterns?: ReadonlyArray<string>
  /** Whether the whole working folder comes back. */
  readonly all?: boolean
  readonly request?: Partial<SessionRequest>
  /** The volume; a new one when undefined. */
  readonly root?: string
  /** Main is played by the test itself. */
  readonly noGate?: boolean
}

const exchange = Effect.fnUntraced(
  function* (setting: Setting) {
    const root = setting.root ?? (yield* folder)
    const target = join(yield* folder, "out")
    if (setting.noGate !== true) yield* gate(root, setting.script)
    const inputs = yield* makeInputArchive(setting.files ?? [])
    const events: Array<SessionEvent> = []
    const said: Array<string> = []
    const { counts, layer } = localExec({
      ...setting,
      damage: (attempt, output) => {
        said.push(Buffer.from(output.bytes).toString("latin1"))
        return setting.damage?.(attempt, output) ?? output
      }
    })
    /** The records of these kinds, in order, as the helper said them. */
    const verbs = (wanted: ReadonlyArray<string>) =>
      Array.from(
        said.join("").matchAll(new RegExp(`${RECORD_MARK}[0-9a-f]{32} (\\w+)`, "g")),
        ([, verb = ""]) => verb
      ).filter((verb) => wanted.includes(verb))
    const result = yield* runSession({
      namespace: "default",
      pod: "pod",
      podUid: "uid-1",
      container: "files",
      volumeRoot: root,
      inputs,
      log: true,
      cursor: logStart,
      outputs: {
        selection: yield* Effect.fromResult(
          outputSelection(setting.patterns ?? [], "/podwright/work", setting.all ?? false)
        ),
        directory: target
      },
      farewell: () => "done",
      mainEnded: Effect.never,
      podIsGone: Effect.succeed(true),
      pause: () => Effect.sleep("5 millis"),
      onEvent: (event) => Effect.sync(() => events.push(event)),
      ...setting.request
    }).pipe(Effect.provide(layer))
    const text = (stream: "stdout" | "stderr") =>
      events.flatMap((event) => (event._tag === "Lines" && event.stream === stream ? event.lines : []))
    return { root, target, result, events, counts, verbs, stdout: text("stdout"), stderr: text("stderr") }
  },
  Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodeHttpClient.layerUndici))
)

const shells = [["dash"], ["bash"], ["busybox", "sh"]].filter(([name]) =>
  ["/bin", "/usr/bin"].some((place) => existsSync(join(place, name ?? "")))
)

describe("runSession", () => {
  it("has a shell to test with", () => assert.isAbove(shells.length, 0))

  for (const shell of shells) {
    it.live(`brings files in, log, exit code and files out, never ending stdin: F5 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const { counts, events, result, root, stderr, stdout, target } = yield* exchange({
          shell,
          script: `cat data.txt; cp data.txt out.txt; printf 'oops\\nno newline' >&2; mkdir -p $OUT/deep; echo x >$OUT/deep/x; exit 3`,
          files: [{ name: "data.txt", source: { _tag: "Text", text: "one\n  two\n" } }],
          patterns: ["out.txt"]
        })
        assert.deepStrictEqual(stdout, ["one", "  two"])
        assert.deepStrictEqual(stderr, ["oops", "no newline"])
        assert.strictEqual(result.exit?.code, 3)
        assert.deepStrictEqual(Object.keys(result.files).sort(), ["deep/x", "out.txt"])
        assert.strictEqual(yield* Effect.promise(() => readFile(join(target, "out.txt"), "utf8")), "one\n  two\n")
        assert.strictEqual(counts.opened, 1)
        assert.deepStrictEqual(
          // Progress is told where the machine is slow.
          events.map((event) => event._tag).filter((tag) => tag !== "Lines" && tag !== "Progress"),
          ["Opened", "InputsDelivered", "Exited", "LogEnded"]
        )
        assert.isTrue(existsSync(join(root, "run/ready")), "run/ready exists")
      })
    )
  }

  const tree = Effect.gen(function* () {
    const place = yield* folder
    yield* Effect.promise(async () => {
      await chmod(place, 0o700)
      await writeFile(join(place, "key"), "", { mode: 0o600 })
      await symlink("/etc/hostname", join(place, "link"))
    })
    const files: ReadonlyArray<InputFile> = [
      { name: "d", source: { _tag: "Path", path: place } },
      { name: "text", source: { _tag: "Text", text: "x" } }
    ]
    return files
  })
  const SHOW = "stat -c '%a %n' . d d/key text"
  const KEPT = ["755 .", "700 d", "600 d/key", "644 text"]
  const OPEN = ["777 .", "777 d", "666 d/key", "666 text"]

  for (const shell of shells) {
    it.live(`keeps the modes of inputs where main is the helper's user: F13 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const { root, stdout } = yield* exchange({ shell, script: SHOW, files: yield* tree })
        assert.deepStrictEqual(stdout, KEPT)
        assert.isFalse(existsSync(join(root, "run/open")))
      })
    )

    it.live(`opens inputs before main runs where nothing tells its user: F13 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const files = yield* tree
        const without = { container: "files-in", log: false, outputs: undefined }
        for (const [mark, expected] of [
          ["", OPEN],
          [".same", KEPT]
        ] as const) {
          const root = yield* folder
          yield* Effect.promise(async () => {
            await mkdir(join(root, "run"))
            if (mark !== "") await writeFile(join(root, "run", mark), "")
          })
          yield* exchange({ shell, root, noGate: true, script: "", files, request: without })
          const shown = execFileSync("sh", ["-c", SHOW], { cwd: join(root, "work"), encoding: "utf8" })
          assert.deepStrictEqual(shown.trim().split("\n"), expected)
        }
      })
    )

    // Only root can give files to another user, so this one is not registered for anybody else.
    if (process.getuid?.() === 0)
      it.live(
        `opens inputs to a main of another user, by the volume's group if it has one: F13 (${shell.join(" ")})`,
        () =>
          Effect.gen(function* () {
            const files = yield* tree
            const before = yield* Effect.promise(() => stat("/etc/hostname"))
            for (const [group, expected] of [
              [undefined, OPEN.map((line) => `0 ${line}`)],
              [65_532, ["775 .", "770 d", "660 d/key", "664 text"].map((line) => `65532 ${line}`)]
            ] as const) {
              const root = yield* folder
              yield* Effect.promise(async () => {
                await mkdir(join(root, "run"))
                await writeFile(join(root, "run/stdout"), "")
                await chown(join(root, "run/stdout"), 65_533, 65_533)
                if (group === undefined) return
                await chown(root, 0, group)
                await chmod(root, 0o2777)
              })
              const script = "until [ -e ../run/open ]; do sleep 0.01; done; stat -c '%g %a %n' . d d/key text"
              const { stdout } = yield* exchange({ shell, root, script, files })
              const bits = stdout.map((line) => line.replace(/ 2(\d{3} )/, " $1"))
              assert.deepStrictEqual(bits, expected)
            }
            const after = yield* Effect.promise(() => stat("/etc/hostname"))
            assert.deepStrictEqual([after.gid, after.mode], [before.gid, before.mode])
          })
      )
  }

  it.live("keeps executable bits, links, empty folders and odd names both ways: F12", () =>
    Effect.gen(function* () {
      const tree = yield* folder
      const long = "n".repeat(120)
      yield* Effect.promise(async () => {
        await mkdir(join(tree, "empty"))
        await writeFile(join(tree, "tool"), "#!/bin/sh\n")
        await chmod(join(tree, "tool"), 0o755)
        for (const name of ["a b", "ünï", "-dash", "new\nline", "'quote\"", long])
          await writeFile(join(tree, name), name)
      })
      const { result, target } = yield* exchange({
        script: `cd tree && ln -s tool link && ./tool && cp -a . "$OUT/"`,
        files: [{ name: "tree", source: { _tag: "Path", path: tree } }]
      })
      assert.strictEqual(result.exit?.code, 0)
      assert.deepStrictEqual(
        Object.keys(result.files).sort(),
        ["'quote\"", "-dash", "a b", "link", long, "new\nline", "tool", "ünï"].sort()
      )
      const mode = (yield* Effect.promise(() => stat(join(target, "tool")))).mode
      assert.strictEqual(mode & 0o111, 0o111)
      assert.isTrue((yield* Effect.promise(() => stat(join(target, "empty")))).isDirectory(), "empty is a folder")
      assert.strictEqual(yield* Effect.promise(() => readlink(join(target, "link"))), "tool")
    })
  )

  it.live("gives a link what its file has, and misses a named link that leads to nothing", () =>
    Effect.gen(function* () {
      const { result } = yield* exchange({
        script: "echo yes >$OUT/file; ln -s file $OUT/one; ln -s one $OUT/two; ln -s y x; mkdir d; ln -s no d/z",
        patterns: ["x", "d"]
      })
      const { file, one, two, ...others } = result.files
      assert.deepStrictEqual(others, {})
      assert.strictEqual(file?.bytes, 4)
      for (const link of [one, two]) assert.deepStrictEqual([link?.bytes, link?.sha256], [file?.bytes, file?.sha256])
      assert.deepStrictEqual(result.missing, ["x"])
    })
  )

  it.live("adds inputs to a working folder that is not empty", () =>
    Effect.gen(function* () {
      const root = yield* folder
      yield* Effect.promise(() => mkdir(join(root, "work/mounted"), { recursive: true }))
      const { result } = yield* exchange({
        root,
        script: "cat mounted/a b",
        files: ["mounted/a", "b"].map((name) => ({ name, source: { _tag: "Text", text: name } }))
      })
      assert.strictEqual(result.exit?.code, 0)
    })
  )

  it.live("tells how far a transfer that takes its time has come", () =>
    Effect.gen(function* () {
      const files: ReadonlyArray<InputFile> = [{ name: "data", source: { _tag: "Text", text: "x".repeat(2000) } }]
      const archive = yield* makeInputArchive(files)
      const stream: InputArchive["stream"] = (onFile) =>
        // A timer may come a millisecond before the clock says so.
        archive.stream(onFile).pipe(Stream.tap(() => Effect.sleep(PROGRESS_INTERVAL_MS + 20)))
      const { events } = yield* exchange({ script: "exit 0", request: { inputs: { ...archive, stream } } })
      const told = events.filter((event) => event._tag === "Progress")
      assert.isAbove(told.length, 0)
      assert.deepStrictEqual([...new Set(told.map(({ direction }) => direction))], ["inputs"])
      assert.strictEqual(told.at(-1)?.bytes, archive.bytes)
      assert.strictEqual(told.at(-1)?.totalBytes, archive.bytes)
      assert.deepStrictEqual([told.at(-1)?.files, told.at(-1)?.totalFiles], [1, 1])
    }).pipe(Effect.provide(Layer.mergeAll(NodeFileSystem.layer, NodeHttpClient.layerUndici)))
  )

  it.live("opens the gate without inputs", () =>
    Effect.gen(function* () {
      const { result, stdout } = yield* exchange({ script: "echo $WORK" })
      assert.strictEqual(result.exit?.code, 0)
      assert.strictEqual(stdout.length, 1)
    })
  )

  it.live("continues at the byte when it is cut anywhere: F2, F21", () =>
    Effect.gen(function* () {
      const count = 20_000
      const { counts, result, stderr, stdout, target } = yield* exchange({
        script: `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "out $i"; [ $((i % 10)) = 0 ] && echo "err $i" >&2; done; head -c 300000 /dev/zero >$OUT/zeros; exit 0`,
        files: [{ name: "data", source: { _tag: "Text", text: "x".repeat(100_000) } }],
        // From the first record on to the middle of the output archive.
        cutAfter: (attempt) => (attempt < 12 ? attempt * attempt * 1500 - 1470 : undefined)
      })
      assert.deepStrictEqual(
        stdout,
        Array.from({ length: count }, (_, i) => `out ${i + 1}`)
      )
      assert.deepStrictEqual(
        stderr,
        Array.from({ length: count / 10 }, (_, i) => `err ${(i + 1) * 10}`)
      )
      assert.strictEqual(result.exit?.code, 0)
      assert.strictEqual((yield* Effect.promise(() => readFile(join(target, "zeros")))).length, 300_000)
      assert.isAbove(counts.opened, 3)
    })
  )

  for (const shell of shells) {
    it.live(`starts inputs over when they are cut, and ends the attempt before: F4, F6 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const cuts = 4
        const tree = yield* folder
        const content = { large: randomBytes(20_000_000), small: randomBytes(1000) }
        for (const [name, bytes] of Object.entries(content))
          yield* Effect.promise(() => writeFile(join(tree, name), bytes))
        const offsets = Array.from({ length: cuts }, () => Math.floor(Math.random() * 20_000_000))
        const { counts, events, result, root } = yield* exchange({
          shell,
          script: "cat tree/large tree/small | sha256sum",
          files: [{ name: "tree", source: { _tag: "Path", path: tree } }],
          cutSentAfter: (attempt) => offsets[attempt - 1]
        })
        const cutAt = `cut at ${offsets.join(" ")}`
        assert.strictEqual(result.exit?.code, 0, cutAt)
        assert.deepStrictEqual(counts, { opened: cuts + 1, refused: 0, missing: 0, retired: cuts }, cutAt)
        const [line] = events.flatMap((event) => (event._tag === "Lines" ? event.lines : []))
        const expected = createHash("sha256").update(content.large).update(content.small).digest("hex")
        assert.strictEqual(line?.slice(0, 64), expected, cutAt)
        // Of no attempt but the last anything is left beside what main may see.
        const left = yield* Effect.promise(() => readdir(join(root, "run")))
        assert.isAtMost(new Set(left.flatMap((name) => /^\.session\.([0-9a-f]+)/.exec(name)?.[1] ?? [])).size, 1, cutAt)
      })
    )

    for (const compression of ["none", "gzip"] as const) {
      it.live(
        `sends large inputs by two execs, and starts over when either is cut: F4, F6 (${[...shell, compression].join(" ")})`,
        () =>
          Effect.gen(function* () {
            const tree = yield* folder
            // Six pieces, the last of them short.
            const content = Buffer.concat([randomBytes(41_000_000), Buffer.alloc(3_000_000, "text ")])
            yield* Effect.promise(() => writeFile(join(tree, "large"), content))
            const { counts, events, root, stdout } = yield* exchange({
              shell,
              script: "sha256sum <tree/large",
              files: [{ name: "tree", source: { _tag: "Path", path: tree } }],
              request: { compression },
              // The first session's own, and the second's other one in the middle of its second
              // piece.
              cutSentAfter: (attempt) => (attempt === 1 ? 5_000_000 : attempt === 4 ? 12_000_000 : undefined)
            })
            assert.strictEqual(stdout[0]?.slice(0, 64), hash("sha256", content))
            assert.deepStrictEqual(counts, { opened: 6, refused: 0, missing: 0, retired: 2 })
            assert.strictEqual(events.filter(({ _tag }) => _tag === "Interrupted").length, 2)
            const left = yield* Effect.promise(() => readdir(join(root, "run")))
            assert.isAtMost(new Set(left.flatMap((name) => /^\.session\.([0-9a-f]+)/.exec(name)?.[1] ?? [])).size, 1)
          })
      )
    }

    it.live(`compresses both ways, piece by piece, and survives cuts: F24 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const tree = yield* folder
        // Three pieces, of which the middle one cannot be compressed.
        const content = Buffer.concat([
          Buffer.alloc(9_000_000, "text "),
          randomBytes(8_000_000),
          Buffer.alloc(3_000_000)
        ])
        yield* Effect.promise(() => writeFile(join(tree, "data"), content))
        const { counts, result, target } = yield* exchange({
          shell,
          script: 'cp tree/data "$OUT/"',
          files: [{ name: "tree", source: { _tag: "Path", path: tree } }],
          request: { compression: "gzip" },
          cutSentAfter: (attempt) => (attempt === 1 ? 5_000_000 : undefined),
          cutAfter: (attempt) => (attempt === 2 ? 5_000_000 : undefined)
        })
        assert.strictEqual(result.exit?.code, 0)
        assert.strictEqual(counts.opened, 3)
        assert.isTrue(
          content.equals(yield* Effect.promise(() => readFile(join(target, "data")))),
          "data is as it was sent"
        )
      })
    )

    it.live(`starts outputs over when they are cut: F1 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const cuts = 4
        const offsets = Array.from({ length: cuts }, () => 5000 + Math.floor(Math.random() * 9_900_000))
        const { counts, result, stdout, target } = yield* exchange({
          shell,
          script: "head -c 10000000 /dev/urandom >$OUT/large; sha256sum <$OUT/large",
          cutAfter: (attempt) => offsets[attempt - 1]
        })
        const cutAt = `cut at ${offsets.join(" ")}`
        assert.strictEqual(counts.opened, cuts + 1, cutAt)
        const brought = yield* Effect.promise(() => readFile(join(target, "large")))
        const sha256 = createHash("sha256").update(brought).digest("hex")
        assert.deepStrictEqual(
          [sha256, Object.values(result.files)[0]?.sha256],
          [stdout[0]?.slice(0, 64), sha256],
          cutAt
        )
      })
    )
  }

  it.live("sends more large inputs at once than may hold pieces of them", () =>
    Effect.gen(function* () {
      const tree = yield* folder
      const content = randomBytes(34_000_000)
      yield* Effect.promise(() => writeFile(join(tree, "large"), content))
      const sent = yield* Effect.all(
        Array.from({ length: 6 }, () =>
          exchange({
            script: "sha256sum <tree/large",
            files: [{ name: "tree", source: { _tag: "Path", path: tree } }]
          })
        ),
        { concurrency: "unbounded" }
      )
      for (const { counts, stdout } of sent) {
        assert.strictEqual(stdout[0]?.slice(0, 64), hash("sha256", content))
        assert.strictEqual(counts.opened, 2)
      }
    })
  )

  it.live("takes an exec for lost that ends with success before its receipt: F1, F2", () =>
    Effect.gen(function* () {
      const { counts, result, target } = yield* exchange({
        script: "head -c 3000000 /dev/zero >$OUT/zeros",
        falseSuccessAfter: (attempt) => [100, 1_000_000, 3_000_000][attempt - 1]
      })
      assert.strictEqual(counts.opened, 4)
      assert.strictEqual(result.exit?.code, 0)
      assert.strictEqual((yield* Effect.promise(() => stat(join(target, "zeros")))).size, 3_000_000)
    })
  )

  /** A folder for PATH whose tar is this script, the real one being `$TAR`. */
  const withTar = Effect.fnUntraced(function* (script: string) {
    const bin = yield* folder
    const real = ["/bin/tar", "/usr/bin/tar"].find((path) => existsSync(path)) ?? "tar"
    yield* Effect.promise(() => writeFile(join(bin, "tar"), `#!/bin/sh\nTAR=${real}\n${script}\n`, { mode: 0o755 }))
    return { PATH: `${bin}:${process.env["PATH"]}` }
  })

  it.live("does not take an archive that ends between two entries: F3", () =>
    Effect.gen(function* () {
      const env = yield* withTar('case $1 in -cf) $TAR "$@" | head -c 1536;; *) exec $TAR "$@";; esac')
      const error = yield* exchange({ script: "echo 1 >$OUT/1; echo 2 >$OUT/2", env }).pipe(Effect.flip)
      assert.strictEqual(error.reason._tag, "Corrupt")
      assert.match(error.message, /end of the archive/)
    })
  )

  it.live("takes a tar's warnings for no failure: F9", () =>
    Effect.gen(function* () {
      const env = yield* withTar('echo "tar: Removing leading /" >&2; exec $TAR "$@"')
      const { result, stderr } = yield* exchange({
        script: "cp data $OUT/",
        files: [{ name: "data", source: { _tag: "Text", text: "x" } }],
        env
      })
      assert.deepStrictEqual(Object.keys(result.files), ["data"])
      assert.deepStrictEqual(stderr, [])
    })
  )

  it.live("never splices what two attempts have packed: F7", () =>
    Effect.gen(function* () {
      const root = yield* folder
      const size = 20_000_000
      const after = Buffer.alloc(size, "after")
      const { counts, result, target } = yield* exchange({
        root,
        script: `head -c ${size} /dev/zero >$OUT/data`,
        cutAfter: (attempt) => (attempt === 1 ? size / 2 : undefined),
        request: {
          pause: () => Effect.promise(() => writeFile(join(root, "output/data"), after))
        }
      })
      assert.strictEqual(counts.opened, 2)
      assert.isTrue(
        after.equals(yield* Effect.promise(() => readFile(join(target, "data")))),
        "data is as the second attempt found it"
      )
      assert.strictEqual(Object.values(result.files)[0]?.sha256, createHash("sha256").update(after).digest("hex"))
    })
  )

  it.live("moves many small files in one exec each way: F19", () =>
    Effect.gen(function* () {
      const tree = yield* folder
      const count = 3000
      yield* Effect.promise(async () => {
        for (let index = 0; index < count; index++) await writeFile(join(tree, `f${index}`), `content ${index}`)
      })
      const { counts, result, target } = yield* exchange({
        script: 'mv tree "$OUT/"',
        files: [{ name: "tree", source: { _tag: "Path", path: tree } }]
      })
      assert.strictEqual(counts.opened, 1)
      assert.strictEqual(Object.keys(result.files).length, count)
      for (const index of [0, 1, count - 1])
        assert.strictEqual(
          yield* Effect.promise(() => readFile(join(target, `tree/f${index}`), "utf8")),
          `content ${index}`
        )
    })
  )

  it.live("brings no inputs where an earlier driver has: F21", () =>
    Effect.gen(function* () {
      const root = yield* folder
      yield* Effect.promise(async () => {
        await mkdir(join(root, "run"), { recursive: true })
        await mkdir(join(root, "work"))
        await writeFile(join(root, "work/data"), "earlier")
        await writeFile(join(root, "run/ready"), "")
      })
      const { events, stdout, verbs } = yield* exchange({
        root,
        script: "cat data",
        files: [{ name: "data", source: { _tag: "Text", text: "later" } }]
      })
      assert.deepStrictEqual(stdout, ["earlier"])
      assert.deepStrictEqual(verbs(["present", "send", "ready"]), ["present"])
      assert.include(
        events.map(({ _tag }) => _tag),
        "InputsDelivered"
      )
    })
  )

  for (const there of [false, true]) {
    const when = there ? "where an earlier driver has brought the inputs" : "when the inputs are there"
    it.live(`rings the bell that main's gate waits at, ${when}`, () =>
      Effect.gen(function* () {
        const root = yield* folder
        const bell = yield* Effect.acquireRelease(
          Effect.promise(async () => {
            for (const name of ["run", "work"]) await mkdir(join(root, name))
            execFileSync("mkfifo", [join(root, "run/.bell")])
            if (there) await writeFile(join(root, "run/ready"), "")
            return openSync(join(root, "run/.bell"), constants.O_RDWR | constants.O_NONBLOCK)
          }),
          (fd) => Effect.sync(() => closeSync(fd))
        )
        yield* exchange({ root, script: "echo hello", files: [] })
        const rung = Buffer.alloc(8)
        assert.strictEqual(rung.toString("utf8", 0, readSync(bell, rung)), "\n")
      })
    )
  }

  it.live("does not wait for what main leaves running with its stdout open: F22", () =>
    Effect.gen(function* () {
      const { result, stdout } = yield* exchange({ script: "sleep 600 & echo $!" })
      assert.strictEqual(result.exit?.code, 0)
      process.kill(Number(stdout[0]), "SIGKILL")
    })
  )

  it.live("is continued exactly by another driver that has the cursor of the last event dealt with", () =>
    Effect.gen(function* () {
      const count = 30_000
      const root = yield* folder
      yield* gate(
        root,
        `i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo "out $i"; [ $((i % 10)) = 0 ] && echo "err $i" >&2; done; printf end`
      )
      const lines = { stdout: [] as Array<string>, stderr: [] as Array<string> }
      let cursor: LogCursor = { _tag: "volume", stdout: 0, stderr: 0 }
      let drivers = 0
      // Each driver is stopped in the middle of an event, which it has not dealt with; the last one
      // is let run. However late one reads, the log makes five events and more: one has 64 KiB at
      // most.
      for (;;) {
        drivers++
        let left = drivers < 4 ? 1 : Number.POSITIVE_INFINITY
        const stored = yield* Schema.decodeUnknownEffect(LogCursor)(JSON.parse(JSON.stringify(cursor)))
        const stopped = yield* Deferred.make<"stopped">()
        const ended = yield* exchange({
          script: "",
          noGate: true,
          root,
          request: {
            cursor: stored._tag === "volume" ? stored : logStart,
            onEvent: (event) =>
              Effect.suspend(() => {
                if (event._tag !== "Lines") return Effect.void
                if (left-- <= 0) return Effect.andThen(Deferred.succeed(stopped, "stopped"), Effect.never)
                for (const line of event.lines) lines[event.stream].push(line)
                assert.isTrue(
                  event.cursor._tag === "volume" &&
                    cursor._tag === "volume" &&
                    event.cursor.stdout >= cursor.stdout &&
                    event.cursor.stderr >= cursor.stderr,
                  "a cursor went back"
                )
                cursor = event.cursor
                return Effect.void
              })
          }
        }).pipe(Effect.raceFirst(Deferred.await(stopped)))
        if (ended !== "stopped") break
      }
      assert.strictEqual(drivers, 4)
      assert.deepStrictEqual(lines.stdout, [...Array.from({ length: count }, (_, i) => `out ${i + 1}`), "end"])
      assert.deepStrictEqual(
        lines.stderr,
        Array.from({ length: count / 10 }, (_, i) => `err ${(i + 1) * 10}`)
      )
    })
  )

  it.live("tells every line of a listener slower than main's end", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const root = yield* folder
      const hasEnded = Effect.sync(() => existsSync(join(root, "run/exit")))
      yield* exchange({
        root,
        script: "seq 1 100000",
        request: {
          mainEnded: Effect.repeat(hasEnded, { until: (ended) => ended, schedule: Schedule.spaced("5 millis") }),
          onEvent: (event) =>
            event._tag === "Lines"
              ? Effect.andThen(
                  Effect.sleep("100 millis"),
                  Effect.sync(() => told.push(...event.lines))
                )
              : Effect.void
        }
      })
      assert.deepStrictEqual(
        told,
        Array.from({ length: 100_000 }, (_, i) => String(i + 1))
      )
    })
  )

  it.live("needs no folder that can be written when nothing comes out", () =>
    Effect.gen(function* () {
      const { result } = yield* exchange({
        script: "exit 0",
        request: { outputs: { selection: nothingSelected, directory: "/proc/self/out" } }
      })
      assert.deepStrictEqual(result.files, {})
    })
  )

  it.live("continues when the session's shell is killed, and tells of it once", () =>
    Effect.gen(function* () {
      const { counts, events, stdout } = yield* exchange({
        script: "echo a; kill -9 $(cat ../run/session.files); echo b"
      })
      assert.deepStrictEqual(stdout, ["a", "b"])
      assert.strictEqual(counts.opened, 2)
      assert.strictEqual(events.filter((event) => event._tag === "Interrupted").length, 1)
    })
  )

  it.live("tries until the container is there: F15", () =>
    Effect.gen(function* () {
      const { counts, events } = yield* exchange({ script: "exit 0", refuse: 3 })
      assert.deepStrictEqual(counts, { opened: 1, refused: 3, missing: 0, retired: 0 })
      assert.isUndefined(events.find((event) => event._tag === "Interrupted"))
    })
  )

  it.live("goes on where the pod that a server does not know is there, and asks no more where it is gone: R8", () =>
    Effect.gen(function* () {
      const { counts, result } = yield* exchange({
        script: "exit 3",
        missing: 2,
        request: { podIsGone: Effect.succeed(false) }
      })
      assert.deepStrictEqual([counts.missing, counts.opened, result.exit?.code], [2, 1, 3])
      const error = yield* Effect.flip(exchange({ script: "", noGate: true, missing: 2 }))
      assert.match(String(error), /pods not found/)
    })
  )

  it.live("takes what is there when main ended without an exit file", () =>
    Effect.gen(function* () {
      const { result, stdout } = yield* exchange({
        script: "",
        noGate: true,
        request: { mainEnded: Effect.sleep("10 millis") }
      })
      assert.deepStrictEqual(result.exit, { code: undefined, stdoutBytes: 0, stderrBytes: 0 })
      assert.deepStrictEqual(stdout, [])
    })
  )

  it.live("names the patterns that match nothing, and none with a wildcard", () =>
    Effect.gen(function* () {
      const { result } = yield* exchange({
        script: "touch a.log 'b c.log' .hidden; mkdir d; touch d/e.txt",
        patterns: ["nothing", "*.log", "*.none", "d/?.txt", "d", "also missing"]
      })
      assert.deepStrictEqual(result.missing, ["nothing", "also missing"])
      assert.deepStrictEqual(Object.keys(result.files).sort(), ["a.log", "b c.log", "d/e.txt"])
    })
  )

  for (const shell of shells) {
    it.live(`matches patterns across folders, whatever the names hold (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const { result, verbs } = yield* exchange({
          shell,
          script: `mkdir -p a/b e 'o dd'; touch top.csv a/b/deep.csv .dot.csv 'o dd/-x"$.csv' 'o dd/new
line.csv' a/skip.txt a/b/run7.log a/b/runx.log a/é.dat a/ee.dat; ln -s deep.csv a/b/l.csv; exit 4`,
          files: [{ name: "input.txt", source: { _tag: "Text", text: "in" } }],
          patterns: ["**/*.csv", "regex:a/.*/run\\d\\.log", "glob:a/?.{dat,none}", "*.none"]
        })
        assert.strictEqual(result.exit?.code, 4)
        assert.deepStrictEqual(result.missing, [])
        assert.deepStrictEqual(
          Object.keys(result.files).sort(),
          [
            ".dot.csv",
            "a/b/deep.csv",
            "a/b/l.csv",
            "a/b/run7.log",
            "a/é.dat",
            'o dd/-x"$.csv',
            "o dd/new\nline.csv",
            "top.csv"
          ].sort()
        )
        // The output folder is empty: all that comes is what the patterns match, in one archive.
        assert.deepStrictEqual(verbs(["archive", "digest", "end"]), ["archive", "digest", "archive", "digest", "end"])
      })
    )
  }

  it.live("brings more matches back than one command line holds", () =>
    Effect.gen(function* () {
      const count = 800
      const { result } = yield* exchange({
        script: `mkdir d; i=0; while [ $i -lt ${count} ]; do i=$((i+1)); echo $i >d/${"n".repeat(200)}$i; done`,
        patterns: ["d/*"]
      })
      assert.strictEqual(Object.keys(result.files).length, count)
    })
  )

  it.live("brings the whole working folder back, inputs and empty folders too", () =>
    Effect.gen(function* () {
      const { result, target } = yield* exchange({
        script: "mkdir -p empty/er; echo x >made; ln -s made link",
        files: [{ name: "input.txt", source: { _tag: "Text", text: "in" } }],
        patterns: ["made", "*"],
        all: true
      })
      assert.deepStrictEqual(Object.keys(result.files).sort(), ["input.txt", "link", "made"])
      assert.isTrue(existsSync(join(target, "empty/er")), "empty/er exists")
    })
  )

  it.live("names every tool that the helper image lacks, also those only patterns need: F10", () =>
    Effect.gen(function* () {
      const bin = yield* folder
      for (const tool of ["sh", "rm", "mkdir", "rmdir", "mkfifo", "sleep", "dd", "stat", "cat", "mv", "find"])
        yield* Effect.promise(() => symlink(`/bin/${tool}`, join(bin, tool)))
      const lacking = (patterns: ReadonlyArray<string>) =>
        exchange({ script: "exit 0", shell: ["env", `PATH=${bin}`, "/bin/sh"], patterns, noGate: true }).pipe(
          Effect.flip
        )
      assert.match((yield* lacking([])).message, /lacks tar sha256sum tail$/)
      assert.match((yield* lacking(["*"])).message, /lacks tar sha256sum tail grep xargs$/)
      const compressing = exchange({
        script: "exit 0",
        shell: ["env", `PATH=${bin}`, "/bin/sh"],
        noGate: true,
        request: { compression: "gzip" }
      })
      assert.match((yield* Effect.flip(compressing)).message, /lacks tar sha256sum tail gzip$/)
    })
  )

  for (const shell of shells) {
    it.live(`brings the others back beside what cannot be taken: F11 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const bin = yield* folder
        const tar = shell[0] === "busybox" ? "busybox tar" : "/bin/tar"
        yield* Effect.promise(() =>
          // Root may read everything, so a tool says in its place that it may not (busybox has its own).
          writeFile(
            join(bin, "tar"),
            `#!/bin/sh\n${tar} "$@"; echo "tar: output/shut: Cannot open: Permission denied" >&2; echo "tar: error exit delayed from previous errors" >&2; exit 2\n`,
            { mode: 0o755 }
          )
        )
        const { result } = yield* exchange({
          shell: ["env", `PATH=${bin}:${process.env["PATH"]}`, ...shell],
          script: `mkfifo $OUT/pipe; ln -s /etc/passwd $OUT/passwd; echo x >$OUT/fine; mkdir real; echo y >real/a; ln -s $WORK/real/a latest; ln -s real dir; ln -s "$WORK/real/a" real/b`,
          patterns: ["latest", "dir", "real/b", "real/a"]
        })
        assert.deepStrictEqual(Object.keys(result.files).sort(), [
          "dir/a",
          "dir/b",
          "fine",
          "latest",
          "real/a",
          "real/b"
        ])
        assert.deepStrictEqual(result.missing, [])
        assert.deepStrictEqual(
          result.skipped.map(({ name }) => name).sort(),
          shell[0] === "busybox" ? ["passwd", "pipe"] : ["passwd", "pipe", "shut"]
        )
      })
    )
  }

  for (const shell of shells) {
    it.live(`brings a named link as what it leads to, wherever the link is: F11 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const names = [
          "latest",
          "result",
          "chain",
          "result/sub/b",
          "up",
          "out/x",
          "nowhere",
          "hosts",
          "etc/hosts",
          "-l"
        ]
        const { result, target } = yield* exchange({
          shell,
          script: `mkdir -p real/sub out; echo 1 >real/a; echo 2 >real/sub/b; echo 3 >"real/new
line "; ln -s "real/new
line " latest; ln -s real result; ln -s latest chain; ln -s $OUT up; echo 4 >$OUT/x; ln -s ../real/a out/x
ln -s none nowhere; ln -s /etc/hosts hosts; ln -s /etc etc; ln -s -- real/a -l`,
          patterns: names
        })
        const contents = Object.fromEntries(
          yield* Effect.promise(() =>
            Promise.all(
              Object.entries(result.files).map(
                async ([name, { path }]) => [name, await readFile(path, "utf8")] as const
              )
            )
          )
        )
        assert.deepStrictEqual(contents, {
          x: "4\n",
          latest: "3\n",
          chain: "3\n",
          "result/a": "1\n",
          "result/sub/b": "2\n",
          "result/new\nline ": "3\n",
          "up/x": "4\n",
          "out/x": "1\n",
          "-l": "1\n"
        })
        assert.isTrue((yield* Effect.promise(() => lstat(join(target, "latest")))).isFile(), "latest is a file")
        assert.deepStrictEqual(result.missing, ["nowhere", "hosts", "etc/hosts"])
        assert.deepStrictEqual(result.skipped.map(({ name, reason }) => `${name}: ${reason.split(/[,;]/)[0]}`).sort(), [
          "etc: it is a link to /etc",
          "hosts: it is a link to /etc/hosts",
          "nowhere: it is a link to none"
        ])
      })
    )

    it.live(`keeps names that are not UTF-8, by name and by pattern: F12 (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const { result } = yield* exchange({
          shell,
          script: `n=$(printf 'caf\\351'); echo 1 >$OUT/$n.txt; echo 2 >$OUT/$(printf 'caf\\350.txt'); mkdir $n; echo 3 >$n/%s; echo 4 >$n.csv
echo 5 >'caf\\xe9'; ln -s $n.csv link; echo 6 >$OUT/link`,
          patterns: ["caf\\xe9/%s", "caf*.csv", "caf\\\\xe9", "link", "caf\\xe8"]
        })
        const contents = Object.entries(result.files).map(
          ([name, { path }]) => `${name}: ${readFileSync(outputPath(path), "utf8").trim()}`
        )
        assert.deepStrictEqual(
          contents.sort(),
          [
            "caf\\xe8.txt: 2",
            "caf\\xe9.txt: 1",
            "caf\\xe9/%s: 3",
            "caf\\xe9.csv: 4",
            "caf\\x5cxe9: 5",
            "link: 6",
            "work/link: 4"
          ].sort()
        )
        assert.deepStrictEqual(result.missing, ["caf\\xe8"])
        assert.deepStrictEqual(result.renamed, [{ name: "link", as: "work/link" }])
      })
    )

    it.live(`names what is a socket, and what has a newline in its name and may not be read (${shell.join(" ")})`, () =>
      Effect.gen(function* () {
        const bin = yield* folder
        const complain =
          shell[0] === "busybox"
            ? "tar: can't open 'output/a\nb': Permission denied"
            : "tar: output/a\\nb: Cannot open: Permission denied"
        const words = `printf '%s\\n' "${complain.replaceAll("\\", "\\\\")}" >&2; exit 2`
        yield* Effect.promise(() =>
          writeFile(join(bin, "tar"), `#!/bin/sh\n/bin/tar "$@"; ${words}\n`, { mode: 0o755 })
        )
        const { result } = yield* exchange({
          shell: ["env", `PATH=${bin}:${process.env["PATH"]}`, ...(shell[0] === "busybox" ? ["dash"] : shell)],
          script: `echo x >$OUT/fine; ${process.execPath} -e 'require("net").createServer().listen(process.argv[1], () => process.exit())' $OUT/socket`
        })
        assert.deepStrictEqual(Object.keys(result.files), ["fine"])
        const names = result.skipped.map(({ name }) => name)
        assert.include(names, "a\nb")
      })
    )
  }

  it.live("says where a link leads that leads to nothing, and of a replaced output folder", () =>
    Effect.gen(function* () {
      const { result } = yield* exchange({
        script: "mkdir real; ln -s real/a latest; rmdir $OUT; ln -s /opt $OUT",
        patterns: ["latest"]
      })
      assert.deepStrictEqual(result.missing, ["latest"])
      const reasons = Object.fromEntries(result.skipped.map(({ name, reason }) => [name, reason]))
      assert.match(reasons["latest"] ?? "", /link to real\/a, which is not there/)
      assert.match(reasons["output"] ?? "", /link to .*opt and no folder any more/)
    })
  )

  it.live("says that the output folder was replaced by a link to an empty folder of the helper's", () =>
    Effect.gen(function* () {
      const { result } = yield* exchange({ script: "rmdir $OUT; mkdir ../empty; ln -s $PWD/../empty $OUT" })
      assert.deepStrictEqual(
        result.skipped.map(({ name }) => name),
        ["output"]
      )
    })
  )

  it.live("brings all back, and names what was written to while tar read it", () =>
    Effect.gen(function* () {
      const words = [
        "tar: output/a: file changed as we read it",
        "tar: output/b: File shrank by 1 byte; padding with zeros",
        "tar: output/d: File shrank by 22 bytes; padding with zeros"
      ]
      const env = yield* withTar(
        `case $1 in -cf) $TAR "$@"; printf '%s\\n' ${words.map((one) => `"${one}"`).join(" ")} >&2; exit 1;; *) exec $TAR "$@";; esac`
      )
      const { result } = yield* exchange({ script: "for f in a b c d; do echo $f >$OUT/$f; done", env })
      assert.deepStrictEqual(Object.keys(result.files).sort(), ["a", "b", "c", "d"])
      assert.deepStrictEqual(result.changed, ["a", "b", "d"])
      assert.deepStrictEqual(result.skipped, [])
    })
  )

  it.live("brings nothing back that tar could not read to its end", () =>
    Effect.gen(function* () {
      const bin = yield* folder
      yield* Effect.promise(() =>
        writeFile(
          join(bin, "tar"),
          `#!/bin/sh\n/bin/tar "$@"; echo "tar: output/a: Cannot open: Permission denied" >&2; echo "tar: output/b: Read error at byte 0, padding with zeros" >&2; exit 2\n`,
          { mode: 0o755 }
        )
      )
      const error = yield* exchange({
        shell: ["env", `PATH=${bin}:${process.env["PATH"]}`, "sh"],
        script: "echo x >$OUT/fine"
      }).pipe(Effect.flip)
      assert.match(error.message, /\(collect\): .*padding with zeros/)
    })
  )

  it.live("does not accept damaged inputs or outputs: F3, F4", () =>
    Effect.gen(function* () {
      const damageDigest: LocalExecOptions["damage"] = (_, output) => {
        const text = Buffer.from(output.bytes).toString("latin1")
        const damaged = text.replace(
          /(digest|received \d+) ([0-9a-f])/,
          (_match, verb, first) => `${verb} ${first === "0" ? "1" : "0"}`
        )
        return { ...output, bytes: Buffer.from(damaged, "latin1") }
      }
      const failed = yield* exchange({
        script: "exit 0",
        files: [{ name: "data", source: { _tag: "Text", text: "x" } }],
        damage: damageDigest
      }).pipe(Effect.flip)
      assert.strictEqual(failed.reason._tag, "Corrupt")
      const once = yield* exchange({
        script: "cat data; echo x >$OUT/x",
        files: [{ name: "data", source: { _tag: "Text", text: "x\n" } }],
        damage: (attempt, output) => (attempt === 1 ? damageDigest(attempt, output) : output)
      })
      assert.strictEqual(once.counts.opened, 2)
      assert.deepStrictEqual(once.stdout, ["x"])
    })
  )

  /** A shell that runs the session's script with a line before it. */
  const saying = Effect.fnUntraced(function* (line: string) {
    const path = join(yield* folder, "saying")
    // Its arguments are -c SCRIPT podwright ROOT NONCE ...
    yield* Effect.promise(() =>
      writeFile(path, `N=$5; say() { printf '\\036%s %s\\n' "$N" "$1"; }\n${line}\nexec sh "$@"`)
    )
    return ["sh", path]
  })

  for (const [what, line, request, detail] of [
    ["a helper that asks for inputs of a session without", "say send", { inputs: undefined }, /asked for inputs/],
    ["a receipt for inputs that were not sent", `say "received 1 ${"a".repeat(64)}"`, {}, /inputs that were not sent/],
    ["outputs that were not asked for", "say archive", { outputs: undefined }, /none were asked for/],
    ["an archive within another", "say archive; say archive", {}, /archive within another/],
    ["a piece of no archive", 'say "piece 1"', {}, /piece before an archive/],
    ["an archive without its digest", "say archive; say end", {}, /before the digest/]
  ] as const) {
    it.live(`fails at ${what}: F11`, () =>
      Effect.gen(function* () {
        const error = yield* exchange({ script: "exit 0", shell: yield* saying(line), request }).pipe(
          Effect.timeout("10 seconds"),
          Effect.flip
        )
        assert.strictEqual(error._tag === "FileSyncError" && error.reason._tag, "Protocol")
        assert.match(error.message, detail)
      })
    )
  }

  it.live("leaves nothing half-written and says what the helper complained of", () =>
    Effect.gen(function* () {
      const error = yield* exchange({
        script: "exit 0",
        shell: ["sh"],
        request: { volumeRoot: "/proc/nowhere" }
      }).pipe(Effect.flip)
      assert.strictEqual(error.reason._tag, "HelperFailed")
      assert.include(error.message, "/proc/nowhere")
    })
  )

  it.live("packs nothing where nothing is to be brought back, and whatever lies in the output folder", () =>
    Effect.gen(function* () {
      const nothing = yield* exchange({ script: "echo x >work.txt" })
      assert.strictEqual(nothing.result.exit?.code, 0)
      assert.deepStrictEqual(nothing.verbs(["archive"]), [])
      assert.isFalse(existsSync(nothing.target), `${nothing.target} exists`)
      for (const name of ["plain", ".hidden", "..odd", "-dash", "*"]) {
        const { result } = yield* exchange({ script: `echo x >"$OUT/${name}"` })
        assert.deepStrictEqual(Object.keys(result.files), [name])
      }
      const closed = yield* Effect.result(exchange({ script: "echo x >$OUT/x; chmod 0 $OUT" }))
      // Root may look into any folder; anybody else is told.
      assert.strictEqual(closed._tag, process.getuid?.() === 0 ? "Success" : "Failure")
      const broken = yield* exchange({ script: "ln -s nowhere $OUT/link" })
      assert.deepStrictEqual(broken.verbs(["archive"]), ["archive"])
    })
  )

  it.live("does nothing in an earlier pod of the same name, and tries again without a word: R9", () =>
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const bin = yield* folder
      const [kubelet, marker] = [join(bin, "kubelet"), join(bin, "asked")]
      const script = `U=uid-1; [ -e ${marker} ] || U=uid-0; : >${marker}; PODWRIGHT_POD_UID=$U exec sh "$@"`
      yield* Effect.promise(() => writeFile(kubelet, script))
      const root = join(yield* folder, "volume")
      const paused: Array<readonly [number, boolean]> = []
      const { counts, events, stdout } = yield* exchange({
        script: "echo mine",
        shell: ["sh", kubelet],
        root,
        noGate: true,
        request: {
          pause: Effect.fnUntraced(function* (failures) {
            paused.push([failures, existsSync(root)])
            yield* Effect.promise(() => mkdir(root))
            yield* gate(root, "echo mine").pipe(Effect.provideService(Scope.Scope, scope))
          })
        }
      })
      assert.strictEqual(counts.opened, 2)
      assert.deepStrictEqual(paused, [[0, false]])
      assert.deepStrictEqual(stdout, ["mine"])
      assert.notInclude(
        events.map((event) => event._tag),
        "Interrupted"
      )
    })
  )

  it.live("tries again when stderr comes without end before the session has begun, and tells how that ended", () =>
    Effect.gen(function* () {
      const bin = yield* folder
      const [flood, marker] = [join(bin, "flood"), join(bin, "flooded")]
      const script = `[ -e ${marker} ] && exec sh "$@"; : >${marker}; yes complaint | head -c 9000000 >&2; echo >&2 'and the end'; sleep 60`
      yield* Effect.promise(() => writeFile(flood, script))
      const { counts, events, stderr } = yield* exchange({ script: "echo main >&2", shell: ["sh", flood] })
      assert.strictEqual(counts.opened, 2)
      assert.deepStrictEqual(stderr, ["main"])
      const [interruption] = events.flatMap((event) => (event._tag === "Interrupted" ? [event.error.message] : []))
      assert.match(interruption ?? "", /more than 8 MiB of stderr came before the session began: ….*complaint/s)
      assert.isBelow(interruption?.length ?? 0, 3000)
    })
  )

  it.live("tells the last words alone of a shell that says much before it fails", () =>
    Effect.gen(function* () {
      const bin = yield* folder
      const chatter = join(bin, "chatter")
      yield* Effect.promise(() =>
        writeFile(chatter, "yes complaint | head -c 100000 >&2; echo 'and the end' >&2; exit 3")
      )
      const error = yield* exchange({ script: "exit 0", shell: ["sh", chatter] }).pipe(Effect.flip)
      assert.match(error.message, /ended with code 3: ….*and the end$/s)
      assert.isBelow(error.message.length, 3000)
    })
  )

  it.live("says what the helper complained of when it collects, also after it took inputs", () =>
    Effect.gen(function* () {
      const env = yield* withTar(
        'case $1 in -cf) $TAR "$@"; echo "tar: output: Input/output error" >&2; exit 2;; *) exec $TAR "$@";; esac'
      )
      const error = yield* exchange({
        script: "echo x >$OUT/x",
        files: [{ name: "a", source: { _tag: "Text", text: "a" } }],
        env
      }).pipe(Effect.flip)
      assert.match(error.message, /\(collect\): tar: .*output/)
    })
  )
})
