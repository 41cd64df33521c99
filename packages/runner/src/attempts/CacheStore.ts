/**
 * Results of tasks on disk, by key: an entry each, and the output files by their SHA-256, shared by
 * all entries. Whatever is read is checked; whatever is written appears whole, by a rename, so that
 * processes may share a folder.
 */
import { randomBytes } from "node:crypto"
import { dirname, join } from "node:path"
import { inputNameProblem, outputPath } from "@podwright/file-sync"
import { Clock, Effect, FileSystem, Option, Schema, Stream } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { RunResult } from "../task/RunResult.ts"
import { hashedFile } from "./FileDigest.ts"
import { isExecutable, moveOutput } from "./OutputOnDisk.ts"
import { storedJson } from "./StoredJson.ts"
import { StoreError, storeError } from "./StoreError.ts"

const CachedFile = Schema.Struct({
  /** As in `RunResult.outputFiles`: leads below the output folder, and nowhere else. */
  name: Schema.String.check(Schema.makeFilter((name: string) => inputNameProblem(name))),
  sha256: Schema.String.check(Schema.isPattern(/^[0-9a-f]{64}$/)),
  bytes: Schema.Finite,
  executable: Schema.Boolean
})
type CachedFile = typeof CachedFile.Type

/** Raised when what an entry says changes its meaning; entries of another format are misses. */
const FORMAT = 2

const CacheEntry = Schema.Struct({
  format: Schema.Literal(FORMAT),
  key: Schema.String,
  /** In ms since the epoch. */
  storedAt: Schema.Finite,
  executionId: Schema.String,
  taskRunId: Schema.String,
  /** Where it ran, for people; `key` has it, too. */
  cluster: Schema.String,
  result: RunResult,
  files: Schema.Array(CachedFile)
})
/** A kept result: what the run came to, when, and by which execution. */
export type CacheEntry = typeof CacheEntry.Type

const EntryText = storedJson(CacheEntry)
const decodeEntry = Schema.decodeUnknownOption(EntryText)
const encodeEntry = Schema.encodeEffect(EntryText)

/** Copies a file and returns its SHA-256. */
const copyHashed = Effect.fnUntraced(function* (from: string | Buffer, to: string, mode: number) {
  const fs = yield* FileSystem.FileSystem
  const { digest, stream } = hashedFile(from)
  yield* Stream.run(stream, fs.sink(to, { flag: "wx", mode }))
  return yield* digest
})

/**
 * A store of results with their output files. A program may bring its own; `cacheStoreIn` is one of
 * a folder.
 */
export interface CacheStore {
  /** The entry of a key, if it is not older than `ttlMs`. Its files have not been looked at. */
  readonly find: (key: string, ttlMs: number) => Effect.Effect<Option.Option<CacheEntry>, StoreError>
  /** Puts an entry's files below a folder, all of them or none, and returns where they are. */
  readonly restore: (entry: CacheEntry, directory: string) => Effect.Effect<RunResult["outputFiles"], StoreError>
  /** Keeps a result with its files, in place of an earlier one of the key. */
  readonly keep: (
    entry: Pick<CacheEntry, "key" | "executionId" | "taskRunId" | "cluster" | "result">
  ) => Effect.Effect<void, StoreError>
}

/**
 * The store in a folder, which is created when something is kept. What is damaged is removed when
 * it is met.
 */
export const cacheStoreIn = Effect.fnUntraced(function* (
  folder: string
): Effect.fn.Return<CacheStore, never, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const entryPath = (key: string) => join(folder, "entries", `${key}.json`)
  const filePath = (sha256: string) => join(folder, "files", sha256.slice(0, 2), sha256)
  // Of whoever dies while writing, such a name stays; nobody ever reads it.
  const temporary = () => join(folder, "temporary", randomBytes(12).toString("hex"))

  /** What copies files needs the file system; a store has its own. */
  const own = <A>(effect: Effect.Effect<A, StoreError | PlatformError | Schema.SchemaError, FileSystem.FileSystem>) =>
    effect.pipe(Effect.mapError(storeError), Effect.provideService(FileSystem.FileSystem, fs))

  const removed = Effect.fnUntraced(function* (paths: ReadonlyArray<string>, detail: string) {
    for (const path of paths) yield* fs.remove(path, { force: true })
    return yield* new StoreError({ detail })
  })

  const find: CacheStore["find"] = Effect.fnUntraced(function* (key, ttlMs) {
    const path = entryPath(key)
    if (!(yield* fs.exists(path))) return Option.none()
    const entry = decodeEntry(yield* fs.readFileString(path))
    if (Option.isNone(entry) || entry.value.key !== key)
      return yield* removed([path], `the kept result ${path} is damaged or of another version`)
    const age = (yield* Clock.currentTimeMillis) - entry.value.storedAt
    return age > ttlMs ? Option.none() : entry
  }, Effect.mapError(storeError))

  const restore: CacheStore["restore"] = Effect.fnUntraced(
    function* (entry, directory) {
      if (entry.files.length === 0) return {}
      yield* fs.makeDirectory(directory, { recursive: true })
      const staging = yield* Effect.acquireRelease(
        fs.makeTempDirectory({ directory, prefix: ".podwright-" }),
        // Everything that matters has been moved out of it.
        (path) => Effect.ignore(fs.remove(path, { recursive: true, force: true }))
      )
      for (const [index, { executable, name, sha256 }] of entry.files.entries()) {
        const kept = filePath(sha256)
        const damaged = (what: string) =>
          removed([entryPath(entry.key), kept], `the kept output '${name}' ${what} (${kept})`)
        if (!(yield* fs.exists(kept))) return yield* damaged("is missing")
        const found = yield* copyHashed(kept, join(staging, String(index)), executable ? 0o755 : 0o644)
        if (found !== sha256) return yield* damaged("is damaged")
      }
      const placed = yield* Effect.forEach(
        entry.files,
        Effect.fnUntraced(function* ({ bytes, name, sha256 }: CachedFile, index) {
          const path = yield* moveOutput(join(staging, String(index)), directory, name)
          return [name, { path, bytes, sha256 }] as const
        })
      )
      return Object.fromEntries(placed)
    },
    Effect.scoped,
    own
  )

  const keep: CacheStore["keep"] = Effect.fnUntraced(function* (entry) {
    for (const name of ["entries", "temporary"]) yield* fs.makeDirectory(join(folder, name), { recursive: true })
    const files = yield* Effect.forEach(
      Object.entries(entry.result.outputFiles),
      Effect.fnUntraced(function* ([name, { bytes, path, sha256 }]) {
        const executable = yield* isExecutable(path)
        const copy = temporary()
        const found = yield* copyHashed(outputPath(path), copy, 0o600)
        if (found !== sha256) {
          return yield* removed([copy], `output ${path} has changed since it came back`)
        }
        yield* fs.makeDirectory(dirname(filePath(sha256)), { recursive: true })
        yield* fs.rename(copy, filePath(sha256))
        return { name, sha256, bytes, executable }
      })
    )
    const storedAt = yield* Clock.currentTimeMillis
    const text = yield* encodeEntry({ ...entry, format: FORMAT, storedAt, files })
    const path = temporary()
    yield* fs.writeFileString(path, text, { flag: "wx", mode: 0o600 })
    yield* fs.rename(path, entryPath(entry.key))
  }, own)

  return { find, restore, keep }
})
