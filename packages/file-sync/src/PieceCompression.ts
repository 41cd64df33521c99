/**
 * Gzip of an archive piece by piece, so that neither side holds more than one and a piece that expands beyond its size is
 * refused. zlib works in threads of its own.
 */
import { constants, gunzip, gzip } from "node:zlib"
import { failureDetail } from "@podwright/k8s-io"
import { Effect } from "effect"
import { Corrupt, FileSyncError, OutputRefused } from "./FileSyncError.ts"
import { PIECE_BYTES } from "./SessionScript.ts"

/** More than gzip ever makes of a piece: what it cannot compress grows by some bytes in every 32 KiB. */
export const COMPRESSED_LIMIT = PIECE_BYTES + 64 * 1024

/** Cuts what it is given into pieces and compresses each, with its length on a line before it. */
export class PieceCompressor {
  #piece: Buffer | undefined
  #filled = 0

  /** Takes as much as fits; tells how much that was. When the piece is full, `compress` must come before more. */
  gather(bytes: Uint8Array): number {
    this.#piece ??= Buffer.allocUnsafeSlow(PIECE_BYTES)
    const part = Math.min(bytes.length, PIECE_BYTES - this.#filled)
    this.#piece.set(bytes.subarray(0, part), this.#filled)
    this.#filled += part
    return part
  }

  get isFull(): boolean {
    return this.#filled === PIECE_BYTES
  }

  get isEmpty(): boolean {
    return this.#filled === 0
  }

  /** The gathered piece as it goes over the wire; the next one begins. */
  readonly compress: Effect.Effect<Uint8Array> = Effect.suspend(() => {
    const piece = (this.#piece ?? Buffer.alloc(0)).subarray(0, this.#filled)
    this.#filled = 0
    return Effect.callback<Uint8Array>((resume) => {
      // The fastest level: for a slow link it has most of the gain at a fraction of the cost.
      gzip(piece, { level: constants.Z_BEST_SPEED }, (error, zipped) =>
        resume(
          error === null
            ? Effect.succeed(Buffer.concat([Buffer.from(`${zipped.length}\n`), zipped]))
            : Effect.die(error)
        )
      )
    })
  })
}

/** Expands a piece that a pod has sent. Fails when it is damaged, or larger than a piece can be. */
export const expandPiece = (zipped: Uint8Array): Effect.Effect<Uint8Array, FileSyncError> =>
  Effect.callback((resume) => {
    gunzip(zipped, { maxOutputLength: PIECE_BYTES }, (error, bytes) => {
      if (error === null) return resume(Effect.succeed(bytes))
      const isBomb = "code" in error && error.code === "ERR_BUFFER_TOO_LARGE"
      const reason = isBomb
        ? new OutputRefused({ entry: "a compressed piece", detail: `it expands to more than ${PIECE_BYTES} bytes` })
        : new Corrupt({ what: "outputs", expected: "gzip", actual: failureDetail(error) })
      resume(Effect.fail(new FileSyncError({ operation: "collect outputs", reason })))
    })
  })
