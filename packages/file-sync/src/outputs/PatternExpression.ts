/**
 * Translates globs and regular expressions into extended regular expressions (ERE) that `grep -zxE`
 * of busybox and GNU match alike in the C locale, byte by byte. Pure text; what a pattern may name
 * is decided in `OutputPattern.ts`.
 *
 * The result is a format for the shell's `printf`, which produces the bytes that cannot be in an
 * argument: a backslash is doubled, `%` too, and bytes from 0x80 on are octal.
 */
import { failureDetail } from "@podwright/k8s-io"
import { Result } from "effect"
import { isLoneByte, loneByte, nameText } from "../names/ByteName.ts"

/**
 * Characters of two to four bytes in UTF-8: nothing else begins with such a second byte, so all of
 * them match.
 */
const LONG = "[\\302-\\364][\\200-\\277]+"
const ANY = `([\\001-\\177]|${LONG})`
const ANY_BUT_SLASH = `([\\001-.0-\\177]|${LONG})`
/** A newline, which in an argument of grep would divide two patterns. */
const NEWLINE = "[^\\001-\\011\\013-\\377]"
const NEWLINE_CODE = 10
const ASCII = 128
/** A byte as a name shows it, after the backslash. */
const BYTE = /^x([0-9a-f]{2})$/
const SLASH = 47

const printfText = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("%", "%%")

/**
 * One character that stands for itself; in parentheses when a quantifier after it would apply to
 * its last byte only.
 */
const literal = (character: string): string => {
  if (character === "\n") return NEWLINE
  const code = character.charCodeAt(0)
  if (isLoneByte(code)) return `\\${(code & 0xff).toString(8)}`
  if (code >= ASCII) return `(${character})`
  return printfText(/[.^$*+?(){}|[\\]/.test(character) ? `\\${character}` : character)
}

interface CharacterClass {
  readonly negated: boolean
  readonly ascii: ReadonlySet<number>
  readonly others: ReadonlySet<string>
}

const bracket = (codes: ReadonlyArray<number>): string => {
  const has = (character: string) => codes.includes(character.charCodeAt(0))
  const plain = codes.map((code) => String.fromCharCode(code)).filter((character) => !"]^-[".includes(character))
  const start = `${has("]") ? "]" : ""}${plain.join("")}${has("[") ? "[" : ""}`
  // `^` must not be first, `-` must be first or last.
  if (start === "" && has("^")) return has("-") ? "[-^]" : literal("^")
  return `[${printfText(start)}${has("^") ? "^" : ""}${has("-") ? "-" : ""}]`
}

const classExpression = ({ ascii, negated, others }: CharacterClass, slash: boolean): string => {
  const wanted = Array.from({ length: ASCII - 1 }, (_, index) => index + 1).filter(
    (code) => ascii.has(code) !== negated && (slash || code !== SLASH)
  )
  const codes = wanted.filter((code) => code !== NEWLINE_CODE)
  const parts = [
    ...(codes.length === 0 ? [] : [bracket(codes)]),
    ...(wanted.length === codes.length ? [] : [NEWLINE]),
    ...(negated ? [LONG] : others)
  ]
  // A class that can match nothing, e.g. of a slash alone: no path has this byte.
  return parts.length === 0 ? "\\001" : `(${parts.join("|")})`
}

const SHORTHANDS: Readonly<Record<string, RegExp>> = { d: /[0-9]/, w: /[0-9A-Za-z_]/, s: /[\t-\r ]/ }
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" }

const codesOf = (shorthand: string): ReadonlyArray<number> | undefined => {
  const test = SHORTHANDS[shorthand.toLowerCase()]
  if (test === undefined) return undefined
  const wanted = shorthand === shorthand.toLowerCase()
  return Array.from({ length: ASCII }, (_, code) => code).filter(
    (code) => test.test(String.fromCharCode(code)) === wanted
  )
}

/**
 * Reads a class that begins at `start`, after its `[`. Fails with what is wrong. `end` is the place
 * after its `]`.
 */
const readClass = (
  characters: ReadonlyArray<string>,
  start: number,
  glob: boolean
): Result.Result<{ readonly set: CharacterClass; readonly end: number }, string> => {
  const first = characters[start]
  const negated = first === "^" || (glob && first === "!")
  const ascii = new Set<number>()
  const others = new Set<string>()
  let at = negated ? start + 1 : start
  const begin = at
  while (at < characters.length) {
    let from = characters[at] ?? ""
    if (from === "]" && (at > begin || !glob)) {
      if (negated && others.size > 0) return Result.fail("a negated class can hold only ASCII characters")
      return Result.succeed({ set: { negated, ascii, others }, end: at + 1 })
    }
    at++
    if (from === "\\") {
      const escaped = characters[at++] ?? ""
      const codes = glob ? undefined : codesOf(escaped)
      if (codes !== undefined) {
        for (const code of codes) ascii.add(code)
        continue
      }
      if (!glob && /[a-zA-Z0-9]/.test(escaped) && CONTROLS[escaped] === undefined)
        return Result.fail(`'\\${escaped}' in a class is not supported`)
      from = (glob ? undefined : CONTROLS[escaped]) ?? escaped
    }
    const last = characters[at] === "-" && characters[at + 1] !== "]" ? characters[at + 1] : undefined
    if (last === undefined) {
      if (from.charCodeAt(0) < ASCII) ascii.add(from.charCodeAt(0))
      else others.add(from)
      continue
    }
    at += 2
    const [low, high] = [from.charCodeAt(0), last.charCodeAt(0)]
    if (high >= ASCII || last === "\\") return Result.fail(`the range '${from}-${last}' is not of ASCII characters`)
    if (high < low) return Result.fail(`the range '${from}-${last}' is empty`)
    for (let code = low; code <= high; code++) ascii.add(code)
  }
  return Result.fail("'[' has no ']'")
}

/**
 * Index of the `}` that closes the `{` at `start`; undefined when it is none or has no comma of its
 * own.
 */
const alternativesEnd = (characters: ReadonlyArray<string>, start: number): number | undefined => {
  let depth = 0
  let comma = false
  for (let at = start; at < characters.length; at++) {
    if (characters[at] === "\\") at++
    else if (characters[at] === "{") depth++
    else if (characters[at] === "," && depth === 1) comma = true
    else if (characters[at] === "}" && --depth === 0) return comma ? at : undefined
  }
  return undefined
}

export interface GlobExpression {
  readonly expression: string
  /** The name (`ByteName.ts`) that it stands for, when it has no wildcard; undefined when it has one. */
  readonly name: string | undefined
}

/**
 * A glob as an ERE: `*` and `?` within one folder, `**` across folders (with a slash after it also
 * none), `[…]`, `[!…]`, `{a,b}`; a backslash makes the next character stand for itself, `\xHH` is a
 * byte, and a leading dot is a character like others. `?` and classes match characters, `*` also
 * bytes that are not UTF-8.
 */
export const globExpression = (pattern: string): Result.Result<GlobExpression, string> => {
  const characters = [...pattern]
  const closing = new Set<number>()
  let expression = ""
  let name: string | undefined = ""
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ""
    const end = character === "{" ? alternativesEnd(characters, at) : undefined
    if (character === "*") {
      const several = characters[at + 1] === "*"
      if (several) at++
      const folders = several && characters[at + 1] === "/" && (at < 2 || characters[at - 2] === "/")
      if (folders) at++
      expression += folders ? "(.*/)?" : several ? ".*" : "[^/]*"
    } else if (character === "?") expression += ANY_BUT_SLASH
    else if (character === "[") {
      const read = readClass(characters, at + 1, true)
      if (Result.isFailure(read)) return Result.fail(read.failure)
      expression += classExpression(read.success.set, false)
      at = read.success.end - 1
    } else if (end !== undefined) {
      closing.add(end)
      expression += "("
    } else if (character === "}" && closing.delete(at)) expression += ")"
    else if (character === "," && closing.size > 0) expression += "|"
    else {
      const byte = character === "\\" ? BYTE.exec(characters.slice(at + 1, at + 4).join("")) : null
      const plain =
        byte !== null
          ? loneByte(Number.parseInt(byte[1] ?? "", 16))
          : character === "\\"
            ? (characters[at + 1] ?? "\\")
            : character
      if (character === "\\") at += byte === null ? 1 : 3
      expression += literal(plain)
      if (name !== undefined) name += plain
      continue
    }
    name = undefined
  }
  return Result.succeed({ expression, name: name === undefined ? undefined : nameText(name) })
}

