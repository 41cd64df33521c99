/**
 * Unpacks output archives into a staging folder, and moves everything to its final place once the
 * receipts have been checked. What an entry may become is decided in `OutputEntry.ts`; here is what
 * depends on the entries before it.
 */
import { realpathSync } from "node:fs"
import { posix, relative } from "node:path"
import { Effect, type FileSystem, Scope, Stream } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { OutputRefused, Protocol } from "../FileSyncReason.ts"
import { byteName, outputPath, outputPathIn } from "../names/ByteName.ts"
import { leavesTop, type OutputPlacement, placeOutput, type SkippedOutput, underName } from "./OutputEntry.ts"
import type { OutputFile, PlacedOutputs, RenamedOutput } from "./OutputFile.ts"
import { excess, type OutputLimits, outputLimits, unplaceable } from "./OutputLimits.ts"
import { type LargeFile, makeStagingFolder, type StagingFolder, unholdable, unwritable } from "./StagingFolder.ts"
import { type TarEntry, type TarPart, TarReader } from "./TarReader.ts"

/** How one archive is unpacked. */
export interface UnpackOptions {
  /** Called for each file. */
  readonly onFile?: () => void
  /** The archive's one top entry is what a link of this name leads to, and comes under this name. */
  readonly as?: string | undefined
}

/** Archives that are unpacked but not yet moved into place. */
export interface OutputStaging {
  /**
   * Unpacks one archive. An entry that cannot be taken, such as a link that leads out, a fifo or what
   * lies too deep, is skipped. Fails with `OutputRefused` on an entry that no tar of ours writes and
   * when there are too many or too large ones, with `OutputUnwritable` when this machine cannot write.
   */
  readonly unpack: (
    archive: Stream.Stream<Uint8Array>,
    options?: UnpackOptions
  ) => Effect.Effect<void, FileSyncError, FileSystem.FileSystem>
  /** Moves everything into the target folder. */
  readonly commit: Effect.Effect<PlacedOutputs, FileSyncError>
}

const failed = (reason: FileSyncError["reason"]) => new FileSyncError({ operation: "collect outputs", reason })

const refused = (entry: string, detail: string): Step => Effect.fail(failed(new OutputRefused({ entry, detail })))

const damaged = (detail: string): Effect.Effect<never, FileSyncError> =>
  Effect.fail(failed(new Protocol({ detail: `the output archive is damaged: ${detail}` })))

/** Files up to this size are written at once, larger ones in parts. */
const WHOLE_FILE = 256 * 1024

/** Characters of a name that a message shows: it may be too long, and was refused for that. */
const SHOWN_NAME = 200

const BOTH = "both the working folder and the output folder have a file of this name"

/** The folder for files of the working folder whose names ones of the output folder have. */
const OTHER_FOLDER = "work"

/** What is left to do; undefined where it is done, as for most of an archive: that needs no Effect. */
type Step = Effect.Effect<void, FileSyncError> | undefined

/** The file whose content comes next. */
interface ComingFile {
  readonly name: string
  readonly path: string
  readonly entry: TarEntry
  readonly executable: boolean
  /** Its parts so far, when it is written whole. */
  readonly parts: Array<Uint8Array>
  large: LargeFile | undefined
}

/** A link that is to be made. */
interface PlacedLink {
  /** Its name in its folder of the volume. */
  readonly original: string
  readonly target: string
  /** The folder of the volume that the target lies in. */
  readonly within: string
}

/**
 * Opens a staging folder in or above `directory`, which is deleted at the end of the scope.
 * Absolute links below `volumeRoot`, the volume's path in the pod, are made relative.
 */
