/**
 * Sends the input archive into a session's stdin: as it is, or piece by piece, compressed or
 * through two execs at once. Computes its receipt. Does not read the helper's answers.
 */
import type { ExecChannel, KubeError } from "@podwright/k8s-io"
import { Clock, Effect, Stream } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { Channel, InputChanged } from "../FileSyncReason.ts"
import type { PieceCompression } from "../pieces/Piece.ts"
import { compressPiece } from "../pieces/PieceCompression.ts"
import { PieceDigest } from "../pieces/PieceDigest.ts"
import { ProgressMeter, type TransferProgress } from "../pieces/TransferProgress.ts"
import type { InputArchive } from "./InputArchive.ts"
import { sendGathered, sendPassing, sendSpaciously } from "./PieceSender.ts"

export interface InputSenderOptions {
  readonly pod: string
  /** The session's own channel, and that of a second exec where there is one. */
  readonly channels: readonly [ExecChannel, ...ReadonlyArray<ExecChannel>]
  readonly compression: PieceCompression
  readonly onProgress: (progress: TransferProgress) => Effect.Effect<void>
}

/**
 * Sends the archive and returns its receipt. Fails with `InputChanged` when its length differs from
 * the announced one.
 */
export const sendInputs = Effect.fnUntraced(function* (
  inputs: InputArchive,
  { channels, compression, onProgress, pod }: InputSenderOptions
): Effect.fn.Return<string, FileSyncError> {
  const fail = (reason: FileSyncError["reason"]) => new FileSyncError({ operation: "send inputs", pod, reason })
  const sender = (channel: ExecChannel) => (bytes: Uint8Array) =>
    Effect.mapError(channel.send(bytes), (error: KubeError) => fail(new Channel({ error })))
  const digest = new PieceDigest()
  const meter = new ProgressMeter("inputs", yield* Clock.currentTimeMillis, inputs)
  let sent = 0

  const account = Effect.fnUntraced(function* (chunk: Uint8Array) {
    digest.update(chunk)
    sent += chunk.length
    const progress = meter.advance(chunk.length, yield* Clock.currentTimeMillis)
    if (progress !== undefined) yield* onProgress(progress)
  })
  const archive = inputs.stream(() => meter.file()).pipe(Stream.tap(account))
  const [first, ...others] = channels
  if (compression === "none") {
    const each = [sender(first), ...others.map(sender)] as const
    const passing = sendPassing(archive, each)
    yield* others.length === 0 ? passing : sendSpaciously(archive, each, passing)
  } else {
    const compressed = (channel: ExecChannel) => (piece: Uint8Array) =>
      Effect.flatMap(compressPiece(piece), sender(channel))
    const each = [compressed(first), ...others.map(compressed)] as const
    yield* sendSpaciously(archive, each, sendGathered(archive, each, 1))
  }
  // With fewer bytes than announced the helper would wait for the rest.
  if (sent !== inputs.bytes) {
    const detail = `the archive was announced with ${inputs.bytes} bytes and has ${sent}`
    return yield* fail(new InputChanged({ detail }))
  }
  return digest.digest()
})
