/**
 * Reads input files for the archive into memory that is reused. A new buffer for every chunk would
 * be garbage outside the heap, for which V8 scans all of the heap once for every 30 to 60 MB sent
 * (measured: a fifth of a large upload's CPU).
 */
import { closeSync, openSync, readSync } from "node:fs"
import { open } from "node:fs/promises"
import { failureDetail } from "@podwright/k8s-io"
import { Cause, Effect, type Pull, Stream } from "effect"
import { Tar } from "effect/encoding"
import { FileSyncError } from "../FileSyncError.ts"
import { InputChanged } from "../FileSyncReason.ts"
import { byteName } from "../names/ByteName.ts"
import { unreadable } from "./InputEntry.ts"

/** A chunk of a large file, which is several exec messages; smaller files are read at once. */
const CHUNK_BYTES = 256 * 1024

/**
 * Chunks that are used in turn. `Tar.encode` copies chunks below 16 KiB and holds larger ones only
 * until it has 64 KiB, so at most five are in use when the next is read. A batch of small files
 * uses at most three: below 64 KiB and one file more.
 */
const CHUNKS = 8

export interface ReadableFile {
  readonly name: string
  readonly path: string | Buffer
  /** The input it belongs to. */
  readonly input: string
  readonly size: number
}

const shown = ({ path }: ReadableFile): string => (typeof path === "string" ? path : byteName(path))

const changed = (file: ReadableFile, found: string) =>
  new FileSyncError({
    operation: "read inputs",
    reason: new InputChanged({
      detail: `${shown(file)} had ${file.size} bytes when it was listed and ${found} when it was read`
    })
  })

const refuse = (file: ReadableFile) => (error: unknown) =>
  error instanceof FileSyncError ? error : unreadable(file.input, shown(file), failureDetail(error))

/**
 * The reader of one archive: its entries must be read in turn, each chunk used before the next is
 * asked for.
 */
export class InputReader {
  readonly #chunks: Array<Buffer> = []
  #turn = 0
  /** The unused rest of the chunk that holds the latest small files. */
  #rest: Buffer = Buffer.alloc(0)

  /**
   * Small files are read at once and synchronously: a promise for each call costs several times as
   * much as a small file's bytes. Throws a `FileSyncError` when such a file cannot be read or its
   * size has changed.
   */
  entry(file: ReadableFile, options: Tar.EntryOptions): Tar.Entry<FileSyncError> {
    if (file.size >= CHUNK_BYTES) return Tar.fileStream(file.name, file.size, this.#stream(file), options)
    return Tar.file(file.name, this.#whole(file), options)
  }

  #chunk(): Buffer {
    const turn = this.#turn++ % CHUNKS
    const chunk = this.#chunks[turn] ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
    this.#chunks[turn] = chunk
    return chunk
  }

  /** A part of a chunk that small files share, so that a batch does not use up all chunks. */
  #part(bytes: number): Buffer {
    if (this.#rest.length < bytes) this.#rest = this.#chunk()
    const part = this.#rest.subarray(0, bytes)
    this.#rest = this.#rest.subarray(bytes)
    return part
  }

  #whole(file: ReadableFile): Buffer {
    // One byte more, to see whether the file has grown; a read may return less than asked for.
    const chunk = this.#part(file.size + 1)
    let descriptor: number | undefined
    try {
      descriptor = openSync(file.path, "r")
      let filled = 0
      for (let count = -1; count !== 0 && filled < chunk.length; filled += count)
        count = readSync(descriptor, chunk, filled, chunk.length - filled, null)
      if (filled !== file.size) throw changed(file, filled > file.size ? "more" : String(filled))
      return chunk.subarray(0, filled)
    } catch (error) {
      throw refuse(file)(error)
    } finally {
      if (descriptor !== undefined) closeSync(descriptor)
    }
  }

  #stream(file: ReadableFile): Stream.Stream<Uint8Array, FileSyncError> {
    this.#rest = Buffer.alloc(0) // its chunk's turn comes again
    const attempt = <A>(work: () => Promise<A>) => Effect.tryPromise({ try: work, catch: refuse(file) })
    return Stream.unwrap(
      Effect.gen({ self: this }, function* () {
        const handle = yield* Effect.acquireRelease(
          attempt(() => open(file.path, "r")),
          (handle) => Effect.promise(() => handle.close())
        )
        const pull = Effect.suspend(() => {
          const chunk = this.#chunk()
          return Effect.flatMap(
            attempt(() => handle.read(chunk, 0, CHUNK_BYTES, null)),
            ({ bytesRead }): Pull.Pull<readonly [Uint8Array]> =>
              bytesRead === 0 ? Cause.done() : Effect.succeed([chunk.subarray(0, bytesRead)])
          )
        })
        return Stream.fromPull(Effect.succeed(pull))
      })
    )
  }
}
