/**
 * The archive of a task's inputs: its names, length, digest and entries, and which inputs are
 * refused. Numbers such as F8 are rows of the catalogue in packages/file-sync/README.md.
 */
import { hash, randomBytes } from "node:crypto"
import { chmod, lutimes, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { InputFile } from "@podwright/spec-builder"
import { Effect, Exit, Layer, Schema, Stream } from "effect"
import { Tar } from "effect/encoding"
import { TestClock } from "effect/testing"
import { makeInputArchive } from "../../src/inputs/InputArchive.ts"
import { inputNameProblem } from "../../src/inputs/InputName.ts"

const services = Layer.mergeAll(NodeFileSystem.layer, NodeHttpClient.layerUndici)

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-inputs-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** The archive's announced and real length, and its entries with their text. */
const read = Effect.fnUntraced(function* (files: ReadonlyArray<InputFile>) {
  const archive = yield* makeInputArchive(files)
  let bytes = 0
  const entries: Array<readonly [string, string, string]> = []
  yield* archive.stream().pipe(
    Stream.tap((chunk) => Effect.sync(() => (bytes += chunk.length))),
    Stream.pipeThroughChannel(Tar.decode()),
    Stream.runForEach((entry) =>
      Effect.map(Stream.runCollect(entry.body), (chunks) =>
        entries.push([entry.header.type, entry.header.path, Buffer.concat(chunks).toString("utf8")])
      )
    )
  )
  return { archive, bytes, entries }
})

describe("makeInputArchive", () => {
  it.effect("has a digest of names, kinds, modes and contents, and of nothing else", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const [one, other] = [join(place, "one"), join(place, "other")]
      const digest = (files: ReadonlyArray<InputFile>) =>
        makeInputArchive(files).pipe(Effect.flatMap((archive) => archive.digest))
      const path = (name: string, from: string): InputFile => ({ name, source: { _tag: "Path", path: from } })
      const text = (name: string, words: string): InputFile => ({ name, source: { _tag: "Text", text: words } })
      yield* Effect.promise(async () => {
        await writeFile(one, "same")
        await writeFile(other, "same")
        await utimes(other, 1, 1)
      })
      const first = yield* digest([path("a", one), text("b", "x")])
      assert.match(first, /^[0-9a-f]{64}$/)
      for (const equal of [
        [path("a", other), text("b", "x")],
        [text("b", "x"), text("a", "same")]
      ])
        assert.strictEqual(yield* digest(equal), first)
      for (const different of [
        [],
        [path("a", one)],
        [path("a", one), text("b", "y")],
        [path("a", one), text("c", "x")],
        [path("a/b", one), text("b", "x")]
      ])
        assert.notStrictEqual(yield* digest(different), first)
      yield* Effect.promise(() => chmod(other, 0o755))
      assert.notStrictEqual(yield* digest([path("a", other), text("b", "x")]), first)
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.effect("packs text, files, folders and URLs under their names", () =>
    Effect.gen(function* () {
      const place = yield* folder
      yield* Effect.promise(async () => {
        await writeFile(join(place, "file"), "from a file")
        await mkdir(join(place, "tree/inner"), { recursive: true })
        await writeFile(join(place, "tree/inner/deep"), "deep")
        await symlink("inner", join(place, "tree/link"))
      })
      const { archive, bytes, entries } = yield* read([
        { name: "text", source: { _tag: "Text", text: "inline ä" } },
        { name: "a/file", source: { _tag: "Path", path: join(place, "file") } },
        { name: "url", source: { _tag: "Url", url: pathToFileURL(join(place, "file")).href } },
        { name: "tree", source: { _tag: "Path", path: join(place, "tree") } }
      ])
      assert.deepStrictEqual(entries, [
        ["File", "text", "inline ä"],
        ["File", "url", "from a file"],
        ["Directory", "tree/", ""],
        ["Directory", "tree/inner/", ""],
        ["Symlink", "tree/link", ""],
        ["File", "tree/inner/deep", "deep"],
        ["Directory", "a/", ""],
        ["File", "a/file", "from a file"]
      ])
      assert.strictEqual(bytes, archive.bytes)
      assert.strictEqual(archive.files, 4)
    }).pipe(Effect.provide(services))
  )

  it.effect("makes no archive any more when it has let go of its files", () =>
    Effect.gen(function* () {
      const archive = yield* makeInputArchive([{ name: "a", source: { _tag: "Text", text: "x" } }])
      archive.forget()
      assert.strictEqual(archive.files, 1)
      for (const use of [Stream.runDrain(archive.stream()), archive.digest])
        assert.isTrue(Exit.hasDies(yield* Effect.exit(use)))
    }).pipe(Effect.provide(services))
  )

  it.effect("packs files of all sizes behind each other, many small ones to a chunk", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const turns = [16_383, 262_144, 4096, 65_535, 0, 262_143, 16_384, 1, 300_000, 65_536, 200_000, 512, 600_000]
      const sizes = [...turns, ...Array.from({ length: 200 }, () => 1000), ...turns.toReversed()]
      const contents = new Map(sizes.map((size, index) => [`tree/${index}`, randomBytes(size)]))
      yield* Effect.promise(async () => {
        await mkdir(join(place, "tree"))
        for (const [name, bytes] of contents) await writeFile(join(place, name), bytes)
      })
      const archive = yield* makeInputArchive([{ name: "tree", source: { _tag: "Path", path: join(place, "tree") } }])
      // Copied, as their memory is used again.
      const chunks: Array<Buffer> = []
      yield* Stream.runForEach(archive.stream(), (chunk) => Effect.sync(() => chunks.push(Buffer.from(chunk))))
      const whole = Buffer.concat(chunks)
      assert.strictEqual(whole.length, archive.bytes)
      assert.isBelow(chunks.length, sizes.length / 2)
      const found = new Map<string, string>()
      yield* Stream.make(whole).pipe(
        Stream.pipeThroughChannel(Tar.decode()),
        Stream.runForEach(({ body, header }) =>
          Effect.map(Stream.runCollect(body), (bytes) => found.set(header.path, hash("sha256", Buffer.concat(bytes))))
        )
      )
      for (const [name, bytes] of contents) assert.strictEqual(found.get(name), hash("sha256", bytes), name)
    }).pipe(Effect.scoped, Effect.provide(services))
  )

  it.effect("takes the files of a glob below the input's name, and a file of that very name first", () =>
    Effect.gen(function* () {
      const place = yield* folder
      yield* Effect.promise(async () => {
        await mkdir(join(place, "d/e"), { recursive: true })
        for (const name of ["a.csv", "d/b.csv", "d/e/c.csv", "d/no.txt", "[x]"])
          await writeFile(join(place, name), name)
      })
      const names = (path: string) =>
        Effect.map(read([{ name: "in", source: { _tag: "Path", path: join(place, path) } }]), ({ entries }) =>
          entries.map(([, name]) => name)
        )
      const found = ["in/", "in/a.csv", "in/d/", "in/d/b.csv", "in/d/e/", "in/d/e/c.csv"]
      assert.deepStrictEqual(yield* names("**/*.csv"), found)
      assert.deepStrictEqual(yield* names("d/*"), ["in/", "in/b.csv", "in/no.txt"])
      assert.deepStrictEqual(yield* names("[x]"), ["in"])
      const error = yield* names("*.none").pipe(Effect.flip)
      assert.match(error.message, /'in'.*matches no file/)
    }).pipe(Effect.provide(services))
  )

  it.effect("gives stdin to one input only", () =>
    Effect.gen(function* () {
      const error = yield* makeInputArchive([
        { name: "one", source: { _tag: "Stdin" } },
        { name: "two", source: { _tag: "Stdin" } }
      ]).pipe(Effect.flip)
      assert.match(error.message, /'two'.*another input reads it already/)
    }).pipe(Effect.provide(services))
  )

  it.effect("fetches http URLs, and says when that fails", () =>
    Effect.gen(function* () {
      const server = yield* Effect.acquireRelease(
        Effect.promise(
          () =>
            new Promise<ReturnType<typeof createServer>>((resolve) => {
              const made = createServer((request, response) => {
                response.writeHead(request.url === "/data" ? 200 : 404)
                response.end("from the net")
              })
              made.listen(0, "127.0.0.1", () => resolve(made))
            })
        ),
        (made) => Effect.sync(() => made.close())
      )
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const { entries } = yield* read([{ name: "data", source: { _tag: "Url", url: `${base}/data` } }])
      assert.deepStrictEqual(entries, [["File", "data", "from the net"]])
      const error = yield* read([{ name: "data", source: { _tag: "Url", url: `${base}/none` } }]).pipe(Effect.flip)
      assert.include(error.message, "'data'")
      assert.include(error.message, "404")
    }).pipe(Effect.provide(services))
  )

  it.effect("names the input that is missing, unreadable or no file", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const missing = join(place, "missing")
      const error = yield* makeInputArchive([{ name: "data.txt", source: { _tag: "Path", path: missing } }]).pipe(
        Effect.flip
      )
      assert.strictEqual(error.reason._tag, "InputUnreadable")
      assert.include(error.message, "'data.txt'")
      assert.include(error.message, missing)
      const device = yield* makeInputArchive([{ name: "null", source: { _tag: "Path", path: "/dev/null" } }]).pipe(
        Effect.flip
      )
      assert.include(device.message, "not a file or folder")
    }).pipe(Effect.provide(services))
  )

  it.effect("names the input that is a file where another needs a folder", () =>
    Effect.gen(function* () {
      const text = { _tag: "Text", text: "" } as const
      const place = yield* folder
      const tree = { _tag: "Path", path: place } as const
      const clash = yield* makeInputArchive([
        { name: "a/b/c", source: text },
        { name: "a/b", source: text }
      ]).pipe(Effect.flip)
      assert.include(clash.message, "'a/b'")
      const { entries } = yield* read([
        { name: "t", source: tree },
        { name: "t/more", source: text },
        { name: "t.txt", source: text }
      ])
      assert.strictEqual(entries.length, 3)
    }).pipe(Effect.provide(services))
  )

  for (const size of [1000, 1_000_000])
    it.effect(`fails when a file of ${size} bytes is another when its turn comes: F8`, () =>
      Effect.gen(function* () {
        for (const found of [size - 600, size + 1, size + 5000]) {
          const path = join(yield* folder, "file")
          yield* Effect.promise(() => writeFile(path, Buffer.alloc(size)))
          const archive = yield* makeInputArchive([{ name: "file", source: { _tag: "Path", path } }])
          yield* Effect.promise(() => truncate(path, found))
          const error = yield* Effect.flip(Stream.runDrain(archive.stream()))
          assert.strictEqual(error.reason._tag, "InputChanged", String(found))
        }
      }).pipe(Effect.provide(services))
    )

  it.effect("packs the modes that files and folders have or are given, and nobody's ownership: F13", () =>
    Effect.gen(function* () {
      const place = yield* folder
      yield* Effect.promise(async () => {
        await writeFile(join(place, "data"), "", { mode: 0o644 })
        await writeFile(join(place, "key"), "", { mode: 0o600 })
        await writeFile(join(place, "tool"), "", { mode: 0o700 })
        await mkdir(join(place, "sub"))
        await chmod(join(place, "data"), 0o4440)
        await chmod(join(place, "sub"), 0o550)
        await chmod(place, 0o755)
      })
      const data = { _tag: "Path", path: join(place, "data") } as const
      const archive = yield* makeInputArchive([
        { name: "d", source: { _tag: "Path", path: place } },
        { name: "e/f/secret", source: data, mode: 0o600 },
        { name: "g", source: { _tag: "Path", path: join(place, "k*") }, mode: 0o640 },
        { name: "script", source: { _tag: "Text", text: "#!/bin/sh\n" } },
        { name: "secret", source: { _tag: "Text", text: "#!/bin/sh\n" }, mode: 0o400 },
        { name: "text", source: { _tag: "Text", text: "# !" } }
      ])
      const modes: Array<readonly [string, string, number, number]> = []
      yield* archive.stream().pipe(
        Stream.pipeThroughChannel(Tar.decode()),
        Stream.runForEach(({ header: { gid, mode, path, uid } }) =>
          Effect.sync(() => modes.push([path, mode.toString(8), uid, gid]))
        )
      )
      assert.deepStrictEqual(modes, [
        ["d/", "755", 0, 0],
        ["d/data", "440", 0, 0],
        ["d/key", "600", 0, 0],
        ["d/sub/", "750", 0, 0],
        ["d/tool", "700", 0, 0],
        ["g/", "755", 0, 0],
        ["g/key", "640", 0, 0],
        ["script", "755", 0, 0],
        ["secret", "400", 0, 0],
        ["text", "644", 0, 0],
        ["e/", "755", 0, 0],
        ["e/f/", "755", 0, 0],
        ["e/f/secret", "600", 0, 0]
      ])
      const error = yield* makeInputArchive([{ name: "d", source: { _tag: "Path", path: place }, mode: 0o600 }]).pipe(
        Effect.flip
      )
      assert.include(error.message, "it is a folder, and a mode can be given to files only")
    }).pipe(Effect.provide(services))
  )

  it.effect("dates what has no date here now, and everything else as it is, each time alike", () =>
    Effect.gen(function* () {
      const place = yield* folder
      yield* Effect.promise(async () => {
        await mkdir(join(place, "tree"))
        await writeFile(join(place, "tree/old"), "")
        await symlink("old", join(place, "tree/link"))
        await lutimes(join(place, "tree/link"), 3, 3)
        await utimes(join(place, "tree/old"), 1, 1)
        await utimes(join(place, "tree"), 2, 2)
      })
      yield* TestClock.setTime(Date.parse("2026-11-30T12:00:00.250Z"))
      const archive = yield* makeInputArchive([
        { name: "text", source: { _tag: "Text", text: "x" } },
        { name: "above/tree", source: { _tag: "Path", path: join(place, "tree") } }
      ])
      const times = Effect.gen(function* () {
        const found: Array<readonly [string, number]> = []
        yield* archive.stream().pipe(
          Stream.pipeThroughChannel(Tar.decode()),
          Stream.runForEach(({ header: { mtime, path } }) => Effect.sync(() => found.push([path, mtime.getTime()])))
        )
        return found
      })
      const first = yield* times
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* times, first)
      const now = Math.floor(Date.parse("2026-11-30T12:00:00.250Z") / 1000)
      assert.deepStrictEqual(
        first.map(([name, ms]) => [name, Math.floor(ms / 1000)]),
        [
          ["text", now],
          ["above/", now],
          ["above/tree/", 2],
          ["above/tree/link", 3],
          ["above/tree/old", 1]
        ]
      )
    }).pipe(Effect.provide(services))
  )

  it.effect("puts a folder's content into the working folder itself, other inputs over it", () =>
    Effect.gen(function* () {
      const place = yield* folder
      yield* Effect.promise(async () => {
        await mkdir(join(place, "conf"))
        for (const name of ["a", "conf/x", "conf/y"]) await writeFile(join(place, name), "theirs")
      })
      const { archive, bytes, entries } = yield* read([
        { name: "conf/x", source: { _tag: "Text", text: "ours" } },
        { name: ".", source: { _tag: "Path", path: place } }
      ])
      assert.deepStrictEqual(entries, [
        ["File", "a", "theirs"],
        ["Directory", "conf/", ""],
        ["File", "conf/x", "ours"],
        ["File", "conf/y", "theirs"]
      ])
      assert.strictEqual(bytes, archive.bytes)
      for (const source of [
        { _tag: "Text", text: "" },
        { _tag: "Path", path: join(place, "a") }
      ] as const) {
        const error = yield* makeInputArchive([{ name: ".", source }]).pipe(Effect.flip)
        assert.include(error.message, "'.' is the working folder")
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("leaves here what ignore files say, .git, and podwright's own outputs", () =>
    Effect.gen(function* () {
      const place = yield* folder
      yield* Effect.promise(async () => {
        for (const name of [".git", ".podwright/run", "node_modules/x", "src", "src/.podwright"])
          await mkdir(join(place, name), { recursive: true })
        for (const name of [".git/config", ".podwright/run/out", "node_modules/x/y", "src/a.log", "src/b.ts", "c.log"])
          await writeFile(join(place, name), "")
        await writeFile(join(place, ".gitignore"), "node_modules/\n*.log\n")
        await writeFile(join(place, "src/.gitignore"), "!a.log\n")
      })
      const { archive, entries } = yield* read([{ name: "p", source: { _tag: "Path", path: place } }])
      assert.deepStrictEqual(
        entries.map(([, name]) => name),
        ["p/", "p/.gitignore", "p/src/", "p/src/.gitignore", "p/src/a.log", "p/src/b.ts"]
      )
      assert.strictEqual(archive.leftOut, 3)
      const whole = yield* read([{ name: ".", source: { _tag: "Path", path: place, whole: true } }])
      assert.strictEqual(whole.archive.leftOut, 0)
      assert.deepStrictEqual(
        whole.entries.map(([, name]) => name).filter((name) => !name.endsWith("/")),
        [
          ".gitignore",
          "c.log",
          ".git/config",
          ".podwright/run/out",
          "node_modules/x/y",
          "src/.gitignore",
          "src/a.log",
          "src/b.ts"
        ]
      )
      const all = yield* read([{ name: "p", source: { _tag: "Path", path: join(place, "**/*") } }])
      assert.notInclude(all.entries.map(([, name]) => name).join(), ".podwright")
    }).pipe(Effect.provide(services))
  )

  it.effect("names a file of a folder or glob whose name is not UTF-8, and takes it for no other", () =>
    Effect.gen(function* () {
      const place = yield* folder
      yield* Effect.promise(async () => {
        await writeFile(Buffer.concat([Buffer.from(`${place}/caf`), Buffer.from([0xe9])]), "")
        await writeFile(join(place, "caf\ufffd"), "")
      })
      for (const path of [place, join(place, "*")]) {
        const error = yield* makeInputArchive([{ name: "d", source: { _tag: "Path", path } }]).pipe(Effect.flip)
        assert.include(error.message, "'caf\\xe9' in it is not UTF-8")
      }
    }).pipe(Effect.provide(services))
  )

  it.effect("reads a file: URL whose path is not UTF-8, and refuses a folder or link that would be changed", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const bytes = Buffer.concat([Buffer.from(`${place}/caf`), Buffer.from([0xe9])])
      yield* Effect.promise(() => writeFile(bytes, "content"))
      const input = (url: string) => [{ name: "in", source: { _tag: "Url", url } }] as const
      const { entries } = yield* read(input(`file://${place}/caf%E9`))
      assert.deepStrictEqual(
        entries.map(([type, name]) => [type, name]),
        [["File", "in"]]
      )
      const refused = (inputs: Parameters<typeof makeInputArchive>[0]) =>
        makeInputArchive(inputs).pipe(
          Effect.flip,
          Effect.map(({ message }) => message)
        )
      assert.match(yield* refused(input(`file://${place}/none%E9`)), /none\\xe9: there is no such file or folder/)
      assert.match(yield* refused(input("file:///a%zz")), /URI malformed/)
      yield* Effect.promise(() => mkdir(Buffer.concat([bytes, bytes.subarray(-1)])))
      assert.match(
        yield* refused(input(`file://${place}/caf%E9%E9`)),
        /caf\\xe9\\xe9: it is a folder whose path is not UTF-8/
      )
      const tree = join(place, "tree")
      yield* Effect.promise(async () => {
        await mkdir(tree)
        await symlink(Buffer.from("x\xff", "latin1"), join(tree, "link"))
      })
      const message = yield* refused([{ name: "d", source: { _tag: "Path", path: tree } }])
      assert.include(message, "it is a link to 'x\\xff', which is not UTF-8")
    }).pipe(Effect.provide(services))
  )

  it.effect.prop(
    "announces the length it has, whatever the names and contents",
    [Schema.Array(Schema.Struct({ name: Schema.NonEmptyString, text: Schema.String }))],
    ([files]) =>
      Effect.gen(function* () {
        const inputs = files
          .map(
            ({ name, text }, index): InputFile => ({
              name: `${name.repeat(40)}${index}`,
              source: { _tag: "Text", text }
            })
          )
          .filter(({ name }) => inputNameProblem(name) === undefined && name.isWellFormed())
        const { archive, bytes, entries } = yield* read(inputs)
        assert.strictEqual(bytes, archive.bytes)
        assert.strictEqual(entries.filter(([type]) => type === "File").length, inputs.length)
      }).pipe(Effect.provide(services))
  )
})