/**
 * A regular expression as an ERE, for a whole path. Fails with the first construct that an ERE
 * cannot express.
 */
export const regexExpression = (pattern: string): Result.Result<string, string> => {
  try {
    new RegExp(pattern, "u")
  } catch (error) {
    return Result.fail(failureDetail(error))
  }
  const characters = [...pattern]
  let expression = ""
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at] ?? ""
    const rest = characters.slice(at).join("")
    const quantifier = /^([*+?]|\{\d+(,\d*)?\})([?+]?)/.exec(rest)
    if (quantifier !== null) {
      if (quantifier[3] === "+") return Result.fail(`the possessive '${quantifier[0]}' is not supported`)
      // A lazy one matches the same whole paths.
      expression += quantifier[1] ?? ""
      at += quantifier[0].length - 1
    } else if (rest.startsWith("(?:")) {
      expression += "("
      at += 2
    } else if (rest.startsWith("(?")) return Result.fail(`'${rest.slice(0, 3)}' is not supported`)
    else if (character === ".") expression += ANY
    else if ("(|)".includes(character)) expression += character
    else if (character === "[") {
      const read = readClass(characters, at + 1, false)
      if (Result.isFailure(read)) return Result.fail(read.failure)
      expression += classExpression(read.success.set, true)
      at = read.success.end - 1
    } else if (character === "\\") {
      const escaped = characters[++at] ?? ""
      const codes = codesOf(escaped)
      if (codes !== undefined) {
        const wanted = escaped === escaped.toLowerCase()
        expression += classExpression(
          { negated: !wanted, ascii: new Set(codesOf(escaped.toLowerCase())), others: new Set() },
          true
        )
      } else if (CONTROLS[escaped] !== undefined) expression += literal(CONTROLS[escaped])
      else if (/[a-zA-Z0-9]/.test(escaped)) return Result.fail(`'\\${escaped}' is not supported`)
      else expression += literal(escaped)
    } else if (character === "^" || character === "$") {
      // The whole path is matched in any case.
      if (at !== (character === "^" ? 0 : characters.length - 1))
        return Result.fail(`'${character}' is not supported inside: the whole path is matched`)
    } else expression += literal(character)
  }
  return Result.succeed(expression)
}
