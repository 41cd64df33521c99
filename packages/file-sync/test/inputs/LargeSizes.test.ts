/**
 * Inputs of 8 GiB and more, read back by the tars of this machine. Numbers such as F23 are rows of
 * the catalogue in packages/file-sync/README.md.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { chmod, mkdtemp, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { makeInputArchive } from "../../src/inputs/InputArchive.ts"

const services = Layer.mergeAll(NodeFileSystem.layer, NodeHttpClient.layerUndici)

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "podwright-inputs-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

describe("LargeSizes", () => {
  for (const tar of [["tar"], ["busybox", "tar"]].filter(([name = ""]) =>
    ["/bin", "/usr/bin"].some((place) => existsSync(join(place, name)))
  ))
    it.effect(`tells every tar the size of a file above 8 GiB: F23 (${tar.join(" ")})`, () =>
      Effect.gen(function* () {
        const place = yield* folder
        const size = 9 * 1024 ** 3 + 7
        yield* Effect.promise(async () => {
          await writeFile(join(place, "a-first"), "x".repeat(700))
          await writeFile(join(place, "sparse"), "")
          await truncate(join(place, "sparse"), size)
        })
        const archive = yield* makeInputArchive([{ name: "ü", source: { _tag: "Path", path: place } }])
        const beginning: Array<Uint8Array> = []
        yield* archive.stream().pipe(
          Stream.takeUntil((chunk) => {
            beginning.push(Uint8Array.from(chunk))
            return Buffer.concat(beginning).length > 100_000
          }),
          Stream.runDrain
        )
        const [program = "tar", ...args] = tar
        // It lists what it meets before it misses the rest.
        const { stdout } = spawnSync(program, [...args, "-tvf", "-"], {
          input: Buffer.concat(beginning),
          encoding: "utf8"
        })
        assert.match(stdout, / 700 .*a-first\n/)
        assert.match(stdout, new RegExp(` ${size} .*sparse\n`))
      }).pipe(Effect.provide(services))
    )

  it.effect("knows the length of files too large for a plain header: F23", () =>
    Effect.gen(function* () {
      const place = yield* folder
      const size = 8 * 1024 ** 3 + 1
      yield* Effect.promise(async () => {
        await writeFile(join(place, "sparse"), "")
        await truncate(join(place, "sparse"), size)
        await chmod(join(place, "sparse"), 0o755)
      })
      const archive = yield* makeInputArchive([
        { name: "sparse", source: { _tag: "Path", path: join(place, "sparse") } }
      ])
      // A pax header, its record block, the file's header, the padded content and the two end
      // blocks.
      assert.strictEqual(archive.bytes, 512 * 3 + Math.ceil(size / 512) * 512 + 1024)
    }).pipe(Effect.provide(services))
  )
})
