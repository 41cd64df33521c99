/**
 * SHA-256 (FIPS 180-4) in plain JavaScript, because a pure function can neither wait for WebCrypto nor import Node's. Fast
 * enough for a pod spec (some kilobytes); files are hashed elsewhere.
 */

/** First 32 bits of the fractional part of `root`, as FIPS 180-4 derives its constants from primes. */
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0

const primes: ReadonlyArray<number> = Array.from({ length: 311 }, (_, index) => index + 2).filter((candidate) => {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) return false
  return true
})

/** The round constants: cube roots of the first 64 primes (the 64th is 311). */
const ROUND = Int32Array.from(primes.slice(0, 64), (prime) => fraction(Math.cbrt(prime)))
/** The initial hash value: square roots of the first 8 primes. */
const INITIAL = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))

const BLOCK_BYTES = 64
/** A set bit and the 64-bit length close the last block. */
const CLOSING_BYTES = 9

const rotate = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))

const pad = (bytes: Uint8Array): DataView => {
  const blocks = Math.ceil((bytes.length + CLOSING_BYTES) / BLOCK_BYTES)
  const padded = new Uint8Array(blocks * BLOCK_BYTES)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)
  return view
}

const compress = (hash: Int32Array, schedule: Int32Array): void => {
  let a = hash[0] ?? 0
  let b = hash[1] ?? 0
  let c = hash[2] ?? 0
  let d = hash[3] ?? 0
  let e = hash[4] ?? 0
  let f = hash[5] ?? 0
  let g = hash[6] ?? 0
  let h = hash[7] ?? 0
  for (let round = 0; round < 64; round++) {
    const choose = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const first =
      (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choose + (ROUND[round] ?? 0) + (schedule[round] ?? 0)) | 0
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  // Each by its index, above and here: by iterators a block takes three times as long and leaves 1.6 KiB for the collector.
  hash[0] = ((hash[0] ?? 0) + a) | 0
  hash[1] = ((hash[1] ?? 0) + b) | 0
  hash[2] = ((hash[2] ?? 0) + c) | 0
  hash[3] = ((hash[3] ?? 0) + d) | 0
  hash[4] = ((hash[4] ?? 0) + e) | 0
  hash[5] = ((hash[5] ?? 0) + f) | 0
  hash[6] = ((hash[6] ?? 0) + g) | 0
  hash[7] = ((hash[7] ?? 0) + h) | 0
}

/** The digest of a text's UTF-8 bytes: 32 bytes. */
export const sha256 = (text: string): Uint8Array => {
  const view = pad(new TextEncoder().encode(text))
  const hash = Int32Array.from(INITIAL)
  const schedule = new Int32Array(64)
  for (let offset = 0; offset < view.byteLength; offset += BLOCK_BYTES) {
    for (let index = 0; index < 16; index++) schedule[index] = view.getInt32(offset + index * 4)
    for (let index = 16; index < 64; index++) {
      const near = schedule[index - 2] ?? 0
      const far = schedule[index - 15] ?? 0
      const mixed =
        (rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3)) + (rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10))
      schedule[index] = (mixed + (schedule[index - 16] ?? 0) + (schedule[index - 7] ?? 0)) | 0
    }
    compress(hash, schedule)
  }
  const digest = new DataView(new ArrayBuffer(32))
  for (const [index, word] of hash.entries()) digest.setInt32(index * 4, word)
  return new Uint8Array(digest.buffer)
}

/** The digest as 64 lower-case hex digits. */
export const sha256Hex = (text: string): string =>
  Array.from(sha256(text), (byte) => byte.toString(16).padStart(2, "0")).join("")
