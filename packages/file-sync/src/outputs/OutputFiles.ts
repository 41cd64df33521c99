/**
 * Unpacks an output archive below a folder of this machine: first into a staging folder beside the
 * files' final places, then, once the receipt has been checked, by renames. A reader of the target
 * folder never sees half a file.
 */
import { createHash, hash } from "node:crypto"
import { lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { failureDetail } from "@podwright/k8s-io"
import { Effect, FileSystem, Scope, Stream } from "effect"
import { Tar } from "effect/encoding"
import { FileSyncError } from "../FileSyncError.ts"
import { OutputRefused, OutputUnwritable, Protocol } from "../FileSyncReason.ts"
import { placeOutput, type SkippedOutput } from "./OutputEntry.ts"
import { excess, type OutputLimits, outputLimits, unplaceable } from "./OutputLimits.ts"

/** A collected file on this machine. */
export interface OutputFile {
  /** Its path on this machine; absolute if the target folder is. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** By name, relative to the working or the output folder; with `/` between folders. */
export type OutputFiles = Readonly<Record<string, OutputFile>>

/** What has been moved into the target folder. */
export interface PlacedOutputs {
  /** Regular files, and links to them with the file's size and digest. */
  readonly files: OutputFiles
  /** Targets by the names of links that lead to nothing here. */
  readonly broken: ReadonlyMap<string, string>
  /** What could not be taken, in the order of its arrival. */
  readonly skipped: ReadonlyArray<SkippedOutput>
  /** Names of skipped entries of the working folder: those that were asked for by name are missing. */
  readonly lost: ReadonlySet<string>
}

/** Archives that are unpacked but not yet moved into place. */
export interface OutputStaging {
  /**
   * Unpacks one archive and calls `onFile` for each file. An entry that cannot be taken, such as a
   * link that leads out, a fifo or what lies too deep, is skipped. Fails with `OutputRefused` on an
   * entry that no tar of ours writes and when there are too many or too large ones, with
   * `OutputUnwritable` when this machine cannot write it.
   */
  readonly unpack: (archive: Stream.Stream<Uint8Array>, onFile?: () => void) => Effect.Effect<void, FileSyncError>
  /** Moves everything into the target folder. */
  readonly commit: Effect.Effect<PlacedOutputs, FileSyncError>
}

const failed = (reason: FileSyncError["reason"]) => new FileSyncError({ operation: "collect outputs", reason })

const refused = (entry: string, detail: string): Effect.Effect<never, FileSyncError> =>
  Effect.fail(failed(new OutputRefused({ entry, detail })))

const unwritable = (path: string) => (error: unknown) =>
  failed(new OutputUnwritable({ path, detail: failureDetail(error) }))

const damaged = (error: Tar.TarError | FileSyncError): FileSyncError =>
  error._tag === "FileSyncError"
    ? error
    : failed(new Protocol({ detail: `the output archive is damaged: ${error.message}` }))

/**
 * Files up to this size are written at once and synchronously: a promise for each call costs
 * several times as much as a small file's bytes. Larger ones are written chunk by chunk, so that
 * memory does not grow with them.
 */
const WHOLE_FILE = 256 * 1024

/** Characters of a name that a message shows: it may be too long, and was refused for that. */
const SHOWN_NAME = 200

const BOTH = "both the working folder and the output folder have a file of this name"

const attempt = <A>(path: string, work: () => A): Effect.Effect<A, FileSyncError> =>
  Effect.try({ try: work, catch: unwritable(path) })

/**
 * Moves the content of `from` into the folder `to`: an existing folder is merged with the new one,
 * an existing file is replaced.
 */
const moveInto = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    // Not followed: an existing link must not lead the files elsewhere.
    const there = lstatSync(target, { throwIfNoEntry: false })
    if (entry.isDirectory() && there?.isDirectory() === true) moveInto(source, target)
    else renameSync(source, target)
  }
}

/**
 * `path`, or the nearest folder above it that exists: a task without outputs must not leave an
 * empty folder.
 */
const existingFolder: (path: string) => Effect.Effect<string, FileSyncError, FileSystem.FileSystem> = Effect.fnUntraced(
  function* (path) {
    const fs = yield* FileSystem.FileSystem
    if (yield* fs.exists(path).pipe(Effect.mapError(unwritable(path)))) return path
    return yield* existingFolder(dirname(path))
  }
)

