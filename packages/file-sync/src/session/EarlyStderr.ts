/**
 * Stderr of an exec from before the record that says it is main's. Stderr has a channel of its own,
 * so main's bytes may come before that record; until then they could as well be the complaint of a
 * shell that does not get as far. No I/O.
 */

/**
 * At most this many bytes are kept: the two channels of an exec are seldom apart by more than a few
 * hundred KiB, and a shell that complains has done so by then.
 */
export const EARLY_LIMIT = 8 * 1024 * 1024

/** Keeps what comes too early, until it is known to be main's. */
export class EarlyStderr {
  #chunks: Array<Uint8Array> = []
  #bytes = 0

  /** Keeps a copy. Returns whether all that was kept is within the limit. */
  keep(bytes: Uint8Array): boolean {
    this.#chunks.push(new Uint8Array(bytes))
    this.#bytes += bytes.length
    return this.#bytes <= EARLY_LIMIT
  }

  /** What has been kept, in order. */
  get chunks(): ReadonlyArray<Uint8Array> {
    return this.#chunks
  }

  /** Returns what has been kept and frees it: it is main's. */
  release(): ReadonlyArray<Uint8Array> {
    const chunks = this.#chunks
    this.#chunks = []
    return chunks
  }
}
