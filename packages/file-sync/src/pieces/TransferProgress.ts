/** How far a transfer has come, reported twice a second. Pure; the caller passes the time. */

/** How far a transfer of archive bytes has come. */
export interface TransferProgress {
  readonly _tag: "Progress"
  readonly direction: "inputs" | "outputs"
  /** Bytes of the archive that this attempt has moved; an attempt that starts over begins at 0. */
  readonly bytes: number
  /** Bytes of the whole archive; absent for outputs, which are packed while they are sent. */
  readonly totalBytes?: number
  /** Files that this attempt has begun. */
  readonly files: number
  /** All files, where `totalBytes` are known. */
  readonly totalFiles?: number
  /** On average since the attempt's first byte. */
  readonly bytesPerSecond: number
}

/**
 * Twice a second is enough to watch, and costs next to nothing beside the transfer; a shorter
 * transfer reports nothing.
 */
export const PROGRESS_INTERVAL_MS = 500

/** Measures one direction of one attempt. */
export class ProgressMeter {
  readonly #direction: TransferProgress["direction"]
  readonly #begun: number
  #reported: number
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
    this.#reported = now
  }

  /** Counts a file. */
  file(): void {
    this.#files++
  }

  /** Counts bytes; returns the progress when it is time to report it. */
  advance(bytes: number, now: number): TransferProgress | undefined {
    this.#bytes += bytes
    if (now - this.#reported < PROGRESS_INTERVAL_MS) return undefined
    this.#reported = now
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
