/**
 * How much a pod may send, and whether an entry of its archive is too much. Messages name the
 * properties of a task that set the limits. Pure.
 */

/**
 * The most a pod may send: a hostile one could otherwise fill the disk, or the memory that keeps
 * the names.
 */
export interface OutputLimits {
  /** Files, folders and links together. */
  readonly entries: number
  /** Bytes of all files. */
  readonly bytes: number
  /** Folders above a file. */
  readonly depth: number
  /** Bytes of a name from the target folder on. */
  readonly nameBytes: number
}

/**
 * A million entries take some 250 MB of memory here. 1 TiB is more than a pod's ephemeral volume
 * holds. Linux accepts paths of up to 4096 bytes, which include the staging folder's. Trees are not
 * as deep as 128 folders.
 */
export const outputLimits: OutputLimits = { entries: 1_000_000, bytes: 1024 ** 4, depth: 128, nameBytes: 3500 }

/** Why the archive is too much; undefined when it is not. `entries` and `bytes` include this entry. */
export const excess = (limits: OutputLimits, entries: number, bytes: number): string | undefined => {
  if (entries > limits.entries) return `it exceeds the limit of ${limits.entries} entries (transfer.maxEntries)`
  if (bytes > limits.bytes)
    return `it brings the outputs to ${bytes} bytes, and the limit is ${limits.bytes} (transfer.maxBytes)`
  return undefined
}

/** Why no entry of this name is taken, though others are; undefined when it is. */
export const unplaceable = (limits: OutputLimits, name: string): string | undefined => {
  if (name.split("/").length - 1 > limits.depth)
    return `it lies deeper than ${limits.depth} folders (transfer.maxDepth)`
  if (Buffer.byteLength(name) > limits.nameBytes) return `its name is longer than ${limits.nameBytes} bytes`
  return undefined
}
