/**
 * Input files, wherever they come from, as one tar stream whose length is known before its first
 * byte. Reads local files and fetches URLs; knows nothing of pods. Everything that can be wrong
 * with an input is found here, so that a bad one costs no pod.
 */
import { isUtf8 } from "node:buffer"
import { createHash, hash } from "node:crypto"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { failureDetail } from "@podwright/k8s-io"
import type { InputFile } from "@podwright/spec-builder"
import { Clock, Effect, FileSystem, type Scope, Stream } from "effect"
import { Tar } from "effect/encoding"
import type { HttpClient } from "effect/http"
import { FileSyncError } from "../FileSyncError.ts"
import { InputChanged } from "../FileSyncReason.ts"
import { download, shownUrl } from "./InputDownload.ts"
import {
  archiveLength,
  entryOptions,
  FILE_MODE,
  FOLDER_MODE,
  type InputEntry,
  plainEntry,
  sizeOf,
  tarEntries,
  textEntry,
  unreadable
} from "./InputEntry.ts"
import { listInput, NOT_A_FOLDER } from "./InputListing.ts"
import { inputNameProblem, mergedEntries, ROOT_NAME } from "./InputName.ts"
import { InputReader } from "./InputReader.ts"
import { LARGE_SIZE, LargeSizes } from "./LargeSizes.ts"

/** Inputs as one tar archive, of which only the list of files is held in memory. */
export interface InputArchive {
  /** Bytes of the whole archive, headers included; 0 when there are no inputs. */
  readonly bytes: number
  /** Number of regular files in it, and their bytes. */
  readonly files: number
  readonly fileBytes: number
  /**
   * How many files and folders stay here by `.podwrightignore`, `.gitignore` or as `.git`; what lies
   * in such a folder is not counted.
   */
  readonly leftOut: number
  /**
   * The archive from its beginning; each run of the stream reads the inputs again. Use a chunk
   * before you pull the next: its memory is reused. `onFile` is called at the beginning of each
   * file.
   */
  readonly stream: (onFile?: () => void) => Stream.Stream<Uint8Array, FileSyncError>
  /**
   * SHA-256, in hexadecimal, of what the command will find: names, kinds, modes and contents. The
   * order of the inputs and the files' times do not change it. Each run reads the inputs again.
   */
  readonly digest: Effect.Effect<string, FileSyncError>
  /**
   * Frees the file list (a task may run for hours). Neither `stream` nor `digest` can be used after
   * this.
   */
  readonly forget: () => void
}

/** An empty file of our own, until the scope ends: lengths must be known before the first byte is sent. */
const temporaryFile = Effect.fnUntraced(function* (name: string, source: string) {
  const fs = yield* FileSystem.FileSystem
  return yield* fs
    .makeTempFileScoped({ directory: tmpdir(), prefix: "podwright-" })
    .pipe(Effect.mapError((error) => unreadable(name, source, failureDetail(error))))
})

/** The path of a `file:` URL; bytes where it is not UTF-8, as that of an output may be. */
const pathOf = (url: string): string | Buffer => {
  const { host, pathname } = new URL(url)
  const letters = pathname.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16))
  )
  const path = Buffer.from(letters, "latin1")
  return host === "" && !isUtf8(path) ? path : fileURLToPath(url)
}

const downloaded = Effect.fnUntraced(function* (name: string, url: string, sha256: string | undefined) {
  const path = yield* temporaryFile(name, shownUrl(url))
  yield* download({ name, url, sha256, path })
  return path
})

const spooled = Effect.fnUntraced(function* <E>(name: string, source: string, content: Stream.Stream<Uint8Array, E>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* temporaryFile(name, source)
  const refuse = (error: unknown) => unreadable(name, source, failureDetail(error))
  yield* content.pipe(Stream.run(fs.sink(path)), Effect.mapError(refuse))
  return path
})

const fromStdin = (name: string) => {
  const content = Stream.fromAsyncIterable<Uint8Array, unknown>(process.stdin, (error) => error)
  return process.stdin.isTTY
    ? unreadable(name, "stdin", "it is a terminal; pipe or redirect a file to it")
    : spooled(name, "stdin", content)
}

/** Lists one input; `now` is the date of what has none here. */
const listed = Effect.fnUntraced(function* ({ mode, name, source }: InputFile, now: number) {
  const problem = inputNameProblem(name)
  if (problem !== undefined) return yield* unreadable(name, undefined, problem)
  const one = (entry: InputEntry) => ({ entries: [entry], leftOut: 0 })
  if (source._tag === "Path") return yield* listInput({ name, mode, whole: source.whole }, source.path)
  const local = source._tag === "Url" && source.url.startsWith("file:")
  if (local) {
    const path = yield* Effect.try({
      try: () => pathOf(source.url),
      catch: (error) => unreadable(name, source.url, failureDetail(error))
    })
    return yield* listInput({ name, mode }, path)
  }
  if (name === ROOT_NAME) return yield* unreadable(name, undefined, NOT_A_FOLDER)
  if (source._tag === "Text") return one(textEntry(name, source.text, mode, now))
  // What has come from elsewhere is as new as a text, and has the temporary file's mode for us only.
  const path = yield* source._tag === "Stdin" ? fromStdin(name) : downloaded(name, source.url, source.sha256)
  return yield* listInput({ name, mode: mode ?? FILE_MODE }, path)
})

