/**
 * Reads a tar archive that comes in chunks of any size: USTAR, PAX records for path, link and size,
 * and GNU's long names. Unlike Effect's decoder it keeps names as bytes. Whatever it does not know
 * is damage: only the helper's tar is read here, and the pod is not trusted. Pure, and plain code:
 * an archive may hold a million small files.
 */
import { byteName } from "../names/ByteName.ts"

/** What an entry is, by the names of Effect's `Tar`. */
export type TarEntryType =
  | "File"
  | "Directory"
  | "Symlink"
  | "Hardlink"
  | "CharDevice"
  | "BlockDevice"
  | "Fifo"
  | "Other"

/** The header of an entry. Names are as in `ByteName.ts`. */
export interface TarEntry {
  readonly path: string
  readonly type: TarEntryType
  readonly mode: number
  /** Bytes of content that follow. */
  readonly size: number
  /** Where a link leads; "" for other entries. */
  readonly linkTarget: string
}

/** What an archive consists of: each entry, its content in parts if it has any, and its end. */
export type TarPart =
  | { readonly _tag: "Entry"; readonly entry: TarEntry }
  /** A view of the chunk that was read. */
  | { readonly _tag: "Content"; readonly bytes: Uint8Array }
  | { readonly _tag: "EntryEnd" }
  /** The archive cannot be read further. */
  | { readonly _tag: "Damaged"; readonly detail: string }

const BLOCK = 512
/** Bytes of names that one extended header may hold: a path has 4096 at most. */
const EXTENDED_LIMIT = 1024 * 1024

const TYPES: Readonly<Record<string, TarEntryType>> = {
  "\0": "File",
  "0": "File",
  "1": "Hardlink",
  "2": "Symlink",
  "3": "CharDevice",
  "4": "BlockDevice",
  "5": "Directory",
  "6": "Fifo",
  "7": "File"
}

const END_TAG: TarPart = { _tag: "EntryEnd" }

class Damage extends Error {}

const ZEROS = Buffer.alloc(BLOCK)

/** Zeros after so many bytes, up to the next block. */
const padding = (bytes: number): number => (BLOCK - (bytes % BLOCK)) % BLOCK

