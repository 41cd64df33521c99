/**
 * Gzip of an archive piece by piece, so that neither side holds more than one, and a piece that
 * expands beyond its size is refused. zlib works in threads of its own.
 */
import { constants, gunzip, gzip } from "node:zlib"
import { failureDetail } from "@podwright/k8s-io"
import { Effect } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { Corrupt, OutputRefused } from "../FileSyncReason.ts"
import { PIECE_BYTES } from "./Piece.ts"

/**
 * The most bytes a compressed piece can have: incompressible bytes grow by a few in every 32 KiB.
 */
export const COMPRESSED_LIMIT = PIECE_BYTES + 64 * 1024

/** A piece as it goes over the wire: its length on a line, and its bytes. */
export const compressPiece = (piece: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.callback((resume) => {
    // The fastest level: for a slow link it has most of the gain at a fraction of the cost.
    gzip(piece, { level: constants.Z_BEST_SPEED }, (error, zipped) =>
      resume(
        error === null ? Effect.succeed(Buffer.concat([Buffer.from(`${zipped.length}\n`), zipped])) : Effect.die(error)
      )
    )
  })

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
