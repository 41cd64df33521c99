/**
 * Receives the output archives of one session: unpacks them in a fiber of their own, hashes them,
 * and puts everything in place when the receipts agree. Touches the staging folder alone.
 */
import { type Cause, Clock, Effect, Fiber, type FileSystem, Queue, type Scope, Stream } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { Corrupt, Protocol } from "../FileSyncReason.ts"
import type { PieceCompression } from "../pieces/Piece.ts"
import { COMPRESSED_LIMIT, expandPiece } from "../pieces/PieceCompression.ts"
import { PieceDigest } from "../pieces/PieceDigest.ts"
import { ProgressMeter, type TransferProgress } from "../pieces/TransferProgress.ts"
import type { PlacedOutputs } from "./OutputFile.ts"
import type { OutputRequest } from "./OutputRequest.ts"
import { makeOutputStaging, type OutputStaging } from "./OutputStaging.ts"

/**
 * Bytes that are gathered before they are digested and unpacked. They come in messages of 4 to 32
 * KiB, and each step on their way costs the same however few they are.
 */
const GATHERED_BYTES = 256 * 1024

/** Gathered chunks between socket and disk: 2 MiB at most that a slow disk may make us hold. */
const ARCHIVE_QUEUE = 8

/**
 * Buffers that are used in turn: new ones would be garbage outside the heap, for which V8 scans all
 * of the heap again and again. When a buffer's turn comes again, the unpacking is at least three
 * buffers further. Ahead of it are those that it took from the queue at once, those in the queue,
 * one that is offered and one that is being filled. It may still hold a file that is written whole
 * (two buffers).
 */
const BUFFERS = 2 * ARCHIVE_QUEUE + 2 + 3

/** How every tar archive ends; one without it was cut between two entries. */
const ARCHIVE_END = Buffer.alloc(1024)

export interface OutputReceiverOptions {
  readonly pod: string
  /** The volume's path in the pod. */
  readonly volumeRoot: string
  readonly outputs: OutputRequest | undefined
  readonly compression: PieceCompression
  /** Called at once when unpacking fails; the reader may be waiting for bytes. */
  readonly onFailure: (cause: Cause.Cause<FileSyncError>) => Effect.Effect<unknown>
  readonly onProgress: (progress: TransferProgress) => Effect.Effect<void>
}

/**
 * Call these in the order of the helper's records: for each archive `begin`, then `piece` and
 * `take`, then `check`; at the end `commit`.
 */
