/**
 * Writes the sizes of files of 8 GiB and more into their ustar headers, in GNU tar's form
 * (base-256). `Tar.encode` writes such a size into a pax record alone and zero into the header,
 * which busybox' tar believes: it creates an empty file and mistakes zeros in the content for the
 * archive's end (seen with 1.35, without any complaint). Pure.
 */

const BLOCK = 512
const SIZE_AT = 124
const SIZE_LENGTH = 12
const CHECKSUM_AT = 148
const TYPE_AT = 156
const PAX_HEADER = "x".charCodeAt(0)

/** From here on a ustar header's 11 octal digits do not hold a size. */
export const LARGE_SIZE = 0o77777777777 + 1

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK

const octal = (block: Buffer, at: number, length: number): number =>
  Number.parseInt(block.toString("latin1", at, at + length).replace(/[\0 ]+$/, "") || "0", 8)

const patch = (block: Buffer, size: number): void => {
  block.fill(0, SIZE_AT, SIZE_AT + SIZE_LENGTH)
  block[SIZE_AT] = 0x80
  block.writeBigUInt64BE(BigInt(size), SIZE_AT + SIZE_LENGTH - 8)
  block.write("        ", CHECKSUM_AT, "latin1")
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, CHECKSUM_AT, "latin1")
}

/** Patches an archive whose entries have these sizes, in order; its chunks are changed in place. */
export class LargeSizes {
  readonly #sizes: Iterator<number>
  /** Bytes until the next header. */
  #skip = 0

  constructor(sizes: Iterable<number>) {
    this.#sizes = sizes[Symbol.iterator]()
  }

  /** A chunk as the encoder gives it: a header is never in two. */
  pass(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let at = 0
    while (this.#skip < bytes.length - at) {
      at += this.#skip
      const block = bytes.subarray(at, at + BLOCK)
      if (block[TYPE_AT] === PAX_HEADER) this.#skip = BLOCK + padded(octal(block, SIZE_AT, SIZE_LENGTH))
      else {
        const next = this.#sizes.next()
        // After the last entry only the archive's end follows.
        if (next.done === true) {
          this.#skip = Number.POSITIVE_INFINITY
          return chunk
        }
        if (next.value >= LARGE_SIZE) patch(block, next.value)
        this.#skip = BLOCK + padded(next.value)
      }
    }
    this.#skip -= bytes.length - at
    return chunk
  }
}
