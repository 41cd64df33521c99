/**
 * The records that `SessionScript.ts` prints on the exec's stdout, between which raw log and
 * archive bytes flow. A parser with no I/O; it accepts the bytes in chunks of any size.
 */
import { byteName } from "../names/ByteName.ts"
import { RECORD_MARK } from "./SessionScript.ts"

export type SessionRecord =
  /** The gate is closed: send the input archive. */
  | { readonly _tag: "Send" }
  /** The gate is open already, opened by an earlier session. */
  | { readonly _tag: "Present" }
  /** Receipt for the input archive as it lies in the volume. */
  | { readonly _tag: "Received"; readonly bytes: number; readonly sha256: string }
  /** The gate has been opened. */
  | { readonly _tag: "Ready" }
  /** Raw bytes of main's stdout follow, until the next record. */
  | { readonly _tag: "LogStart" }
  /**
   * Main's exit code (undefined when it wrote none) and the full length of its stdout and stderr.
   */
  | {
      readonly _tag: "Exit"
      readonly code: number | undefined
      readonly stdoutBytes: number
      readonly stderrBytes: number
    }
  /** The output name with this index is not there. */
  | { readonly _tag: "Missing"; readonly index: number }
  /** A tool could not read an output, or it changed meanwhile, and the tool said this; the others come. */
  | { readonly _tag: "Unread"; readonly complaint: string }
  /**
   * An output archive follows in pieces; there may be several, each with its digest. One `of` an
   * output name holds what the link of that name leads to.
   */
  | { readonly _tag: "ArchiveStart"; readonly of: number | undefined }
  /** This many bytes of the archive follow. */
  | { readonly _tag: "Piece"; readonly bytes: number }
  /** Receipt for the output archive: its pieces have all been sent. */
  | { readonly _tag: "Digest"; readonly sha256: string }
  /** The session has said everything and waits for `done`. */
  | { readonly _tag: "End" }
  /** The helper gave up, with its tools' complaint. */
  | { readonly _tag: "Failed"; readonly stage: string; readonly detail: string }

export type SessionOutput =
  | { readonly _tag: "Record"; readonly record: SessionRecord }
  | { readonly _tag: "Log"; readonly bytes: Uint8Array }
  | { readonly _tag: "Archive"; readonly bytes: Uint8Array }
  /** Bytes of neither kind: the exec does not run our script, or its stream is damaged. */
  | { readonly _tag: "Garbage"; readonly text: string }

/**
 * A record is one line. Its longest part is a tool's complaint with a path of up to 4096 bytes,
 * each perhaps escaped by four.
 */
const RECORD_LIMIT = 20_000

const number = (word: string | undefined): number | undefined =>
  word !== undefined && /^\d{1,15}$/.test(word) ? Number(word) : undefined

const digest = (word: string | undefined): string | undefined =>
  word !== undefined && /^[0-9a-f]{64}$/.test(word) ? word : undefined

/**
 * Reads one record line, without mark, nonce and newline. Undefined when it is not a record of
 * ours.
 */
export const parseRecord = (line: string): SessionRecord | undefined => {
  const words = line.split(" ").filter((word) => word !== "")
  const [verb, first, second, third] = words
  switch (verb) {
    case "send":
      return { _tag: "Send" }
    case "present":
      return { _tag: "Present" }
    case "ready":
      return { _tag: "Ready" }
    case "log":
      return { _tag: "LogStart" }
    case "end":
      return { _tag: "End" }
    case "received": {
      const bytes = number(first)
      const sha256 = digest(second)
      return bytes === undefined || sha256 === undefined ? undefined : { _tag: "Received", bytes, sha256 }
    }
    case "exit": {
      const code = first === "none" ? undefined : number(first)
      const stdoutBytes = number(second)
      const stderrBytes = number(third)
      if (stdoutBytes === undefined || stderrBytes === undefined) return undefined
      if (first !== "none" && code === undefined) return undefined
      return { _tag: "Exit", code, stdoutBytes, stderrBytes }
    }
    case "missing": {
      const index = number(first)
      return index === undefined ? undefined : { _tag: "Missing", index }
    }
    case "unread":
      return first === undefined ? undefined : { _tag: "Unread", complaint: line.slice(verb.length + 1) }
    case "archive":
      return first !== undefined && number(first) === undefined
        ? undefined
        : { _tag: "ArchiveStart", of: number(first) }
    case "piece": {
      const bytes = number(first)
      return bytes === undefined ? undefined : { _tag: "Piece", bytes }
    }
    case "digest": {
      const sha256 = digest(first)
      return sha256 === undefined ? undefined : { _tag: "Digest", sha256 }
    }
    case "fail":
      return first === undefined ? undefined : { _tag: "Failed", stage: first, detail: words.slice(2).join(" ") }
    default:
      return undefined
  }
}

