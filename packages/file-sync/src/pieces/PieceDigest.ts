/**
 * The receipt of an archive: the SHA-256 of the SHA-256 of each of its pieces, one a line in
 * hexadecimal, as the session's script makes it. Pure.
 */
import { createHash, type Hash } from "node:crypto"
import { PIECE_BYTES } from "./Piece.ts"

/** Takes an archive's bytes in chunks of any size. */
export class PieceDigest {
  readonly #pieceBytes: number
  readonly #pieces = createHash("sha256")
  #piece: Hash | undefined
  #left = 0

  constructor(pieceBytes = PIECE_BYTES) {
    this.#pieceBytes = pieceBytes
  }

  update(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0; ) {
      if (this.#piece === undefined) {
        this.#piece = createHash("sha256")
        this.#left = this.#pieceBytes
      }
      const part = rest.length <= this.#left ? rest : rest.subarray(0, this.#left)
      this.#piece.update(part)
      this.#left -= part.length
      rest = rest.subarray(part.length)
      if (this.#left === 0) this.#endPiece()
    }
  }

  /** The receipt, in hexadecimal; to be asked for once. */
  digest(): string {
    this.#endPiece()
    return this.#pieces.digest("hex")
  }

  #endPiece(): void {
    if (this.#piece !== undefined) this.#pieces.update(`${this.#piece.digest("hex")}\n`)
    this.#piece = undefined
  }
}
