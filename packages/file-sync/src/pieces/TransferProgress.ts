/** How far a transfer has come, told a few times a second. Pure; the caller brings the time. */

export interface TransferProgress {
  readonly _tag: "Progress"
  readonly direction: "inputs" | "outputs"
  /** Bytes of archive moved by this attempt; one that starts over begins at 0 again. */
  readonly bytes: number
  /** Bytes of the whole archive; absent for outputs, which are packed while they are sent. */
  readonly totalBytes?: number
  /** Files that this attempt has come to. */
  readonly files: number
  /** All files, where `totalBytes` are known. */
  readonly totalFiles?: number
  /** On average since the attempt's first byte. */
  readonly bytesPerSecond: number
}

/** Twice a second is enough for an eye, and next to nothing beside what is moved meanwhile; a shorter transfer tells nothing. */
export const PROGRESS_INTERVAL_MS = 500

/** Measures one direction of one attempt. */
export class ProgressMeter {
  readonly #direction: TransferProgress["direction"]
  readonly #begun: number
  #told: number
  #bytes = 0
  #files = 0
  readonly #total: { readonly totalBytes?: number; readonly totalFiles?: number }

  /** `now` in milliseconds, as for `advance`. */
  constructor(
    direction: TransferProgress["direction"],
    now: number,
    total?: { readonly bytes: number; readonly files: number }
  ) {
    this.#direction = direction
    this.#total = total === undefined ? {} : { totalBytes: total.bytes, totalFiles: total.files }
    this.#begun = now
    this.#told = now
  }

  /** Counts a file. */
  file(): void {
    this.#files++
  }

  /** Counts bytes; what to tell if it is time to. */
  advance(bytes: number, now: number): TransferProgress | undefined {
    this.#bytes += bytes
    if (now - this.#told < PROGRESS_INTERVAL_MS) return undefined
    this.#told = now
    return {
      _tag: "Progress",
      direction: this.#direction,
      bytes: this.#bytes,
      files: this.#files,
      ...this.#total,
      bytesPerSecond: Math.round((this.#bytes * 1000) / (now - this.#begun))
    }
  }
}