const stagingFolder = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs
    .makeTempDirectoryScoped({ directory: yield* existingFolder(directory), prefix: ".podwright-" })
    .pipe(Effect.mapError(unwritable(directory)))
})

/**
 * Fails with `OutputUnwritable` when outputs could not be placed there: better known before a
 * command has run for hours.
 */
export const checkOutputDirectory = (directory: string): Effect.Effect<void, FileSyncError, FileSystem.FileSystem> =>
  Effect.scoped(Effect.asVoid(stagingFolder(directory)))

/**
 * Opens a staging folder in or above `directory`, which is deleted at the end of the scope.
 * Absolute links below `volumeRoot`, the volume's path in the pod, are made relative.
 */
export const makeOutputStaging = Effect.fn("OutputFiles.stage")(function* (
  directory: string,
  limits: OutputLimits = outputLimits,
  volumeRoot = "/podwright"
): Effect.fn.Return<OutputStaging, FileSyncError, FileSystem.FileSystem | Scope.Scope> {
  const fs = yield* FileSystem.FileSystem
  const scope = yield* Effect.scope
  // Created when there is something to put in it: a command without outputs needs no writable
  // folder.
  const staging = yield* Effect.cached(
    stagingFolder(directory).pipe(Scope.provide(scope), Effect.provideService(FileSystem.FileSystem, fs))
  )
  /**
   * By name, and used as the result: there may be a million. Without a prototype, which has names
   * of its own, until then.
   */
  const files: Record<string, OutputFile> = Object.create(null)
  /**
   * With a name from `placeOutput` it gives the same path as `join` would, and all paths share this
   * beginning in memory.
   */
  const target = join(directory, "_").slice(0, -1)
  const keep = (name: string, bytes: number, sha256: string) => {
    files[name] = { path: `${target}${name}`, bytes, sha256 }
  }
  const folders = new Set<string>()
  /** Targets by name. */
  const links = new Map<string, string>()
  /** Names of files and links from the working folder; all others are from the output folder. */
  const fromWork = new Set<string>()
  const skipped: Array<SkippedOutput> = []
  const lost = new Set<string>()
  let entries = 0
  let totalBytes = 0

  /**
   * Folders that exist in the staging folder: looked up rather than created again for each file.
   */
  const made = new Set<string>()
  const folderFor = (name: string): Effect.Effect<string, FileSyncError> =>
    Effect.flatMap(staging, (root) => {
      const path = `${root}/${name}`
      const parent = path.slice(0, path.lastIndexOf("/"))
      if (made.has(parent)) return Effect.succeed(path)
      return attempt(name, () => {
        mkdirSync(parent, { recursive: true })
        made.add(parent)
        return path
      })
    })

  type Placing = Effect.Effect<void, FileSyncError | Tar.TarError>
  const options = (executable: boolean) => ({ flag: "wx", mode: executable ? 0o755 : 0o644 }) as const

  const writeWhole = (name: string, executable: boolean, { body, header }: Tar.Entry<Tar.TarError>): Placing =>
    Effect.flatMap(Stream.runCollect(body), (chunks) => {
      const content = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
      const write = (path: string) =>
        attempt(name, () => {
          writeFileSync(path, content, options(executable))
          keep(name, header.size, hash("sha256", content))
        })
      return Effect.flatMap(folderFor(name), write)
    })

  const writeLarge = Effect.fnUntraced(function* (name: string, executable: boolean, entry: Tar.Entry<Tar.TarError>) {
    const path = yield* folderFor(name)
    const digest = createHash("sha256")
    yield* Effect.scoped(
      Effect.gen(function* () {
        const file = yield* fs.open(path, options(executable)).pipe(Effect.mapError(unwritable(name)))
        yield* Stream.runForEach(entry.body, (chunk) => {
          digest.update(chunk)
          return file.writeAll(chunk).pipe(Effect.mapError(unwritable(name)))
        })
      })
    )
    keep(name, entry.header.size, digest.digest("hex"))
  })

  const taken = (name: string): boolean => files[name] !== undefined || links.has(name)

  const skip = (archivePath: string, name: string, reason: string): void => {
    skipped.push({ name: name.slice(0, SHOWN_NAME), reason })
    if (archivePath.startsWith("work/")) lost.add(name)
  }

  const copyFile = Effect.fnUntraced(function* (name: string, from: string, { bytes, sha256 }: OutputFile) {
    const path = yield* folderFor(name)
    const root = yield* staging
    yield* fs.copyFile(join(root, from), path).pipe(Effect.mapError(unwritable(name)))
    keep(name, bytes, sha256)
  })

  const makeFolder = Effect.fnUntraced(function* (name: string) {
    folders.add(name)
    const path = join(yield* staging, name)
    yield* attempt(name, () => mkdirSync(path, { recursive: true }))
    made.add(path)
  })

  /** Plain code up to the one call that an entry needs: there may be very many small files. */
  const place = (entry: Tar.Entry<Tar.TarError>): Placing => {
    const { path, size } = entry.header
    const placement = placeOutput(entry.header, volumeRoot)
    if (placement._tag === "Top") return Effect.void
    if (placement._tag === "Refuse") return refused(path, placement.why)
    const { name } = placement
    const original = placement._tag === "Copy" ? files[placement.from] : undefined
    // Skipped ones count: their names are kept, too.
    entries += 1
    // A second name is a copy here, so it counts as one.
    totalBytes += placement._tag === "Copy" ? (original?.bytes ?? 0) : size
    const tooMuch = excess(limits, entries, totalBytes)
    if (tooMuch !== undefined) return refused(name.slice(0, SHOWN_NAME), tooMuch)
    const skipped = (why: string) => Effect.sync(() => skip(path, name, why))
    const why = placement._tag === "Skip" ? placement.why : unplaceable(limits, name)
    if (placement._tag === "Skip" || why !== undefined) return skipped(why ?? "")
    const isFromWork = path.startsWith("work/")
    if (placement._tag === "Folder") return taken(name) ? skipped(BOTH) : makeFolder(name)
    // The same archive entry twice is harmless (patterns overlap); one name from both folders is
    // not.
    if (taken(name) && fromWork.has(name) === isFromWork) return Effect.void
    if (taken(name) || folders.has(name)) return skipped(BOTH)
    if (placement._tag === "Copy" && original === undefined)
      return skipped(`it is a second name of '${placement.from}', which did not come back`)
    if (isFromWork) fromWork.add(name)
    if (placement._tag === "Symlink") {
      links.set(name, placement.target)
      return Effect.void
    }
    if (original !== undefined && placement._tag === "Copy") return copyFile(name, placement.from, original)
    const executable = placement._tag === "File" && placement.executable
    return (size <= WHOLE_FILE ? writeWhole : writeLarge)(name, executable, entry)
  }

  const unpack: OutputStaging["unpack"] = (archive, onFile = () => undefined) =>
    archive.pipe(
      Stream.pipeThroughChannel(Tar.decode()),
      Stream.runForEach((entry) => {
        if (entry.header.type === "File") onFile()
        return place(entry)
      }),
      Effect.mapError(damaged)
    )

  const commit = Effect.gen(function* () {
    // Links come last, so that no file is ever written through one.
    for (const [name, leadsTo] of links) {
      const path = yield* folderFor(name)
      yield* fs.symlink(leadsTo, path).pipe(Effect.mapError(unwritable(name)))
    }
    if (entries > 0) {
      const staged = yield* staging
      yield* attempt(directory, () => moveInto(staged, directory))
    }
    const broken = new Map<string, string>()
    const home =
      links.size === 0 ? directory : yield* fs.realPath(directory).pipe(Effect.mapError(unwritable(directory)))
    for (const [name, leadsTo] of links) {
      const real = yield* Effect.option(fs.realPath(join(directory, name)))
      const file = real._tag === "Some" ? files[relative(home, real.value)] : undefined
      if (file !== undefined) keep(name, file.bytes, file.sha256)
      if (real._tag === "None") broken.set(name, leadsTo)
    }
    return { files: Object.setPrototypeOf(files, Object.prototype), broken, skipped, lost }
  })
  return { unpack, commit }
})