const empty = new Uint8Array(0)
const NEWLINE = 0x0a

const concat = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  if (left.length === 0) return right
  const joined = new Uint8Array(left.length + right.length)
  joined.set(left)
  joined.set(right, left.length)
  return joined
}

/**
 * Length of the longest suffix of `bytes` that is a proper prefix of `mark`: it may continue in the
 * next chunk.
 */
const heldBack = (bytes: Buffer, mark: Buffer): number => {
  const from = bytes.lastIndexOf(mark[0] ?? 0, bytes.length - 1)
  if (from < 0 || bytes.length - from >= mark.length) return 0
  // 0x1e is the first byte of the mark and occurs in it once, so only its last occurrence can begin
  // a record.
  return mark.subarray(0, bytes.length - from).equals(bytes.subarray(from)) ? bytes.length - from : 0
}

/**
 * Splits the session's stdout into records, log bytes and archive bytes.
 *
 * `push` returns the records and bytes in order; log and archive bytes are views of the chunk that
 * was pushed. At most one record line, or the beginning of a mark, is held back, as a copy.
 */
export class SessionParser {
  readonly #mark: Buffer
  #mode: "records" | "log" | "archive" = "records"
  #archiveBytes = 0
  #pending: Uint8Array = empty

  constructor(nonce: string) {
    this.#mark = Buffer.from(`${RECORD_MARK}${nonce} `, "latin1")
  }

  push(chunk: Uint8Array): ReadonlyArray<SessionOutput> {
    const outputs: Array<SessionOutput> = []
    let rest = concat(this.#pending, chunk)
    this.#pending = empty
    while (rest.length > 0) {
      if (this.#mode === "archive") {
        const bytes = rest.subarray(0, this.#archiveBytes)
        outputs.push({ _tag: "Archive", bytes })
        this.#archiveBytes -= bytes.length
        rest = rest.subarray(bytes.length)
        if (this.#archiveBytes === 0) this.#mode = "records"
        continue
      }
      const view = Buffer.from(rest.buffer, rest.byteOffset, rest.length)
      const start = view.indexOf(this.#mark)
      if (start < 0) {
        const held = heldBack(view, this.#mark)
        this.#outside(outputs, rest.subarray(0, rest.length - held))
        this.#pending = new Uint8Array(rest.subarray(rest.length - held))
        break
      }
      this.#outside(outputs, rest.subarray(0, start))
      const end = view.indexOf(NEWLINE, start)
      if (end < 0) {
        if (rest.length - start > RECORD_LIMIT) outputs.push({ _tag: "Garbage", text: "a record without an end" })
        this.#pending = new Uint8Array(rest.subarray(start))
        break
      }
      const line = byteName(view.subarray(start + this.#mark.length, end))
      rest = rest.subarray(end + 1)
      this.#record(outputs, line)
    }
    return outputs
  }

  #outside(outputs: Array<SessionOutput>, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (this.#mode === "log") outputs.push({ _tag: "Log", bytes })
    else outputs.push({ _tag: "Garbage", text: new TextDecoder().decode(bytes.subarray(0, 200)) })
  }

  #record(outputs: Array<SessionOutput>, line: string): void {
    const record = parseRecord(line)
    if (record === undefined) {
      outputs.push({ _tag: "Garbage", text: line.slice(0, 200) })
      return
    }
    this.#mode = "records"
    if (record._tag === "LogStart") this.#mode = "log"
    if (record._tag === "Piece" && record.bytes > 0) {
      this.#mode = "archive"
      this.#archiveBytes = record.bytes
    }
    outputs.push({ _tag: "Record", record })
  }
}
