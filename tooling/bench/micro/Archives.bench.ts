/**
 * Packing inputs and unpacking outputs by file-sync's own code, beside GNU tar (a process of its
 * own, its start included) on the same files. Podwright's side also takes the SHA-256 of each file
 * it unpacks, stages and renames; tar does neither.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeFileSystem, NodeHttpClient } from "@effect/platform-node"
import { makeInputArchive, makeOutputStaging } from "@podwright/file-sync"
import { Effect, Layer, type Scope, Stream } from "effect"
import { afterAll, beforeAll, test } from "vitest"
import { type Load, writeLoad } from "../src/Bulk.ts"
import { inTurns, type Work } from "../src/Turns.ts"

const services = Layer.mergeAll(NodeFileSystem.layer, NodeHttpClient.layerUndici)
const scoped = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | Layer.Success<typeof services>>): Effect.Effect<A, E> =>
  Effect.provide(Effect.scoped(effect), services)
/** As large as a read from a socket is. */
const CHUNK = 64 * 1024

const loads: ReadonlyArray<Load & Pick<Work, "unit">> = [
  { name: "one file of 32 MiB", files: 1, fileBytes: 32 * 1024 ** 2, unit: "MB" },
  { name: "1,000 files of 4 KiB", files: 1000, fileBytes: 4096, unit: "files" }
]

let work = ""
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "podwright-micro-"))
})
// At the end, not after each call: where many files have just been deleted, ext4 takes ten times as
// long to make new ones.
afterAll(() => rm(work, { recursive: true }))

const pack = Effect.fnUntraced(function* (source: string) {
  const archive = yield* makeInputArchive([{ name: "load", source: { _tag: "Path", path: source } }])
  let bytes = 0
  yield* Stream.runForEach(archive.stream(), (chunk) => Effect.sync(() => (bytes += chunk.length)))
  if (bytes !== archive.bytes) throw new Error(`${bytes} bytes packed instead of ${archive.bytes}`)
}, scoped)

const packed = (source: string) =>
  makeInputArchive([{ name: "output", source: { _tag: "Path", path: source } }]).pipe(
    // A chunk's memory is used again for the next one.
    Effect.flatMap((archive) => Stream.runCollect(Stream.map(archive.stream(), (chunk) => Buffer.from(chunk)))),
    Effect.map((chunks) => Buffer.concat(chunks)),
    scoped
  )

const unpack = Effect.fnUntraced(function* (archive: Buffer, target: string, files: number) {
  const staging = yield* makeOutputStaging(target)
  const chunks = Array.from({ length: Math.ceil(archive.length / CHUNK) }, (_, index) =>
    archive.subarray(index * CHUNK, (index + 1) * CHUNK)
  )
  yield* staging.unpack(Stream.fromIterable(chunks))
  const placed = Object.keys((yield* staging.commit).files).length
  if (placed !== files) throw new Error(`${placed} files unpacked instead of ${files}`)
}, scoped)

/**
 * GNU tar does not read what it archives to /dev/null, so what it packs goes through a pipe to us.
 */
const tar = async (args: ReadonlyArray<string>, input?: Buffer): Promise<void> => {
  const child = spawn("tar", args, { stdio: ["pipe", "pipe", "inherit"] })
  child.stdout.resume()
  child.stdin.end(input)
  const [code] = (await once(child, "close")) as [number | null]
  if (code !== 0) throw new Error(`tar ended with ${code}`)
}

for (const load of loads) {
  const perCall = load.unit === "MB" ? (load.files * load.fileBytes) / 1e6 : load.files

  test(`${load.name} packed`, async (context) => {
    const source = await mkdtemp(join(work, "source-"))
    await writeLoad(source, load)
    await inTurns(context, load.unit, perCall, [
      { name: "podwright", async: true, run: () => Effect.runPromise(pack(source)) },
      { name: "GNU tar", async: true, run: () => tar(["-cf", "-", "-C", source, "."]) }
    ])
  })

  test(`${load.name} unpacked`, async (context) => {
    const source = await mkdtemp(join(work, "source-"))
    await writeLoad(source, load)
    const archive = await Effect.runPromise(packed(source))
    const target = () => mkdtempSync(join(work, "target-"))
    await inTurns(context, load.unit, perCall, [
      { name: "podwright", async: true, run: () => Effect.runPromise(unpack(archive, target(), load.files)) },
      { name: "GNU tar", async: true, run: () => tar(["-xf", "-", "-C", target()], archive) }
    ])
  })
}