export const makeOutputStaging = Effect.fn("OutputStaging.make")(function* (
  directory: string,
  limits: OutputLimits = outputLimits,
  volumeRoot = "/podwright"
): Effect.fn.Return<OutputStaging, FileSyncError, FileSystem.FileSystem | Scope.Scope> {
  const scope = yield* Effect.scope
  const services = yield* Effect.context<FileSystem.FileSystem>()
  /**
   * Created when there is something to put in it: a command without outputs needs no writable
   * folder.
   */
  let folder: StagingFolder | undefined
  const withFolder = (use: (folder: StagingFolder) => Step): Step => {
    if (folder !== undefined) return use(folder)
    return makeStagingFolder(directory).pipe(
      Scope.provide(scope),
      Effect.provideContext(services),
      Effect.flatMap((made) => {
        folder = made
        return use(made) ?? Effect.void
      })
    )
  }
  /**
   * By name, and used as the result: there may be a million. Without a prototype, which has names
   * of its own, until then.
   */
  const files: Record<string, OutputFile> = Object.create(null)
  /** All paths share this beginning in memory. */
  const target = outputPathIn(directory, "")
  /** Folders that are there or will be, with those above them. */
  const folders = new Set<string>()
  /** What is known of links, by name. */
  const links = new Map<string, PlacedLink>()
  /** Names of files and links from the working folder; all others are from the output folder. */
  const fromWork = new Set<string>()
  /** Original names by the names of renamed files and links, and the other way round. */
  const originals = new Map<string, string>()
  const renames = new Map<string, string>()
  const placeOf = (name: string, within: string) => (within === "work" ? (renames.get(name) ?? name) : name)
  /** Names of links that come as what they lead to. */
  const followed = new Set<string>()
  const skipped: Array<SkippedOutput> = []
  const lost = new Set<string>()
  let entries = 0
  let totalBytes = 0

  const keep = (name: string, bytes: number, sha256: string): void => {
    files[name] = { path: `${target}${name}`, bytes, sha256 }
  }
  const taken = (name: string): boolean => files[name] !== undefined || links.has(name)

  const addFolders = (name: string): void => {
    for (
      let above = name;
      above !== "" && !folders.has(above);
      above = above.slice(0, Math.max(0, above.lastIndexOf("/")))
    )
      folders.add(above)
  }
  const above = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("/")))

  /** Whether an entry of another kind or folder is in the way. */
  const isBlocked = (name: string, isFolder: boolean): boolean => {
    if (taken(name) || (!isFolder && folders.has(name))) return true
    for (let parent = above(name); parent !== "" && !folders.has(parent); parent = above(parent))
      if (taken(parent)) return true
    return false
  }

  const skip = (path: string, name: string, reason: string): undefined => {
    skipped.push({ name: name.slice(0, SHOWN_NAME), reason })
    if (path.startsWith("work/")) lost.add(name)
    return undefined
  }

  /** What cannot be held here is skipped; any other error is this machine's. */
  const failure = (path: string, name: string, error: unknown): Effect.Effect<void, FileSyncError> => {
    const why = unholdable(error)
    if (why === undefined) return Effect.fail(unwritable(name)(error))
    return Effect.sync(() => skip(path, name, why))
  }
  const attempt = (path: string, name: string, work: () => void): Step => {
    try {
      work()
      return undefined
    } catch (error) {
      return failure(path, name, error)
    }
  }
  const attemptAsync = (path: string, name: string, work: () => Promise<void>): Effect.Effect<void, FileSyncError> =>
    Effect.promise(() =>
      work().then(
        () => Effect.void,
        (error: unknown) => failure(path, name, error)
      )
    ).pipe(Effect.flatten)

  const register = (name: string, original: string, isFromWork: boolean): void => {
    addFolders(above(name))
    if (isFromWork) fromWork.add(name)
    if (name === original) return
    originals.set(name, original)
    renames.set(original, name)
  }

  /** A file that came before, by its name in its folder of the volume. */
  const earlier = (from: string, within: string): readonly [string, OutputFile] | undefined => {
    const name = placeOf(from, within)
    const file = fromWork.has(name) === (within === "work") ? files[name] : undefined
    return file === undefined ? undefined : [name, file]
  }

  let coming: ComingFile | undefined

  const place = (entry: TarEntry, placement: OutputPlacement): Step => {
    const { path, size } = entry
    if (placement._tag === "Top") return undefined
    if (placement._tag === "Refuse") return refused(path, placement.why)
    const original = placement.name
    const source = placement._tag === "Copy" ? earlier(placement.from, placement.within) : undefined
    // Skipped ones count: their names are kept, too.
    entries += 1
    // A second name is a copy here, so it counts as one.
    totalBytes += placement._tag === "Copy" ? (source?.[1].bytes ?? 0) : size
    const tooMuch = excess(limits, entries, totalBytes)
    if (tooMuch !== undefined) return refused(original.slice(0, SHOWN_NAME), tooMuch)
    const why = placement._tag === "Skip" ? placement.why : unplaceable(limits, original)
    if (placement._tag === "Skip" || why !== undefined) return skip(path, original, why ?? "")
    const isFromWork = path.startsWith("work/")
    if (placement._tag === "Symlink" && isFromWork && followed.has(original)) return undefined
    const isFolder = placement._tag === "Folder"
    const isSame = (name: string) =>
      !isFolder && taken(name) && fromWork.has(name) === isFromWork && (originals.get(name) ?? name) === original
    let name = original
    for (let turn = 0; isBlocked(name, isFolder); turn++) {
      // Harmless: patterns overlap.
      if (isSame(name)) return undefined
      if (!isFromWork || turn > 1) return skip(path, original, BOTH)
      name = `${OTHER_FOLDER}/${name}`
    }
    if (isFolder) {
      addFolders(name)
      return withFolder((staging) => attempt(path, name, () => staging.makeFolder(name)))
    }
    if (placement._tag === "Copy" && source === undefined)
      return skip(path, original, `it is a second name of '${placement.from}', which did not come back`)
    if (placement._tag === "Symlink") {
      register(name, original, isFromWork)
      links.set(name, { original, target: placement.target, within: placement.within })
      return undefined
    }
    if (placement._tag === "Copy" && source !== undefined) {
      const [from, { bytes, sha256 }] = source
      return withFolder((staging) =>
        attemptAsync(path, name, async () => {
          await staging.copyFile(from, name)
          register(name, original, isFromWork)
          keep(name, bytes, sha256)
        })
      )
    }
    register(name, original, isFromWork)
    coming = {
      name,
      path,
      entry,
      executable: placement._tag === "File" && placement.executable,
      parts: [],
      large: undefined
    }
    if (size <= WHOLE_FILE) return undefined
    const file = coming
    coming = undefined
    return withFolder((staging) =>
      attemptAsync(path, name, async () => {
        file.large = await staging.openFile(name, file.executable)
        coming = file
      })
    )
  }

  const takeContent = (bytes: Uint8Array): Step => {
    if (coming?.large === undefined) {
      coming?.parts.push(bytes)
      return undefined
    }
    const { large, name, path } = coming
    return attemptAsync(path, name, () => large.write(bytes))
  }

  const endFile = (): Step => {
    if (coming === undefined) return undefined
    const { entry, executable, large, name, parts, path } = coming
    coming = undefined
    if (large !== undefined) return attemptAsync(path, name, async () => keep(name, entry.size, await large.end()))
    const content = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    return withFolder((staging) =>
      attempt(path, name, () => keep(name, entry.size, staging.writeFile(name, executable, content)))
    )
  }

  const take = (part: TarPart, { as, onFile }: UnpackOptions): Step => {
    switch (part._tag) {
      case "Entry": {
        if (part.entry.type === "File") onFile?.()
        if (as === undefined) return place(part.entry, placeOutput(part.entry, volumeRoot))
        const entry = underName(part.entry, as)
        const why = leavesTop(part.entry, as)
        const name = entry.path.slice("work/".length)
        return place(entry, why === undefined ? placeOutput(entry, volumeRoot) : { _tag: "Skip", name, why })
      }
      case "Content":
        return takeContent(part.bytes)
      case "EntryEnd":
        return endFile()
      case "Damaged":
        return damaged(part.detail)
    }
  }

  const unpack: OutputStaging["unpack"] = Effect.fnUntraced(
    function* (archive, options = {}) {
      const reader = new TarReader()
      if (options.as !== undefined) followed.add(options.as)
      yield* Stream.runForEach(archive, (chunk) =>
        Effect.gen(function* () {
          for (const part of reader.read(chunk)) {
            const step = take(part, options)
            if (step !== undefined) yield* step
          }
        })
      )
      if (!reader.isBetweenEntries) return yield* damaged("it stops within an entry")
    },
    Effect.ensuring(Effect.promise(async () => coming?.large?.close()))
  )

  /** Where a link leads here: it, or what it leads to, may have come under another name. */
  const targetOf = (name: string, { original, target, within }: PlacedLink): string => {
    const leadsTo = posix.join(posix.dirname(original), target)
    const place = placeOf(leadsTo, within)
    if (name === original && place === leadsTo) return target
    return posix.relative(posix.dirname(name), place) || "."
  }

  /** Links come last, so that no file is ever written through one. */
  const makeLinks = Effect.fnUntraced(function* () {
    for (const [name, link] of links) {
      const leadsTo = targetOf(name, link)
      const path = fromWork.has(name) ? `work/${name}` : `output/${name}`
      const step = withFolder((staging) => attempt(path, name, () => staging.makeLink(name, leadsTo)))
      if (step !== undefined) yield* step
    }
  })

  /** Gives links to files what their files have; returns those that lead to nothing, with their targets. */
  const resolveLinks = (): ReadonlyMap<string, string> => {
    const broken = new Map<string, string>()
    if (links.size === 0) return broken
    // The other one of Node takes names for UTF-8.
    const real = (path: string | Buffer) => byteName(realpathSync.native(path, "buffer"))
    const home = real(directory)
    for (const [name, { target: leadsTo }] of links) {
      try {
        const file = files[relative(home, real(outputPath(`${target}${name}`)))]
        if (file !== undefined) keep(name, file.bytes, file.sha256)
      } catch {
        broken.set(name, leadsTo)
      }
    }
    return broken
  }

  const commit = Effect.gen(function* () {
    yield* makeLinks()
    const staged = folder
    if (staged !== undefined) yield* Effect.try({ try: () => staged.moveAll(), catch: unwritable(directory) })
    const broken = yield* Effect.try({ try: resolveLinks, catch: unwritable(directory) })
    for (const name of followed) {
      if (taken(name) || folders.has(name) || lost.has(name)) continue
      skip(`work/${name}`, name, "it is a link, and what it leads to could not be read")
    }
    const renamed = Array.from(originals, ([as, name]): RenamedOutput => ({ name, as })).filter(({ as }) => taken(as))
    return { files: Object.setPrototypeOf(files, Object.prototype), broken, skipped, lost, renamed }
  })
  return { unpack, commit }
})