export const makeOutputReceiver = (options: OutputReceiverOptions) => {
  const fail = (reason: FileSyncError["reason"]) =>
    new FileSyncError({ operation: "collect outputs", pod: options.pod, reason })
  const protocol = (detail: string) => fail(new Protocol({ detail }))
  let staging: OutputStaging | undefined
  let unpacking:
    | { readonly queue: Queue.Queue<Uint8Array, Cause.Done>; readonly fiber: Fiber.Fiber<void, FileSyncError> }
    | undefined
  let gathered = 0
  let buffer: Buffer | undefined
  const buffers: Array<Buffer> = []
  let turn = 0
  let zipped: { readonly buffer: Buffer; filled: number } | undefined
  let digest = new PieceDigest()
  /** The archive's last bytes so far. */
  let tail = Buffer.alloc(0)
  let meter: ProgressMeter | undefined

  /** An archive follows; `as` is the output name whose target it holds, undefined for others. */
  const begin = Effect.fnUntraced(function* (
    as: string | undefined
  ): Effect.fn.Return<void, FileSyncError, FileSystem.FileSystem | Scope.Scope> {
    const { outputs } = options
    if (outputs === undefined) return yield* protocol("it sent outputs, and none were asked for")
    if (unpacking !== undefined) return yield* protocol("it began an archive within another")
    staging ??= yield* makeOutputStaging(outputs.directory, outputs.limits, options.volumeRoot)
    const queue = yield* Queue.bounded<Uint8Array, Cause.Done>(ARCHIVE_QUEUE)
    const fiber = yield* staging
      .unpack(Stream.fromQueue(queue), { as, onFile: () => meter?.file() })
      .pipe(Effect.onError(options.onFailure), Effect.forkScoped)
    unpacking = { queue, fiber }
    digest = new PieceDigest()
    tail = Buffer.alloc(0)
    meter ??= new ProgressMeter("outputs", yield* Clock.currentTimeMillis)
  })

  /** Passes on the gathered bytes; waits while the disk is slower than the socket. */
  const passOn = Effect.fnUntraced(function* () {
    if (buffer === undefined || unpacking === undefined) return
    const bytes = buffer.subarray(0, gathered)
    buffer = undefined
    digest.update(bytes)
    tail = Buffer.concat([tail, bytes.subarray(-ARCHIVE_END.length)]).subarray(-ARCHIVE_END.length)
    // A failure of the unpacking fiber ends the session; a queue that is no longer read must not
    // hold the reader.
    if (!Queue.offerUnsafe(unpacking.queue, bytes))
      yield* Effect.raceFirst(Queue.offer(unpacking.queue, bytes), Fiber.await(unpacking.fiber))
    const progress = meter?.advance(bytes.length, yield* Clock.currentTimeMillis)
    if (progress !== undefined) yield* options.onProgress(progress)
  })

  /** Copies as many of these bytes as fit into the buffer, and returns how many. */
  const gather = (bytes: Uint8Array): number => {
    if (buffer === undefined) {
      const next = turn++ % BUFFERS
      buffer = buffers[next] ?? Buffer.allocUnsafeSlow(GATHERED_BYTES)
      buffers[next] = buffer
      gathered = 0
    }
    const part = Math.min(bytes.length, GATHERED_BYTES - gathered)
    buffer.set(part === bytes.length ? bytes : bytes.subarray(0, part), gathered)
    gathered += part
    return part
  }

  const passOnAndTake = Effect.fnUntraced(function* (bytes: Uint8Array) {
    for (let rest = bytes; ; ) {
      yield* passOn()
      if (rest.length === 0) return
      rest = rest.subarray(gather(rest))
      if (gathered < GATHERED_BYTES) return
    }
  })

  /** Announces a piece of so many bytes, compressed or not. */
  const piece = (bytes: number): Effect.Effect<void, FileSyncError> => {
    if (unpacking === undefined) return protocol("it announced a piece before an archive")
    if (options.compression === "none") return Effect.void
    if (bytes > COMPRESSED_LIMIT) return protocol(`it announced a compressed piece of ${bytes} bytes`)
    zipped = { buffer: Buffer.allocUnsafeSlow(bytes), filled: 0 }
    return Effect.void
  }

  /** The next part of the archive. Most parts are only copied, which needs no Effect. */
  const take = (bytes: Uint8Array): Effect.Effect<void, FileSyncError> | undefined => {
    if (zipped === undefined) return takePlain(bytes)
    zipped.buffer.set(bytes, zipped.filled)
    zipped.filled += bytes.length
    if (zipped.filled < zipped.buffer.length) return undefined
    const expanded = expandPiece(zipped.buffer)
    zipped = undefined
    return Effect.flatMap(expanded, (whole) => takePlain(whole) ?? Effect.void)
  }

  const takePlain = (bytes: Uint8Array): Effect.Effect<void> | undefined => {
    const part = gather(bytes)
    return gathered === GATHERED_BYTES ? passOnAndTake(bytes.subarray(part)) : undefined
  }

  /** The archive has ended: compares its digest with the helper's. */
  const check = Effect.fnUntraced(function* (expected: string) {
    if (unpacking === undefined) return yield* protocol("it sent a digest before an archive")
    yield* passOn()
    yield* Queue.end(unpacking.queue)
    yield* Fiber.join(unpacking.fiber)
    unpacking = undefined
    const actual = digest.digest()
    if (actual !== expected) return yield* fail(new Corrupt({ what: "outputs", expected, actual }))
    // The digest also matches a truncated tar, so check the end marker.
    if (!tail.equals(ARCHIVE_END))
      return yield* fail(
        new Corrupt({ what: "outputs", expected: "the end of the archive", actual: "an archive that stops before it" })
      )
  })

  /** Puts the outputs in place; undefined when there was no archive. */
  const commit = Effect.gen(function* (): Effect.fn.Return<PlacedOutputs | undefined, FileSyncError> {
    if (staging === undefined) return undefined
    if (unpacking !== undefined) return yield* protocol("it ended before the digest of an archive")
    return yield* staging.commit
  })

  return { begin, piece, take, check, commit }
}
