/**
 * Names as bytes: what Linux keeps, of which not all are UTF-8. A name here is text in which each
 * byte that is no part of a UTF-8 character stands as `\xHH`; where a name itself holds such text,
 * its backslash stands as `\x5c`. So one text is one name, and ordinary names are themselves. Pure.
 */
import { isUtf8 } from "node:buffer"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/**
 * While a text is made, a byte that is not UTF-8 is this lone surrogate plus the byte, as in
 * Python's `surrogateescape`: no UTF-8 decodes to one.
 */
const LONE = 0xdc00
const LONE_BYTES = /[\udc80-\udcff]/gu
const LIKE_ESCAPED = /\\(?=x[0-9a-f]{2})/g
const ESCAPED = /\\x([0-9a-f]{2})/g

const BACKSLASH = 0x5c
const LONGEST_CHARACTER = 4

/** A byte as a part of what `nameText` takes. */
export const loneByte = (byte: number): string => String.fromCharCode(byte < 0x80 ? byte : LONE + byte)

/** Whether this code of a character stands for a byte from 0x80 on. */
export const isLoneByte = (code: number): boolean => code >= LONE + 0x80 && code <= LONE + 0xff

/** The name of a text in which lone surrogates (see `loneByte`) stand for bytes. */
export const nameText = (text: string): string =>
  text.replace(LIKE_ESCAPED, "\\x5c").replace(LONE_BYTES, (lone) => `\\x${(lone.charCodeAt(0) - LONE).toString(16)}`)

const withLoneBytes = (bytes: Buffer): string => {
  let text = ""
  for (let at = 0; at < bytes.length; ) {
    let end = at + 1
    while (end - at < LONGEST_CHARACTER && end < bytes.length && !isUtf8(bytes.subarray(at, end))) end++
    const character = bytes.subarray(at, end)
    const whole = isUtf8(character)
    text += whole ? character.toString("utf8") : loneByte(bytes[at] ?? 0)
    at = whole ? end : at + 1
  }
  return text
}

/** Whether each byte is ASCII and none a backslash, as in nearly all names. */
const isPlain = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte >= 0x80 || byte === BACKSLASH) return false
  return true
}

/** The name, or a path of names, that these bytes are. */
export const byteName = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (isPlain(bytes)) return buffer.toString("latin1")
  return nameText(isUtf8(bytes) ? buffer.toString("utf8") : withLoneBytes(buffer))
}

/** The bytes of a name. */
export const nameBytes = (name: string): Buffer => {
  const parts: Array<Buffer> = []
  let from = 0
  for (const match of name.matchAll(ESCAPED)) {
    parts.push(Buffer.from(name.slice(from, match.index)), Buffer.from(match[1] ?? "", "hex"))
    from = match.index + match[0].length
  }
  return Buffer.concat([...parts, Buffer.from(name.slice(from))])
}

/**
 * The path that `OutputFile.path` stands for, as the functions of `node:fs` take it: the text itself,
 * or bytes where a name on it is not UTF-8.
 */
export const outputPath = (path: string): string | Buffer => (path.includes("\\x") ? nameBytes(path) : path)

/** The `OutputFile.path` of this name in a folder on this machine, whose path is the user's own text. */
export const outputPathIn = (directory: string, name: string): string =>
  `${byteName(Buffer.from(join(directory, "_").slice(0, -1)))}${name}`

const UNRESERVED = /[\w.~/-]/

/** The `file:` URL of such a path, of which each byte that is not UTF-8 is a part, too. */
export const outputUrl = (path: string): string => {
  const bytes = outputPath(path)
  if (typeof bytes === "string") return pathToFileURL(bytes).href
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte))
  const escaped = letters.map((letter) =>
    UNRESERVED.test(letter) ? letter : `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`
  )
  return new URL(escaped.join(""), pathToFileURL("./")).href
}

/** A name as a format for the shell's `printf`, of ASCII characters alone. */
export const namePrintf = (name: string): string =>
  Array.from(nameBytes(name), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")
