/**
 * Input files, wherever they come from, as one tar stream whose length is known before its first
 * byte. Reads local files and fetches URLs; knows nothing of pods. Everything that can be wrong
 * with an input is found here, so that a bad one costs no pod.
 */
import { createHash, hash } from "node:crypto"
import { accessSync, constants, globSync, lstatSync, readdirSync, readlinkSync, type Stats, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import { failureDetail } from "@podwright/k8s-io"
import type { InputFile } from "@podwright/spec-builder"
import { Effect, FileSystem, type Scope, Stream } from "effect"
import { Tar } from "effect/encoding"
import { HttpClient, HttpClientResponse } from "effect/http"
import { FileSyncError } from "../FileSyncError.ts"
import { InputChanged } from "../FileSyncReason.ts"
import {
  archiveLength,
  entryOptions,
  type InputEntry,
  plainEntry,
  sizeOf,
  tarEntries,
  unreadable
} from "./InputEntry.ts"
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

/** The first file or link that other entries lie below: they could not be unpacked. */
const fileWithFilesBelow = (entries: ReadonlyArray<InputEntry>): string | undefined => {
  const others = new Set(entries.flatMap((entry) => (entry._tag === "Folder" ? [] : [entry.name])))
  const folders = new Set<string>()
  for (const { name } of entries) {
    // The folders above one that is known are known, too.
    for (let end = name.lastIndexOf("/"); end > 0; end = name.lastIndexOf("/", end - 1)) {
      const above = name.slice(0, end)
      if (folders.has(above)) break
      if (others.has(above)) return above
      folders.add(above)
    }
  }
  return undefined
}

const fileEntry = (name: string, path: string, input: string, info: Stats): InputEntry => {
  // A file without read permission must be found before there is a pod.
  accessSync(path, constants.R_OK)
  const { mode, mtimeMs, size } = info
  return { _tag: "File", name, path, input, size, executable: (mode & 0o111) !== 0, modifiedMs: mtimeMs }
}

/**
 * The files below `path`, links not followed, as entries below `name`; a folder comes before its
 * content.
 */
const treeEntries: (
  name: string,
  path: string,
  input: string,
  info: Stats
) => Effect.Effect<ReadonlyArray<InputEntry>, FileSyncError> = Effect.fnUntraced(function* (name, path, input, info) {
  const refuse = (error: unknown) => unreadable(input, path, failureDetail(error))
  if (info.isFile()) return [yield* Effect.try({ try: () => fileEntry(name, path, input, info), catch: refuse })]
  if (!info.isDirectory()) {
    return yield* unreadable(input, path, `it is ${kindOf(info)}, not a file or folder; leave it out of the inputs`)
  }
  const entries: Array<InputEntry> = [{ _tag: "Folder", name }]
  const children = yield* Effect.try({ try: () => readdirSync(path).sort(), catch: refuse })
  // Plain calls for each file: an Effect for each of many would cost more than the calls.
  const remaining = children.values()
  for (;;) {
    const folder = yield* Effect.try({
      try: () => {
        for (const child of remaining) {
          const inside = join(path, child)
          const target = `${name}/${child}`
          try {
            const below = lstatSync(inside)
            if (below.isSymbolicLink()) entries.push({ _tag: "Link", name: target, target: readlinkSync(inside) })
            else if (below.isFile()) entries.push(fileEntry(target, inside, input, below))
            else return { inside, target, below }
          } catch (error) {
            throw unreadable(input, inside, failureDetail(error))
          }
        }
        return undefined
      },
      catch: (error) => (error instanceof FileSyncError ? error : refuse(error))
    })
    if (folder === undefined) break
    // One by one: spread as arguments, a folder's entries could exceed the stack.
    for (const entry of yield* treeEntries(folder.target, folder.inside, input, folder.below)) entries.push(entry)
  }
  return entries
})

const kindOf = (info: Stats): string => {
  if (info.isFIFO()) return "a fifo"
  if (info.isSocket()) return "a socket"
  return "a device"
}

/**
 * The files and links that a glob matches. Each is placed below the input's name by its path from
 * the glob's first wildcard on.
 */
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
  const entries: Array<InputEntry> = []
  for (const path of matches) {
    const info = yield* Effect.try({ try: () => lstatSync(path), catch: refuse })
    const target = `${name}/${relative(base, path)}`
    if (info.isSymbolicLink()) {
      const link = yield* Effect.try({ try: () => readlinkSync(path), catch: refuse })
      entries.push({ _tag: "Link", name: target, target: link })
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
  // A file of exactly this name is preferred to the pattern, so that every file can be named.
  return GLOB.test(path)
    ? yield* globEntries(name, path)
    : yield* unreadable(name, path, "there is no such file or folder")
})

/** Keeps content in a temporary file: its length must be known before its first byte is sent. */
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
  if (problem !== undefined) return yield* unreadable(file.name, undefined, problem)
  switch (file.source._tag) {
    case "Text":
      return [{ _tag: "Text" as const, name: file.name, bytes: new TextEncoder().encode(file.source.text) }]
    case "Stdin":
      return yield* pathEntries(file.name, yield* fromStdin(file.name))
    case "Path":
      return yield* pathEntries(file.name, file.source.path)
    case "Url": {
      const url = file.source.url
      if (!url.startsWith("file:")) return yield* pathEntries(file.name, yield* fetched(file.name, url))
      const path = yield* Effect.try({
        try: () => fileURLToPath(url),
        catch: (error) => unreadable(file.name, url, failureDetail(error))
      })
      return yield* pathEntries(file.name, path)
    }
  }
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
  const groups = yield* Effect.forEach(files, inputEntries, { concurrency: 4 })
  const entries = groups.flat()
  const below = fileWithFilesBelow(entries)
  if (below !== undefined) {
    return yield* unreadable(below, undefined, "it is a file or a link, but another input needs it as a folder")
  }
  return archiveOf(entries, yield* archiveLength(entries).pipe(Effect.mapError(encodingProblem)))
})

const archiveOf = (all: ReadonlyArray<InputEntry>, length: number): InputArchive => {
  let kept: ReadonlyArray<InputEntry> | undefined = all
  const known = Effect.suspend(() =>
    kept === undefined ? Effect.die("the inputs were forgotten") : Effect.succeed(kept)
  )
  return {
    bytes: all.length === 0 ? 0 : length,
    files: all.filter(({ _tag }) => _tag === "File" || _tag === "Text").length,
    fileBytes: all.reduce((sum, entry) => sum + sizeOf(entry), 0),
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
