/**
 * Where a place in a text stands in the YAML that it was written as: plain, in quotes, or as a block,
 * folded or not. Pure.
 *
 * Whatever the style, what is not white space stands in the file in the same order; only quotes escape
 * some of it.
 */

/** How scalars are written, as the yaml library names it. */
export const SCALAR_STYLES = ["PLAIN", "QUOTE_SINGLE", "QUOTE_DOUBLE", "BLOCK_LITERAL", "BLOCK_FOLDED"] as const

export type ScalarStyle = (typeof SCALAR_STYLES)[number]

/** A quoted text's escapes: of a line's end, of one sign, of a number of hexadecimal digits. */
const ESCAPE = /\\(?:\r?\n|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[\s\S])/y
/** Escapes that stand for white space, or for nothing. */
const BLANK_ESCAPE = /^\\(?:[\r\n\t tnrvf_LP]|x(?:09|0[aAdD]|20|[aA]0)|u(?:0009|000[aAdD]|0020|00[aA]0|202[89]))/
const SPACE = /\s/
const BLOCK_HEADER = /^[|>][^\n]*\n/

const begin = (source: string, style: ScalarStyle): number => {
  if (style === "BLOCK_LITERAL" || style === "BLOCK_FOLDED") return BLOCK_HEADER.exec(source)?.[0].length ?? 0
  return style === "PLAIN" ? 0 : 1
}

/** How long the next sign is in the source. */
const lengthAt = (source: string, at: number, style: ScalarStyle): number => {
  if (style === "QUOTE_SINGLE" && source.startsWith("''", at)) return 2
  if (style !== "QUOTE_DOUBLE" || source[at] !== "\\") return 1
  ESCAPE.lastIndex = at
  return ESCAPE.exec(source)?.[0].length ?? 1
}

const isBlank = (source: string, at: number, length: number, style: ScalarStyle): boolean =>
  style === "QUOTE_DOUBLE" && length > 1
    ? BLANK_ESCAPE.test(source.slice(at, at + length))
    : SPACE.test(source[at] ?? "")

/**
 * The offset in `source` of the sign at `offset` of the text; undefined where the two do not belong
 * together.
 */
export const sourceOffset = (source: string, style: ScalarStyle, text: string, offset: number): number | undefined => {
  let at = begin(source, style)
  let after = at
  for (let index = 0; index <= offset; index++) {
    const sign = text[index]
    if (sign === undefined) return after
    if (SPACE.test(sign)) continue
    let length = lengthAt(source, at, style)
    while (at < source.length && isBlank(source, at, length, style)) {
      at += length
      length = lengthAt(source, at, style)
    }
    if (at >= source.length || (length === 1 && source[at] !== sign)) return undefined
    if (index === offset) return at
    // An escape of a sign beyond 16 bits is two of the text.
    if (length === 10 && (text.codePointAt(index) ?? 0) > 0xffff) index++
    at += length
    after = at
  }
  return after
}