const encodingProblem = (error: Tar.TarError | FileSyncError): FileSyncError =>
  error._tag === "FileSyncError"
    ? error
    : new FileSyncError({ operation: "read inputs", reason: new InputChanged({ detail: error.message }) })

/** The entries with their content; consume them one after the other. */
const readEntries = (
  entries: ReadonlyArray<InputEntry>,
  onFile: () => void
): Stream.Stream<Tar.Entry<FileSyncError>, FileSyncError> =>
  Stream.suspend(() => {
    const reader = new InputReader()
    return tarEntries(entries, (entry): Tar.Entry<FileSyncError> => {
      if (entry._tag === "File" || entry._tag === "Text") onFile()
      return entry._tag === "File" ? reader.entry(entry, entryOptions(entry)) : plainEntry(entry)
    })
  })

const digestOf = Effect.fnUntraced(function* (entries: Stream.Stream<Tar.Entry<FileSyncError>, FileSyncError>) {
  const lines: Array<string> = []
  yield* Stream.runForEach(
    entries,
    Effect.fnUntraced(function* ({ body, header }) {
      const content = createHash("sha256")
      yield* Stream.runForEach(body, (chunk) => Effect.sync(() => content.update(chunk)))
      const { linkTarget = null, mode, path, type } = header
      lines.push(JSON.stringify([path, type, mode, linkTarget, content.digest("hex")]))
    })
  )
  return hash("sha256", lines.sort().join("\n"))
})

/**
 * Opens every input and measures the archive they make. Fetched URLs and stdin are kept in
 * temporary files until the scope ends.
 *
 * Fails with `InputUnreadable` naming the first input that is missing, unreadable or badly named.
 */
export const makeInputArchive = Effect.fn("InputArchive.make")(function* (
  files: ReadonlyArray<InputFile>
): Effect.fn.Return<InputArchive, FileSyncError, Scope.Scope | FileSystem.FileSystem | HttpClient.HttpClient> {
  const [, second] = files.filter(({ source }) => source._tag === "Stdin")
  if (second !== undefined)
    return yield* unreadable(second.name, "stdin", "another input reads it already, and it can be read only once")
  // One date for all that has none: each time the archive is sent its bytes are the same.
  const now = yield* Clock.currentTimeMillis
  const listings = yield* Effect.forEach(files, (file) => listed(file, now), { concurrency: 4 })
  const groups = listings.map(({ entries }, index) => ({ name: files[index]?.name ?? "", entries }))
  const entries = mergedEntries(groups, (name) => ({ _tag: "Folder", name, mode: FOLDER_MODE, modifiedMs: now }))
  if ("why" in entries) return yield* unreadable(entries.name, undefined, entries.why)
  const length = yield* archiveLength(entries).pipe(Effect.mapError(encodingProblem))
  return archiveOf(
    entries,
    length,
    listings.reduce((sum, { leftOut }) => sum + leftOut, 0)
  )
})

const archiveOf = (all: ReadonlyArray<InputEntry>, length: number, leftOut: number): InputArchive => {
  let kept: ReadonlyArray<InputEntry> | undefined = all
  const known = Effect.suspend(() =>
    kept === undefined ? Effect.die("the inputs were forgotten") : Effect.succeed(kept)
  )
  return {
    bytes: all.length === 0 ? 0 : length,
    files: all.filter(({ _tag }) => _tag === "File" || _tag === "Text").length,
    fileBytes: all.reduce((sum, entry) => sum + sizeOf(entry), 0),
    leftOut,
    stream: (onFile = () => undefined) =>
      Stream.unwrap(
        Effect.map(known, (entries) => {
          if (entries.length === 0) return Stream.empty
          const archive = readEntries(entries, onFile).pipe(
            Stream.pipeThroughChannel(Tar.encode<FileSyncError, unknown, Tar.Entry<FileSyncError>>()),
            Stream.mapError(encodingProblem)
          )
          if (entries.every((entry) => sizeOf(entry) < LARGE_SIZE)) return archive
          const sizes = new LargeSizes(entries.map(sizeOf))
          return Stream.map(archive, (chunk) => sizes.pass(chunk))
        })
      ),
    digest: Effect.flatMap(known, (entries) =>
      digestOf(readEntries(entries, () => undefined)).pipe(Effect.mapError(encodingProblem))
    ),
    forget: () => {
      kept = undefined
    }
  }
}
