/**
 * Output archives unpacked into a real folder: staged, checked, then moved to their names. Numbers
 * such as F11 are rows of the catalogue in packages/file-sync/README.md.
 */
import { createHash, hash } from "node:crypto"
import { lstatSync, readFileSync } from "node:fs"
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import { Tar } from "effect/encoding"
import { outputPath } from "../../src/names/ByteName.ts"
import { type OutputLimits, outputLimits } from "../../src/outputs/OutputLimits.ts"
import { makeOutputStaging } from "../../src/outputs/OutputStaging.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-outputs-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const archiveOf = (entries: ReadonlyArray<Tar.Entry>) =>
  Stream.fromArray(entries).pipe(
    Stream.pipeThroughChannel(Tar.encode()),
    Stream.orDie,
    Stream.runCollect,
    Effect.map((chunks) => Buffer.concat(chunks))
  )

const chunksOf = (archive: Uint8Array, size = 4096): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(archive.length / size) }, (_, index) =>
      archive.subarray(index * size, (index + 1) * size)
    )
  )

const unpack = (directory: string, archives: ReadonlyArray<Uint8Array>, limits: OutputLimits = outputLimits) =>
  Effect.gen(function* () {
    const staging = yield* makeOutputStaging(directory, limits)
    for (const archive of archives) yield* staging.unpack(chunksOf(archive))
    return yield* staging.commit
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

describe("makeOutputStaging", () => {
  it.live("puts several archives in place as one, into folders that are there and beside files that stay", () =>
    Effect.gen(function* () {
      const target = yield* folder
      yield* unpack(target, [yield* archiveOf([Tar.file("work/d/old", "old"), Tar.file("work/d/both", "before")])])
      const archives = [
        yield* archiveOf([Tar.file("output/d/new", "new"), Tar.directory("output/e")]),
        yield* archiveOf([Tar.file("work/d/both", "after"), Tar.symlink("work/d/link", "both")])
      ]
      const { files } = yield* unpack(target, archives)
      for (const [name, { path }] of Object.entries(files)) assert.strictEqual(path, join(target, name))
      assert.deepStrictEqual(Object.keys(files).sort(), ["d/both", "d/link", "d/new"])
      assert.deepStrictEqual((yield* Effect.promise(() => readdir(target, { recursive: true }))).sort(), [
        "d",
        "d/both",
        "d/link",
        "d/new",
        "d/old",
        "e"
      ])
      assert.strictEqual(yield* Effect.promise(() => readFile(join(target, "d/both"), "utf8")), "after")
      assert.strictEqual(files["d/link"]?.sha256, createHash("sha256").update("after").digest("hex"))
    })
  )

  it.live("writes through no link that lies in the target folder: F11", () =>
    Effect.gen(function* () {
      const [target, outside] = [yield* folder, yield* folder]
      yield* Effect.promise(() => symlink(outside, join(target, "d")))
      const error = yield* unpack(target, [yield* archiveOf([Tar.file("work/d/x", "x")])]).pipe(Effect.flip)
      assert.strictEqual(error.reason._tag, "OutputUnwritable")
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(outside)), [])
    })
  )

  it.live("takes names that JavaScript has a meaning for: F11", () =>
    Effect.gen(function* () {
      const target = yield* folder
      const names = ["__proto__", "constructor", "hasOwnProperty", "toString"]
      const entries = names.map((name) => Tar.file(`work/${name}`, name))
      const { files } = yield* unpack(target, [
        yield* archiveOf([...entries, Tar.hardlink("work/valueOf", "work/__proto__")])
      ])
      assert.strictEqual(Object.getPrototypeOf(files), Object.prototype)
      assert.deepStrictEqual(
        Object.entries(files).map(([name, { bytes, path }]) => [name, bytes, path]),
        [...names.map((name) => [name, name.length, join(target, name)]), ["valueOf", 9, join(target, "valueOf")]]
      )
      const orphan = yield* archiveOf([Tar.hardlink("work/a", "work/constructor")])
      const { files: none, skipped } = yield* unpack(yield* folder, [orphan])
      assert.deepStrictEqual(none, {})
      assert.deepStrictEqual(skipped, [
        { name: "a", reason: "it is a second name of 'constructor', which did not come back" }
      ])
    })
  )

  it.live("takes the same file twice", () =>
    Effect.gen(function* () {
      const twice = [
        Tar.file("work/a", "a"),
        Tar.file("work/a", "b"),
        Tar.symlink("output/l", "x"),
        Tar.symlink("output/l", "y")
      ]
      const target = yield* folder
      yield* unpack(target, [yield* archiveOf(twice)])
      assert.strictEqual(yield* Effect.promise(() => readFile(join(target, "a"), "utf8")), "a")
    })
  )

  const bothHave: ReadonlyArray<readonly [string, ReadonlyArray<Tar.Entry>, ReadonlyArray<string>]> = [
    ["two files", [Tar.file("output/a", "1"), Tar.file("work/a", "2")], ["a: 1", "work/a: 2"]],
    [
      "two files, one of them twice",
      [Tar.file("output/a", "1"), Tar.file("work/a", "2"), Tar.file("work/a", "2")],
      ["a: 1", "work/a: 2"]
    ],
    [
      "a link and a file",
      [Tar.symlink("output/a", "b"), Tar.file("output/b", "1"), Tar.file("work/a", "2")],
      ["a: 1", "b: 1", "work/a: 2"]
    ],
    [
      "a file and its second name",
      [Tar.file("output/a", "1"), Tar.hardlink("work/a", "output/a")],
      ["a: 1", "work/a: 1"]
    ],
    [
      "a file and a folder",
      [Tar.file("output/a", "1"), Tar.directory("work/a"), Tar.file("work/a/b", "2")],
      ["a: 1", "work/a/b: 2"]
    ],
    [
      "a file and what is in a folder",
      [Tar.file("output/a", "1"), Tar.file("work/a/b/c", "2")],
      ["a: 1", "work/a/b/c: 2"]
    ],
    [
      "a link and what is in a folder",
      [Tar.symlink("output/a", "b"), Tar.file("output/b", "1"), Tar.file("work/a/b", "2")],
      ["a: 1", "b: 1", "work/a/b: 2"]
    ],
    ["a folder and a file", [Tar.file("output/a/b", "1"), Tar.file("work/a", "2")], ["a/b: 1", "work/a: 2"]],
    [
      "the second name of a renamed file, and links to it",
      [
        Tar.file("output/a", "1"),
        Tar.file("work/a", "2"),
        Tar.hardlink("work/b", "work/a"),
        Tar.symlink("work/c", "a"),
        Tar.symlink("output/d", "../work/a"),
        Tar.symlink("output/e", "a"),
        Tar.symlink("output/f", "x"),
        Tar.symlink("work/f", "a")
      ],
      ["a: 1", "b: 2", "c: 2", "d: 2", "e: 1", "work/a: 2", "work/f: 2"]
    ],
    [
      "a file of that other name, too",
      [Tar.file("output/a", "1"), Tar.file("work/a", "2"), Tar.file("work/work/a", "3")],
      ["a: 1", "work/a: 2", "work/work/a: 3"]
    ]
  ]
  for (const [what, entries, expected] of bothHave) {
    it.live(`brings both where working and output folder have one name: ${what}`, () =>
      Effect.gen(function* () {
        const { files, lost, renamed, skipped } = yield* unpack(yield* folder, [yield* archiveOf(entries)])
        const found = Object.entries(files).map(([name, { path }]) => `${name}: ${readFileSync(path, "utf8")}`)
        assert.deepStrictEqual(found.sort(), [...expected])
        assert.deepStrictEqual([skipped, lost.size], [[], 0])
        assert.deepStrictEqual(
          renamed.map(({ as }) => as),
          renamed.map(({ name }) => `work/${name}`)
        )
        for (const [name, { path, sha256 }] of Object.entries(files))
          assert.strictEqual(sha256, hash("sha256", readFileSync(path)), name)
      })
    )
  }

  it.live("skips what has no other name left, and nothing else", () =>
    Effect.gen(function* () {
      const entries = ["output/a", "output/work/a", "output/work/work/a", "work/a", "work/b"].map((name) =>
        Tar.file(name, name)
      )
      const { files, lost, skipped } = yield* unpack(yield* folder, [yield* archiveOf(entries)])
      const reason = "both the working folder and the output folder have a file of this name"
      assert.deepStrictEqual(skipped, [{ name: "a", reason }])
      assert.deepStrictEqual([...lost], ["a"])
      assert.deepStrictEqual(Object.keys(files).sort(), ["a", "b", "work/a", "work/work/a"])
    })
  )

  /** Latin-1 letters as bytes of their own, in a header that Effect would write as UTF-8. */
  const latin1Archive = (archive: Buffer): Buffer => {
    const bytes = Buffer.from(
      archive.toString("latin1").replaceAll("\x01", "\xe9").replaceAll("\x02", "\xe8"),
      "latin1"
    )
    for (let at = 0; at + 512 <= bytes.length; at += 512) {
      if (bytes.toString("latin1", at + 257, at + 262) !== "ustar") continue
      bytes.write("        ", at + 148, "latin1")
      const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
      bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, at + 148, "latin1")
    }
    return bytes
  }

  it.live("keeps names that are not UTF-8, and takes no two for one: F12", () =>
    Effect.gen(function* () {
      const target = yield* folder
      const archive = latin1Archive(
        yield* archiveOf([
          Tar.file("output/caf\x01.txt", "one"),
          Tar.file("output/caf\x02.txt", "two"),
          Tar.file("output/caf\\xe9.txt", "three"),
          Tar.file(`output/d\x01/${"n".repeat(120)}\x02`, "x".repeat(300_000)),
          Tar.symlink("output/link", "caf\x01.txt"),
          Tar.symlink("output/\x02link", "d\x01"),
          Tar.hardlink("output/hard\x01", "output/caf\x02.txt")
        ])
      )
      const { broken, files, skipped } = yield* unpack(target, [archive])
      assert.deepStrictEqual(skipped, [])
      assert.deepStrictEqual([...broken], [])
      const long = `d\\xe9/${"n".repeat(120)}\\xe8`
      assert.deepStrictEqual(
        Object.keys(files).sort(),
        ["caf\\xe8.txt", "caf\\xe9.txt", "caf\\x5cxe9.txt", "hard\\xe9", "link", long].sort()
      )
      for (const { path, sha256 } of Object.values(files))
        assert.strictEqual(hash("sha256", readFileSync(outputPath(path))), sha256, path)
      assert.strictEqual(readFileSync(Buffer.from(`${target}/caf\xe9.txt`, "latin1"), "utf8"), "one")
      assert.strictEqual(readFileSync(Buffer.from(`${target}/caf\xe8.txt`, "latin1"), "utf8"), "two")
      // Again, into what is there.
      const again = yield* unpack(target, [archive])
      assert.deepStrictEqual(Object.keys(again.files), Object.keys(files))
    })
  )

  it.live("shows a target folder that looks like an escape so that its paths are found", () =>
    Effect.gen(function* () {
      const target = join(yield* folder, "\\x41")
      const { files } = yield* unpack(target, [latin1Archive(yield* archiveOf([Tar.file("output/\x01", "one")]))])
      const path = files["\\xe9"]?.path ?? ""
      assert.include(path, "\\x5cx41/\\xe9")
      assert.strictEqual(readFileSync(outputPath(path), "utf8"), "one")
    })
  )

  it.live("brings what a link leads to under the link's name, and says what leads out of it", () =>
    Effect.gen(function* () {
      const target = yield* folder
      const real = yield* archiveOf([
        Tar.directory("./real"),
        Tar.file("./real/a", "a"),
        Tar.hardlink("./real/b", "./real/a"),
        Tar.symlink("./real/in", "a"),
        Tar.symlink("./real/out", "../x"),
        Tar.file("./real/d/large", "x".repeat(300_000))
      ])
      const latest = yield* archiveOf([Tar.file("./a", "a")])
      const matched = yield* archiveOf([Tar.symlink("work/result", "real"), Tar.symlink("work/latest", "real/a")])
      const { files, lost, skipped } = yield* Effect.gen(function* () {
        const staging = yield* makeOutputStaging(target)
        yield* staging.unpack(chunksOf(real), { as: "result" })
        yield* staging.unpack(chunksOf(latest), { as: "d/latest" })
        yield* staging.unpack(chunksOf(matched))
        yield* staging.unpack(chunksOf(Buffer.alloc(1024)), { as: "unread" })
        return yield* staging.commit
      }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))
      assert.deepStrictEqual(Object.keys(files).sort(), [
        "d/latest",
        "result/a",
        "result/b",
        "result/d/large",
        "result/in"
      ])
      assert.deepStrictEqual(
        skipped.map(({ name, reason }) => `${name}: ${reason.split(";")[0]}`),
        [
          "result/out: it is a link to ../x, outside of what 'result' leads to",
          "unread: it is a link, and what it leads to could not be read"
        ]
      )
      assert.deepStrictEqual([...lost], ["result/out", "unread"])
      assert.isTrue(lstatSync(join(target, "result")).isDirectory(), "result is a folder")
    })
  )

  it.live("skips a name that this machine's file system cannot hold, and brings the others", () =>
    Effect.gen(function* () {
      const target = yield* folder
      const name = "n".repeat(256)
      const { files, skipped } = yield* unpack(target, [
        yield* archiveOf([
          Tar.file(`output/${name}`, "x"),
          Tar.file(`output/large-${name}`, "x".repeat(300_000)),
          Tar.file(`output/${name}/x`, "x"),
          Tar.directory(`output/d/${name}`),
          Tar.symlink(`output/link-${name}`, "fine"),
          Tar.file("output/fine", "fine")
        ])
      ])
      assert.deepStrictEqual(Object.keys(files), ["fine"])
      assert.deepStrictEqual(
        skipped.map(({ reason }) => reason),
        Array.from({ length: 5 }, () => "its name is too long for the file system of this machine")
      )
    })
  )

  const small: OutputLimits = { entries: 3, bytes: 100, depth: 2, nameBytes: 20 }
  const bombs: ReadonlyArray<readonly [string, ReadonlyArray<Tar.Entry>, string]> = [
    ["entries", ["a", "b", "c", "last"].map((name) => Tar.file(`work/${name}`, "")), "last"],
    ["folders", ["a", "b", "c", "last"].map((name) => Tar.directory(`work/${name}`)), "last"],
    ["bytes", [Tar.file("work/a", "x".repeat(60)), Tar.file("work/last", "x".repeat(60))], "last"],
    ["copies", [Tar.file("work/a", "x".repeat(60)), Tar.hardlink("work/last", "work/a")], "last"],
    ["skipped entries", ["a", "b", "c", "last"].map((name) => Tar.symlink(`work/${name}`, "/x")), "last"]
  ]
  for (const [what, entries, name] of bombs) {
    it.live(`accepts no more ${what} than its limit, and leaves nothing: F11`, () =>
      Effect.gen(function* () {
        const target = yield* folder
        const error = yield* unpack(target, [yield* archiveOf(entries)], small).pipe(Effect.flip)
        assert.strictEqual(error.reason._tag === "OutputRefused" ? error.reason.entry : undefined, name)
        assert.deepStrictEqual(yield* Effect.promise(() => readdir(target)), [])
      })
    )
  }

  it.live("brings what is safe beside what is not, and names each that is not: F11", () =>
    Effect.gen(function* () {
      const target = yield* folder
      const fifo = { ...Tar.file("output/fifo", ""), header: { ...Tar.file("output/fifo", "").header, type: "Fifo" } }
      const entries = [
        Tar.directory("output/d"),
        Tar.symlink("output/d/out", "/etc/passwd"),
        fifo as Tar.Entry,
        Tar.file("output/1/2/3/deep", "deep"),
        Tar.file(`output/${"n".repeat(21)}`, ""),
        Tar.symlink("work/latest", "/podwright/output/d/fine"),
        Tar.symlink("work/gone", "nothing"),
        Tar.file("output/d/fine", "fine")
      ]
      const limits = { ...small, entries: 10 }
      const { broken, files, lost, skipped } = yield* unpack(target, [yield* archiveOf(entries)], limits)
      assert.deepStrictEqual(Object.keys(files).sort(), ["d/fine", "latest"])
      assert.strictEqual(yield* Effect.promise(() => readFile(join(target, "latest"), "utf8")), "fine")
      assert.deepStrictEqual(
        skipped.map(({ name, reason }) => [name, reason.split(/[,;]/)[0]]),
        [
          ["d/out", "it is a link to /etc/passwd"],
          ["fifo", "it is a Fifo"],
          ["1/2/3/deep", "it lies deeper than 2 folders (transfer.maxDepth)"],
          ["n".repeat(21), "its name is longer than 20 bytes"]
        ]
      )
      assert.deepStrictEqual([...broken], [["gone", "nothing"]])
      assert.strictEqual(lost.size, 0)
    })
  )

  it.live(
    "writes nothing outside the target and no special file, however an archive is damaged: F11",
    () =>
      Effect.gen(function* () {
        const home = yield* folder
        const target = join(home, "target")
        yield* Effect.promise(() => writeFile(join(home, "witness"), "untouched"))
        const archive = yield* archiveOf([
          Tar.directory("work/d", { mode: 0o777 }),
          Tar.file("work/d/file", "content"),
          Tar.file(`work/${"long".repeat(40)}`, "long"),
          Tar.symlink("work/d/link", "file"),
          Tar.hardlink("work/d/hard", "work/d/file"),
          Tar.file("output/ünï", "x".repeat(600))
        ])
        // A fixed seed: a failure must be seen again. Numerical Recipes' generator.
        let seed = 20_261_125
        const next = (below: number) => {
          seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
          return seed % below
        }
        /** Where a header says name, mode, size, type and link: damage there leads furthest. */
        const fields = [0, 1, 5, 100, 106, 124, 135, 156, 157, 158, 162, 345]
        const words = ["../", "/etc/x", "..", "\0", "/", "2", "1", "6", "3", "S", "x", "work/../../w"]
        let refused = 0
        for (let round = 0; round < 400; round++) {
          const damaged = Buffer.from(archive)
          for (let count = 1 + next(3); count > 0; count--) {
            const block = next(damaged.length / 512) * 512
            damaged.write(words[next(words.length)] ?? "", block + (fields[next(fields.length)] ?? 0), "latin1")
            // The checksum is made right again, or every change of a header would end there.
            damaged.write("        ", block + 148, "latin1")
            const sum = damaged.subarray(block, block + 512).reduce((total, byte) => total + byte, 0)
            damaged.write(`${sum.toString(8).padStart(6, "0")}\0 `, block + 148, "latin1")
          }
          const result = yield* Effect.result(
            unpack(target, [damaged.subarray(0, damaged.length - next(2) * next(1024))])
          )
          if (Result.isFailure(result)) refused += 1
          assert.deepStrictEqual(
            (yield* Effect.promise(() => readdir(home))).filter((name) => name !== "target"),
            ["witness"]
          )
          if (Result.isFailure(result)) continue
          for (const { path } of Object.values(result.success.files)) {
            const info = yield* Effect.promise(() => stat(path))
            assert.isTrue(info.isFile(), path)
            assert.strictEqual(info.mode & 0o7022, 0, path)
          }
          yield* Effect.promise(() => rm(target, { recursive: true, force: true }))
        }
        assert.isAbove(refused, 50)
        assert.isBelow(refused, 400)
        assert.strictEqual(yield* Effect.promise(() => readFile(join(home, "witness"), "utf8")), "untouched")
      }),
    30_000
  )
})
