/**
 * Input files, wherever they come from, as one tar stream whose length is known before its first byte. Reads local
 * files and fetches URLs; knows nothing of pods. Everything that can be wrong with an input is found here, so that a
 * bad one costs no pod.
 */
import { createHash, hash } from "node:crypto"
import {
  closeSync,
  globSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
  statSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { failureDetail } from "@podwright/k8s-io"
import { Effect, FileSystem, type Scope, Stream } from "effect"
import { Tar } from "effect/encoding"
import { HttpClient, HttpClientResponse } from "effect/http"
import { FileSyncError, InputChanged, InputUnreadable } from "./FileSyncError.ts"

export type InputSource =
  | { readonly _tag: "Text"; readonly text: string }
  /** This process's stdin to its end; of at most one input. */
  | { readonly _tag: "Stdin" }
  /** A file or folder on this machine, or a glob (`*`, `**`, `?`, `[…]`, `{a,b}`) whose files go below the input's name. */
  | { readonly _tag: "Path"; readonly path: string }
  /** An `http:`, `https:` or `file:` URL. */
  | { readonly _tag: "Url"; readonly url: string }

export interface InputFile {
  /** Where it goes below the working folder: relative, without `..`. */
  readonly name: string
  readonly source: InputSource
}

export interface InputArchive {
  /** Length of the whole archive. */
  readonly bytes: number
  /** Number of regular files in it, and their bytes. */
  readonly files: number
  readonly fileBytes: number
  /** The archive from its beginning, at every run anew. */
  readonly stream: Stream.Stream<Uint8Array, FileSyncError>
  /**
   * SHA-256 of what the command will find: names, kinds, modes and contents, whatever order the inputs are given in and when
   * the files were written. Reads them, at every run anew.
   */
  readonly digest: Effect.Effect<string, FileSyncError>
}

type ArchiveEntry = Tar.Entry<FileSyncError>

/** Main may run as any user, so what we place is readable and writable by all; the pod is the border. */
const FILE_MODE = 0o666
const EXECUTABLE_MODE = 0o777
const FOLDER_MODE = 0o777

/** As much as one exec message carries, so that a chunk of a file becomes one message. */
const READ_SIZE = 256 * 1024
const BLOCK = 512
/** From here on a ustar header cannot hold the size and the archive carries it in a pax record (ustar: 11 octal digits). */
const PAX_SIZE = 0o77777777777 + 1

const unreadable = (name: string, source: string, detail: string) =>
  new FileSyncError({ operation: "read inputs", reason: new InputUnreadable({ name, source, detail }) })

/** Why `name` cannot be an input's place below the working folder; undefined when it can. */
export const inputNameProblem = (name: string): string | undefined => {
  if (name === "") return "the name is empty"
  if (name.startsWith("/")) return "the name must be relative to the working folder"
  if (name.includes("\0")) return "the name contains a NUL byte"
  if (name.split("/").some((part) => part === ".." || part === "." || part === "")) {
    return "the name must not contain '.', '..' or empty parts"
  }
  return undefined
}

/** The first entry that is no folder and yet has others below it: nothing can be unpacked there. */
const fileWithFilesBelow = (entries: ReadonlyArray<ArchiveEntry>): string | undefined => {
  const files = new Set(entries.filter(({ header }) => header.type !== "Directory").map(({ header }) => header.path))
  for (const { header } of entries) {
    const parts = header.path.replace(/\/$/, "").split("/")
    for (let depth = 1; depth < parts.length; depth++) {
      const above = parts.slice(0, depth).join("/")
      if (files.has(above)) return above
    }
  }
  return undefined
}

/**
 * Files up to this size are read in one go and without waiting for a thread: a promise for each call costs
 * several times what a small file's own bytes do (measured, 50,000 files of 4 KiB: 2 to 7 s in all, with promises 22 s). Larger ones are streamed, so that memory does not grow with them.
 */
const WHOLE_FILE = 1024 * 1024

const modified = ({ mtime }: Stats) => (Number.isNaN(mtime.getTime()) ? {} : { mtime })

const fileEntry = (name: string, path: string, input: string, info: Stats, fs: FileSystem.FileSystem): ArchiveEntry => {
  // Opened once now: a file without read permission must be found before there is a pod.
  closeSync(openSync(path, "r"))
  const refuse = (error: unknown) => unreadable(input, path, failureDetail(error))
  const body: Stream.Stream<Uint8Array, FileSyncError> =
    info.size <= WHOLE_FILE
      ? Stream.fromEffect(Effect.try({ try: () => readFileSync(path), catch: refuse }))
      : fs.stream(path, { chunkSize: READ_SIZE }).pipe(Stream.mapError(refuse))
  const mode = (info.mode & 0o111) === 0 ? FILE_MODE : EXECUTABLE_MODE
  return Tar.fileStream(name, info.size, body, { mode, ...modified(info) }) as ArchiveEntry
}

/** What lies at `path`, links not followed, as entries below `name`; a folder comes before its content. */
const treeEntries: (
  name: string,
  path: string,
  input: string,
  info: Stats
) => Effect.Effect<ReadonlyArray<ArchiveEntry>, FileSyncError, FileSystem.FileSystem> = Effect.fnUntraced(
  function* (name, path, input, info) {
    const fs = yield* FileSystem.FileSystem
    const refuse = (error: unknown) => unreadable(input, path, failureDetail(error))
    if (info.isFile()) return [yield* Effect.try({ try: () => fileEntry(name, path, input, info, fs), catch: refuse })]
    if (!info.isDirectory()) {
      return yield* unreadable(input, path, `it is ${kindOf(info)}, not a file or folder; leave it out of the inputs`)
    }
    const entries: Array<ArchiveEntry> = [Tar.directory(name, { mode: FOLDER_MODE })]
    const children = yield* Effect.try({ try: () => readdirSync(path).sort(), catch: refuse })
    for (const child of children) {
      const inside = join(path, child)
      const target = `${name}/${child}`
      const found = yield* Effect.try({
        try: () => {
          const below = lstatSync(inside)
          if (below.isSymbolicLink()) return Tar.symlink(target, readlinkSync(inside)) as ArchiveEntry
          return below.isFile() ? fileEntry(target, inside, input, below, fs) : below
        },
        catch: (error) => unreadable(input, inside, failureDetail(error))
      })
      if ("header" in found) entries.push(found)
      // One by one: a folder's entries as arguments could be more than the stack holds.
      else for (const entry of yield* treeEntries(target, inside, input, found)) entries.push(entry)
    }
    return entries
  }
)

const kindOf = (info: Stats): string => {
  if (info.isFIFO()) return "a fifo"
  if (info.isSocket()) return "a socket"
  return "a device"
}

/** The files and links that a glob names, below the input's name as they lie below the glob's first wildcard. */
const globEntries = Effect.fnUntraced(function* (name: string, pattern: string) {
  const parts = pattern.split("/")
  const base =
    parts
      .slice(
        0,
        parts.findIndex((part) => GLOB.test(part))
      )
      .join("/") || (pattern.startsWith("/") ? "/" : ".")
  const refuse = (error: unknown) => unreadable(name, pattern, failureDetail(error))
  const matches = yield* Effect.try({ try: () => globSync(pattern).sort(), catch: refuse })
  const entries: Array<ArchiveEntry> = []
  for (const path of matches) {
    const info = yield* Effect.try({ try: () => lstatSync(path), catch: refuse })
    const target = `${name}/${relative(base, path)}`
    if (info.isSymbolicLink()) {
      const link = yield* Effect.try({ try: () => readlinkSync(path), catch: refuse })
      entries.push(Tar.symlink(target, link) as ArchiveEntry)
    } else if (!info.isDirectory()) entries.push(...(yield* treeEntries(target, path, name, info)))
  }
  if (entries.length === 0) return yield* unreadable(name, pattern, "the pattern matches no file")
  return entries
})

const GLOB = /[*?[{]/

const pathEntries = Effect.fnUntraced(function* (name: string, path: string) {
  const refuse = (error: unknown) => unreadable(name, path, failureDetail(error))
  const info = yield* Effect.try({ try: () => statSync(path, { throwIfNoEntry: false }), catch: refuse })
  if (info !== undefined) return yield* treeEntries(name, path, name, info)
  // A file of exactly this name comes first, so that every file can be named.
  return GLOB.test(path)
    ? yield* globEntries(name, path)
    : yield* unreadable(name, path, "there is no such file or folder")
})

/** Kept in a temporary file, because a length must be known before the first byte is sent. */
const spooled = Effect.fnUntraced(function* <E>(name: string, source: string, content: Stream.Stream<Uint8Array, E>) {
  const fs = yield* FileSystem.FileSystem
  const refuse = (error: unknown) => unreadable(name, source, failureDetail(error))
  const path = yield* fs.makeTempFileScoped({ directory: tmpdir(), prefix: "podwright-" }).pipe(Effect.mapError(refuse))
  yield* content.pipe(Stream.run(fs.sink(path)), Effect.mapError(refuse))
  return path
})

const fetched = Effect.fnUntraced(function* (name: string, url: string) {
  const http = yield* HttpClient.HttpClient
  const response = yield* http.get(url).pipe(
    Effect.flatMap(HttpClientResponse.filterStatusOk),
    Effect.mapError((error) => unreadable(name, url, failureDetail(error)))
  )
  return yield* spooled(name, url, response.stream)
})

const fromStdin = (name: string) => {
  const content = Stream.fromAsyncIterable<Uint8Array, unknown>(process.stdin, (error) => error)
  return process.stdin.isTTY
    ? unreadable(name, "stdin", "it is a terminal; pipe or redirect a file to it")
    : spooled(name, "stdin", content)
}

const inputEntries = Effect.fnUntraced(function* (file: InputFile) {
  const problem = inputNameProblem(file.name)
  if (problem !== undefined) return yield* unreadable(file.name, "the task", problem)
  switch (file.source._tag) {
    case "Text":
      return [Tar.file(file.name, file.source.text, { mode: FILE_MODE }) as ArchiveEntry]
    case "Stdin":
      return yield* pathEntries(file.name, yield* fromStdin(file.name))
    case "Path":
      return yield* pathEntries(file.name, file.source.path)
    case "Url": {
      const url = file.source.url
      if (!url.startsWith("file:")) return yield* pathEntries(file.name, yield* fetched(file.name, url))
      const path = yield* Effect.try({
        try: () => fileURLToPath(url),
        catch: (error) => unreadable(file.name, url, String(error))
      })
      return yield* pathEntries(file.name, path)
    }
  }
})

/** Length of the archive: the encoder's own headers for these entries, measured without their bodies, plus the bodies. */
const archiveLength = Effect.fnUntraced(function* (entries: ReadonlyArray<ArchiveEntry>) {
  const headersOnly = entries.map(({ header }): Tar.Entry => {
    // `size` is written to a pax record only when it is large; a record of the same length stands in for it.
    const pax = header.size >= PAX_SIZE ? { ...header.pax, SIZE: String(header.size) } : header.pax
    return { header: { ...header, size: 0, pax }, body: Stream.empty }
  })
  let bytes = 0
  for (const { header } of entries) bytes += Math.ceil(header.size / BLOCK) * BLOCK
  yield* Stream.fromArray(headersOnly).pipe(
    Stream.pipeThroughChannel(Tar.encode()),
    Stream.runForEach((chunk) => Effect.sync(() => (bytes += chunk.length)))
  )
  return bytes
})

const encodingProblem = (error: Tar.TarError | FileSyncError): FileSyncError =>
  error._tag === "FileSyncError"
    ? error
    : new FileSyncError({ operation: "read inputs", reason: new InputChanged({ detail: error.message }) })

const digestOf = Effect.fnUntraced(function* (entries: ReadonlyArray<ArchiveEntry>) {
  const lines = yield* Effect.forEach(
    entries,
    Effect.fnUntraced(function* ({ body, header }) {
      const content = createHash("sha256")
      yield* Stream.runForEach(body, (chunk) => Effect.sync(() => content.update(chunk)))
      const { linkTarget = null, mode, path, type } = header
      return JSON.stringify([path, type, mode, linkTarget, content.digest("hex")])
    })
  )
  return hash("sha256", lines.sort().join("\n"))
})

/**
 * Opens every input and computes the archive they make. Fetched URLs live as long as the scope.
 *
 * Fails with `InputUnreadable` naming the first input that is missing, unreadable or badly named.
 */
export const makeInputArchive = Effect.fn("InputArchive.make")(function* (
  files: ReadonlyArray<InputFile>
): Effect.fn.Return<InputArchive, FileSyncError, Scope.Scope | FileSystem.FileSystem | HttpClient.HttpClient> {
  const [, second] = files.filter(({ source }) => source._tag === "Stdin")
  if (second !== undefined)
    return yield* unreadable(second.name, "stdin", "another input takes it, and it can be read once")
  const groups = yield* Effect.forEach(files, inputEntries, { concurrency: 4 })
  const entries = groups.flat()
  const below = fileWithFilesBelow(entries)
  if (below !== undefined) {
    return yield* unreadable(below, "the task", "another input has it for a folder, and it is a file or a link")
  }
  if (entries.length === 0) return { bytes: 0, files: 0, fileBytes: 0, stream: Stream.empty, digest: digestOf([]) }
  const bytes = yield* archiveLength(entries).pipe(Effect.mapError(encodingProblem))
  return {
    bytes,
    files: entries.filter(({ header }) => header.type === "File").length,
    fileBytes: entries.reduce((sum, { header }) => sum + header.size, 0),
    stream: Stream.fromArray(entries).pipe(
      Stream.pipeThroughChannel(Tar.encode<never, unknown, ArchiveEntry>()),
      Stream.mapError(encodingProblem)
    ),
    digest: digestOf(entries).pipe(Effect.mapError(encodingProblem))
  }
})
