/**
 * The entries of an input archive, before they are turned one by one into tar's own; and the length
 * of the archive they make. No I/O.
 */
import { failureDetail } from "@podwright/k8s-io"
import { pathProblem } from "@podwright/spec-builder"
import { Cause, Effect, type Pull, Stream } from "effect"
import { Tar } from "effect/encoding"
import { FileSyncError } from "../FileSyncError.ts"
import { InputUnreadable } from "../FileSyncReason.ts"
import { LARGE_SIZE } from "./LargeSizes.ts"

/**
 * One entry of the future archive. Small, because an input may have a million of them; tar's own
 * entries are created only when they are sent.
 */
export type InputEntry = {
  /** Below the working folder. */
  readonly name: string
  /** In ms since the epoch; NaN where it is not known. */
  readonly modifiedMs: number
} & (
  | { readonly _tag: "Folder"; readonly mode: number }
  | { readonly _tag: "Link"; readonly target: string }
  | { readonly _tag: "Text"; readonly bytes: Uint8Array; readonly mode: number }
  | {
      readonly _tag: "File"
      /** Bytes where it is not UTF-8. */
      readonly path: string | Buffer
      /** The input it belongs to. */
      readonly input: string
      readonly size: number
      readonly mode: number
    }
)

/** What has no mode of its own: content of a URL or of stdin, and texts. */
export const FILE_MODE = 0o644
/** Inline scripts. */
const SCRIPT_MODE = 0o755
/** Folders that only names imply. */
export const FOLDER_MODE = 0o755

/**
 * The mode of a file or folder as it arrives, of that which it has here. Set-user-id and its like
 * stay here. The owner can always read a file, and fill a folder: the helper unpacks with no more
 * rights than that.
 */
export const arrivingMode = (mode: number, isFolder: boolean): number => (mode & 0o777) | (isFolder ? 0o700 : 0o400)

const BLOCK = 512

/**
 * An input that cannot be sent. `source` is where it comes from; undefined where its name or place
 * is at fault.
 */
export const unreadable = (name: string, source: string | undefined, detail: string) => {
  const problem = pathProblem(source ?? "")
  // What was given for a path and is no path is not repeated, nor the error of a system that does.
  const reason =
    problem === undefined
      ? new InputUnreadable({ name, detail, ...(source === undefined ? {} : { source }) })
      : new InputUnreadable({ name, detail: problem })
  return new FileSyncError({ operation: "read inputs", reason })
}

export const sizeOf = (entry: InputEntry): number =>
  entry._tag === "File" ? entry.size : entry._tag === "Text" ? entry.bytes.length : 0

/** Whether a text names its interpreter (`#!`): a task file cannot give it a mode. */
const isScript = (bytes: Uint8Array): boolean => bytes[0] === 0x23 && bytes[1] === 0x21

/** A text as an entry; a script is executable where no mode is given. */
export const textEntry = (name: string, text: string, mode: number | undefined, modifiedMs: number): InputEntry => {
  const bytes = new TextEncoder().encode(text)
  return { _tag: "Text", name, bytes, mode: mode ?? (isScript(bytes) ? SCRIPT_MODE : FILE_MODE), modifiedMs }
}

/** The fields of an entry's tar header, except its size. */
export const entryOptions = (entry: InputEntry): Tar.EntryOptions => ({
  ...(entry._tag === "Link" ? {} : { mode: entry.mode }),
  ...(Number.isNaN(entry.modifiedMs) ? {} : { mtime: new Date(Math.trunc(entry.modifiedMs)) })
})

/** The tar entry of a folder, a link or a text, which need no reading. */
export const plainEntry = (entry: Exclude<InputEntry, { readonly _tag: "File" }>): Tar.Entry => {
  switch (entry._tag) {
    case "Folder":
      return Tar.directory(entry.name, entryOptions(entry))
    case "Link":
      return Tar.symlink(entry.name, entry.target, entryOptions(entry))
    case "Text":
      return Tar.file(entry.name, entry.bytes, entryOptions(entry))
  }
}

/**
 * Archive bytes that are created at a time. `Tar.encode` emits its bytes before it pulls more, and
 * a message for each small file would cost more on the way than the file's bytes.
 */
const BATCH_BYTES = 64 * 1024

/**
 * Tar's entries in batches, each created when it is pulled. An entry that reaches `BATCH_BYTES`
 * ends its batch.
 */
export const tarEntries = <E>(
  entries: ReadonlyArray<InputEntry>,
  make: (entry: InputEntry) => Tar.Entry<E>
): Stream.Stream<Tar.Entry<E>, FileSyncError> =>
  Stream.suspend(() => {
    let next = 0
    const pull = Effect.suspend((): Pull.Pull<readonly [Tar.Entry<E>, ...Array<Tar.Entry<E>>], FileSyncError> => {
      const first = entries[next]
      if (first === undefined) return Cause.done()
      let entry: InputEntry | undefined = first
      return Effect.try({
        try: () => {
          const batch: [Tar.Entry<E>, ...Array<Tar.Entry<E>>] = [make(first)]
          for (let bytes = BLOCK + sizeOf(first); bytes < BATCH_BYTES; bytes += BLOCK + sizeOf(entry)) {
            entry = entries[next + batch.length]
            if (entry === undefined) break
            batch.push(make(entry))
          }
          next += batch.length
          return batch
        },
        catch: (error) =>
          error instanceof FileSyncError
            ? error
            : unreadable(entry?.name ?? first.name, undefined, failureDetail(error))
      })
    })
    return Stream.fromPull(Effect.succeed(pull))
  })

/**
 * Whether an entry surely fits into one ustar header: a short ASCII name, a size of 11 octal
 * digits, a time since 1970.
 */
const hasPlainHeader = (entry: InputEntry): boolean => {
  if (entry._tag === "Link" && !SHORT_ASCII.test(entry.target)) return false
  if (!(entry.modifiedMs >= 0 && entry.modifiedMs < LARGE_SIZE * 1000)) return false
  // A folder's name gets a slash at its end.
  return SHORT_ASCII.test(entry.name) && sizeOf(entry) < LARGE_SIZE
}
const SHORT_ASCII = /^[ -~]{1,99}$/

/**
 * Bytes of the archive: the bodies, a block for each plain header, and the encoder's own output for
 * all other headers.
 */
export const archiveLength = Effect.fnUntraced(function* (entries: ReadonlyArray<InputEntry>) {
  const headerOnly = (entry: InputEntry): Tar.Entry => {
    // `size` is written to a pax record only when it is large; a record of the same length stands
    // in for it.
    const size = sizeOf(entry)
    const pax = size >= LARGE_SIZE ? { pax: { SIZE: String(size) } } : {}
    return entry._tag === "File" || entry._tag === "Text"
      ? Tar.file(entry.name, "", { ...entryOptions(entry), ...pax })
      : plainEntry(entry)
  }
  let bytes = 0
  const others: Array<InputEntry> = []
  for (const entry of entries) {
    bytes += Math.ceil(sizeOf(entry) / BLOCK) * BLOCK
    if (hasPlainHeader(entry)) bytes += BLOCK
    else others.push(entry)
  }
  yield* tarEntries(others, headerOnly).pipe(
    Stream.pipeThroughChannel(Tar.encode()),
    Stream.runForEach((chunk) => Effect.sync(() => (bytes += chunk.length)))
  )
  return bytes
})
