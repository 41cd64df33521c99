/**
 * Output archives unpacked into a real folder: staged, checked, then moved to their names. Numbers
 * such as F11 are rows of the catalogue in packages/file-sync/README.md.
 */
import { createHash } from "node:crypto"
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Stream } from "effect"
import { Tar } from "effect/encoding"
import { makeOutputStaging } from "../../src/outputs/OutputFiles.ts"
import { type OutputLimits, outputLimits } from "../../src/outputs/OutputLimits.ts"

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

  it.live("takes the same file twice, and not one name from both folders", () =>
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
      for (const both of [
        [Tar.file("work/a", ""), Tar.file("output/a", "")],
        [Tar.symlink("output/a", "x"), Tar.file("work/a", "")],
        [Tar.file("output/a", ""), Tar.hardlink("work/a", "output/a")],
        [Tar.file("output/a", ""), Tar.directory("work/a")],
        [Tar.directory("output/a"), Tar.file("work/a", "")]
      ]) {
        const { lost, skipped } = yield* unpack(yield* folder, [yield* archiveOf(both)])
        const reason = "both the working folder and the output folder have a file of this name"
        assert.deepStrictEqual(skipped, [{ name: "a", reason }])
        assert.strictEqual(lost.has("a"), both[1]?.header.path.startsWith("work/"))
      }
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
          ["1/2/3/deep", "it lies deeper than 2 folders"],
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
