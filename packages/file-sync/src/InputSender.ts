/**
 * Sends the input archive into a session's stdin, as it is or piece by piece compressed, and makes its receipt. Knows
 * nothing of what the helper answers.
 */
import type { ExecChannel, KubeError } from "@podwright/k8s-io"
import { Clock, Effect, Stream } from "effect"
import { Channel, FileSyncError, InputChanged } from "./FileSyncError.ts"
import type { InputArchive } from "./InputArchive.ts"
import { PieceCompressor } from "./PieceCompression.ts"
import { PieceDigest } from "./PieceDigest.ts"
import type { SessionCompression } from "./SessionPlan.ts"
import { ProgressMeter, type TransferProgress } from "./TransferProgress.ts"

export interface InputSenderOptions {
  readonly pod: string
  readonly channel: ExecChannel
  readonly compression: SessionCompression
  readonly onProgress: (progress: TransferProgress) => Effect.Effect<void>
}

/** Sends the archive and returns its digest. Fails with `InputChanged` when it is not what it was announced as. */
export const sendInputs = Effect.fnUntraced(function* (
  inputs: InputArchive,
  { channel, compression, onProgress, pod }: InputSenderOptions
): Effect.fn.Return<string, FileSyncError> {
  const fail = (reason: FileSyncError["reason"]) => new FileSyncError({ operation: "upload", pod, reason })
  const send = (bytes: Uint8Array) =>
    Effect.mapError(channel.send(bytes), (error: KubeError) => fail(new Channel({ error })))
  const digest = new PieceDigest()
  const compressor = new PieceCompressor()
  const meter = new ProgressMeter("inputs", yield* Clock.currentTimeMillis, inputs)
  let sent = 0

  const sendCompressed = Effect.fnUntraced(function* (bytes: Uint8Array) {
    for (let rest = bytes; rest.length > 0; ) {
      rest = rest.subarray(compressor.gather(rest))
      if (compressor.isFull) yield* Effect.flatMap(compressor.compress, send)
    }
  })

  yield* inputs
    .stream(() => meter.file())
    .pipe(
      Stream.runForEach(
        Effect.fnUntraced(function* (chunk) {
          digest.update(chunk)
          sent += chunk.length
          yield* compression === "none" ? send(chunk) : sendCompressed(chunk)
          const progress = meter.advance(chunk.length, yield* Clock.currentTimeMillis)
          if (progress !== undefined) yield* onProgress(progress)
        })
      )
    )
  if (!compressor.isEmpty) yield* Effect.flatMap(compressor.compress, send)
  // Fewer bytes than announced would leave the helper waiting for the rest.
  if (sent !== inputs.bytes) {
    const detail = `the archive was announced with ${inputs.bytes} bytes and has ${sent}`
    return yield* fail(new InputChanged({ detail }))
  }
  return digest.digest()
})
