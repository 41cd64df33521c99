/**
 * The folder beside the outputs' final places that they are unpacked into, and the moves from there:
 * a reader of the target folder never sees half a file. Touches the disk, and decides nothing about
 * an archive. Names are as in `ByteName.ts`.
 *
 * Small things are done synchronously: a promise for each costs several times as much as the call.
 */
import { createHash, type Hash, hash } from "node:crypto"
import { lstatSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { copyFile, type FileHandle, open } from "node:fs/promises"
import { dirname } from "node:path"
import { failureDetail } from "@podwright/k8s-io"
import { pathProblem, shownValue } from "@podwright/spec-builder"
import { Effect, FileSystem } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { OutputUnwritable } from "../FileSyncReason.ts"
import { outputPath } from "../names/ByteName.ts"

/** Fails with `OutputUnwritable`: `path` is the folder or the output's name. */
export const unwritable =
  (path: string) =>
  (error: unknown): FileSyncError =>
    new FileSyncError({
      operation: "collect outputs",
      reason: new OutputUnwritable({ path, detail: failureDetail(error) })
    })

/**
 * Why this machine's file system cannot hold an output that the pod's could; undefined where the
 * error is about more than this one.
 */
export const unholdable = (error: unknown): string | undefined => {
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "EEXIST":
    case "ENOTDIR":
    case "EISDIR":
      return "the file system of this machine takes its name for another output's"
    case "ENAMETOOLONG":
      return "its name is too long for the file system of this machine"
    case "EILSEQ":
    case "EINVAL":
      return "the file system of this machine cannot hold its name"
    default:
      return undefined
  }
}

const SLASH = Buffer.from("/")
const childOf = (folder: Buffer, name: Buffer): Buffer => Buffer.concat([folder, SLASH, name])

/**
 * Moves the content of `from` into the folder `to`: an existing folder is merged with the new one,
 * an existing file is replaced.
 */
const moveInto = (from: Buffer, to: Buffer): void => {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true, encoding: "buffer" })) {
    const [source, target] = [childOf(from, entry.name), childOf(to, entry.name)]
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

const temporaryFolder = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs
    .makeTempDirectoryScoped({ directory: yield* existingFolder(directory), prefix: ".podwright-" })
    .pipe(Effect.mapError(unwritable(directory)))
})

/**
 * Fails with `OutputUnwritable` when outputs could not be placed there: better known before a
 * command has run for hours.
 */
export const checkOutputDirectory = Effect.fnUntraced(function* (
  directory: string
): Effect.fn.Return<void, FileSyncError, FileSystem.FileSystem> {
  const problem = pathProblem(directory)
  if (problem !== undefined) return yield* unwritable(shownValue(directory))(new Error(problem))
  yield* Effect.scoped(temporaryFolder(directory))
})

/** A file that comes in parts, so that memory does not grow with it. */
export interface LargeFile {
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Closes it, and returns its SHA-256. */
  readonly end: () => Promise<string>
  /** Closes it where it is not complete. */
  readonly close: () => Promise<void>
}

class OpenFile implements LargeFile {
  readonly #file: FileHandle
  readonly #digest: Hash = createHash("sha256")

  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#digest.update(bytes)
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray((await this.#file.write(rest)).bytesWritten)
  }

  async end(): Promise<string> {
    await this.#file.close()
    return this.#digest.digest("hex")
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

/** The functions throw what `node:fs` throws; a name's folder is created with it. */
export class StagingFolder {
  readonly #root: string
  readonly #directory: string
  /** Folders that exist here: looked up rather than created again for each file. */
  readonly #made = new Set<string>()

  constructor(root: string, directory: string) {
    this.#root = root
    this.#directory = directory
  }

  #pathOf(name: string): string | Buffer {
    this.makeFolder(name.slice(0, Math.max(0, name.lastIndexOf("/"))))
    return this.#place(name)
  }

  /** The root is the user's own text, which may look like an escape. */
  #place(name: string): string | Buffer {
    const path = outputPath(name)
    return typeof path === "string" ? `${this.#root}/${path}` : childOf(Buffer.from(this.#root), path)
  }

  makeFolder(name: string): void {
    if (name === "" || this.#made.has(name)) return
    mkdirSync(this.#place(name), { recursive: true })
    this.#made.add(name)
  }

  /** Writes a small file at once, and returns its SHA-256. */
  writeFile(name: string, executable: boolean, content: Uint8Array): string {
    writeFileSync(this.#pathOf(name), content, { flag: "wx", mode: executable ? 0o755 : 0o644 })
    return hash("sha256", content)
  }

  async openFile(name: string, executable: boolean): Promise<LargeFile> {
    return new OpenFile(await open(this.#pathOf(name), "wx", executable ? 0o755 : 0o644))
  }

  copyFile(from: string, to: string): Promise<void> {
    return copyFile(this.#place(from), this.#pathOf(to))
  }

  makeLink(name: string, target: string): void {
    symlinkSync(outputPath(target), this.#pathOf(name))
  }

  /** Moves everything into the target folder. */
  moveAll(): void {
    moveInto(Buffer.from(this.#root), Buffer.from(this.#directory))
  }
}

/** Opens a staging folder in or above `directory`, which is deleted at the end of the scope. */
export const makeStagingFolder = Effect.fnUntraced(function* (directory: string) {
  return new StagingFolder(yield* temporaryFolder(directory), directory)
})