/** The bytes of a field up to its first NUL. */
const field = (block: Uint8Array, start: number, length: number): Uint8Array => {
  const bytes = block.subarray(start, start + length)
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

const octal = (block: Uint8Array, start: number, length: number): number => {
  const text = Buffer.from(block.buffer, block.byteOffset + start, length)
    .toString("latin1")
    .replace(/^[\0 ]+|[\0 ]+$/g, "")
  if (!/^[0-7]*$/.test(text)) throw new Damage(`a header's number at byte ${start} is not octal`)
  return text === "" ? 0 : Number.parseInt(text, 8)
}

/** A length: octal, or GNU's base 256 for what octal digits cannot hold. */
const length = (block: Uint8Array, start: number, size: number): number => {
  if (((block[start] ?? 0) & 0x80) === 0) return octal(block, start, size)
  const value = block
    .subarray(start + 1, start + size)
    .reduce((sum, byte) => sum * 256 + byte, (block[start] ?? 0) & 0x7f)
  if (!Number.isSafeInteger(value)) throw new Damage("a header's length is out of range")
  return value
}

const CHECKSUM = 148
const CHECKSUM_LENGTH = 8

const checkSum = (block: Uint8Array): void => {
  let sum = CHECKSUM_LENGTH * 0x20
  for (let at = 0; at < BLOCK; at++) if (at < CHECKSUM || at >= CHECKSUM + CHECKSUM_LENGTH) sum += block[at] ?? 0
  if (sum !== octal(block, CHECKSUM, CHECKSUM_LENGTH)) throw new Damage("a header's checksum is wrong")
}

/** The names and the size that records of the form `LENGTH KEY=VALUE\n` give the next entry. */
interface Extended {
  path?: string
  linkTarget?: string
  size?: number
}

const readRecords = (data: Uint8Array, into: Extended): void => {
  const view = Buffer.from(data.buffer, data.byteOffset, data.length)
  for (let at = 0; at < view.length; ) {
    const space = view.indexOf(0x20, at)
    const digits = view.toString("latin1", at, Math.max(at, space))
    const end = at + (/^\d{1,7}$/.test(digits) ? Number(digits) : 0)
    const equals = view.indexOf(0x3d, space)
    if (end <= equals || end > view.length || equals < 0 || view[end - 1] !== 0x0a)
      throw new Damage("a PAX record is malformed")
    const key = view.toString("utf8", space + 1, equals)
    const value = view.subarray(equals + 1, end - 1)
    at = end
    if (key.startsWith("GNU.sparse.")) throw new Damage("sparse files are not supported")
    if (value.length === 0 || !["path", "linkpath", "size"].includes(key)) continue
    if (value.includes(0)) throw new Damage("a name contains a NUL byte")
    if (key === "path") into.path = byteName(value)
    if (key === "linkpath") into.linkTarget = byteName(value)
    if (key === "size") {
      into.size = Number(value.toString("latin1"))
      if (!/^\d+$/.test(value.toString("latin1")) || !Number.isSafeInteger(into.size))
        throw new Damage("a PAX record's size is no number")
    }
  }
}

const pathOf = (block: Uint8Array): string => {
  const name = byteName(field(block, 0, 100))
  // GNU's tar has other things than a prefix in its place, and says so by two spaces.
  const isUstar = Buffer.from(block.buffer, block.byteOffset + 257, 6).equals(Buffer.from("ustar\0"))
  const prefix = isUstar ? byteName(field(block, 345, 155)) : ""
  return prefix === "" ? name : `${prefix}/${name}`
}

/** Reads one archive; its state lasts from chunk to chunk. */
export class TarReader {
  /** The beginning of a block, or of an extended header, whose rest is in the next chunk. */
  #held: Buffer = Buffer.alloc(0)
  #content = 0
  #skip = 0
  #extended: Extended = {}
  #extension: { readonly type: string; readonly size: number } | undefined
  #zeroBlock = false
  #ended = false
  #damaged = false

  /** Whether what has been read ends between two entries, or with the archive. */
  get isBetweenEntries(): boolean {
    return this.#content + this.#skip + this.#held.length === 0 && this.#extension === undefined
  }

  /** What a chunk holds, to be consumed before the next one. After `Damaged` nothing follows. */
  *read(chunk: Uint8Array): Generator<TarPart, void> {
    let rest = chunk
    const taken = (count: number): Uint8Array | undefined => {
      if (this.#held.length === 0 && rest.length >= count) {
        const bytes = rest.subarray(0, count)
        rest = rest.subarray(count)
        return bytes
      }
      const part = rest.subarray(0, count - this.#held.length)
      const whole = Buffer.concat([this.#held, part])
      rest = rest.subarray(part.length)
      this.#held = whole.length < count ? whole : Buffer.alloc(0)
      return whole.length < count ? undefined : whole
    }
    try {
      while (!(this.#ended || this.#damaged)) {
        if (this.#content > 0) {
          if (rest.length === 0) return
          const bytes = rest.subarray(0, this.#content)
          rest = rest.subarray(bytes.length)
          this.#content -= bytes.length
          yield { _tag: "Content", bytes }
          if (this.#content === 0) yield END_TAG
          continue
        }
        if (this.#skip > 0) {
          if (rest.length === 0) return
          const skipped = Math.min(this.#skip, rest.length)
          rest = rest.subarray(skipped)
          this.#skip -= skipped
          continue
        }
        const extension = this.#extension
        const bytes = taken(extension === undefined ? BLOCK : extension.size + padding(extension.size))
        if (bytes === undefined) return
        if (extension !== undefined) {
          this.#extension = undefined
          this.#extend(extension.type, bytes.subarray(0, extension.size))
          continue
        }
        const entry = this.#header(bytes)
        if (entry === undefined) continue
        yield { _tag: "Entry", entry }
        if (entry.size === 0) yield END_TAG
      }
    } catch (error) {
      this.#damaged = true
      yield { _tag: "Damaged", detail: error instanceof Error ? error.message : String(error) }
    }
  }

  #extend(type: string, bytes: Uint8Array): void {
    if (type === "x") readRecords(bytes, this.#extended)
    // An entry's own records only: what a global one says of all entries is no name.
    if (type === "L") this.#extended.path = byteName(field(bytes, 0, bytes.length))
    if (type === "K") this.#extended.linkTarget = byteName(field(bytes, 0, bytes.length))
  }

  #header(block: Uint8Array): TarEntry | undefined {
    if (ZEROS.equals(block)) {
      this.#ended = this.#zeroBlock
      this.#zeroBlock = true
      return undefined
    }
    if (this.#zeroBlock) throw new Damage("an entry follows the end of the archive")
    checkSum(block)
    const typeflag = String.fromCharCode(block[156] ?? 0)
    const size = length(block, 124, 12)
    if ("xgLK".includes(typeflag)) {
      if (size > EXTENDED_LIMIT) throw new Damage(`an extended header of ${size} bytes exceeds the limit`)
      if (size > 0) this.#extension = { type: typeflag, size }
      return undefined
    }
    if (typeflag === "S") throw new Damage("sparse files are not supported")
    const { linkTarget = byteName(field(block, 157, 100)), path = pathOf(block), size: given = size } = this.#extended
    this.#extended = {}
    const isOldFolder = typeflag === "\0" && path.endsWith("/")
    const type = isOldFolder ? "Directory" : (TYPES[typeflag] ?? "Other")
    const content = type === "File" || type === "Other" ? given : 0
    this.#content = content
    this.#skip = padding(content)
    return { path, type, mode: octal(block, 100, 8) & 0o7777, size: content, linkTarget }
  }
}
