/**
 * What is said of a text that is no template: what is wrong at which place, and what to write. Peggy's
 * own words list everything that it could have read. Pure.
 */
import { nearestName } from "@podwright/spec-builder"
import type { SourcePosition } from "../YamlDocument.ts"

/** Why a text is no template, and where. */
export interface SyntaxProblem {
  readonly message: string
  readonly at: SourcePosition
}

/** What Peggy throws. */
export interface ParserError {
  readonly message: string
  /** A list where something else was expected; of an error that the grammar itself reports, null. */
  readonly expected?: unknown
  readonly location: { readonly start: SourcePosition & { readonly offset: number } }
}

export const isParserError = (error: unknown): error is ParserError =>
  error instanceof Error && "location" in error && typeof error.location === "object"

const RAW = "text that is no expression stands between {% raw %} and {% endraw %}"

/** What other languages write, and Pebble's way. */
const OTHERWISE: ReadonlyArray<readonly [pattern: RegExp, advice: string]> = [
  [/^&&/, "write 'and' for '&&'"],
  [/^\|\|/, "write 'or' for '||'"],
  [/^!/, "write 'not' for '!'"],
  [/^not\s+in\b/, "write 'not (a isIn b)' for 'a not in b'"],
  [/^in\b/, "write 'isIn' for 'in'"],
  [/^if\b/, "write 'condition ? a : b' for 'a if condition'"],
  [/^=/, "write '==' to compare"]
]

/** Tags with an end, and the words that stand between. */
const PAIRS: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["if", ["elseif", "else"]],
  ["for", ["else"]],
  ["macro", []],
  ["block", []],
  ["filter", []],
  ["raw", []],
  ["verbatim", []]
])

const TAGS: ReadonlyArray<string> = Array.from(
  new Set(["set", ...Array.from(PAIRS, ([tag, between]) => [tag, ...between, `end${tag}`]).flat()])
)

/** Tags of other template languages, with what to write. */
const OTHER_TAGS: ReadonlyMap<string, string> = new Map([
  ["elif", "write 'elseif'"],
  ["include", "a file is one template"],
  ["import", "a file is one template"],
  ["extends", "a file is one template"],
  ["autoescape", "nothing is escaped here"]
])

interface Tag {
  readonly name: string
  readonly start: number
}

const TAG = /\{%-?\s*([A-Za-z]\w*)/g

/** The tags that begin before a place and have not ended there, the outermost first. */
const openTags = (text: string, offset: number): ReadonlyArray<Tag> => {
  const open: Array<Tag> = []
  for (const { 1: name = "", index } of text.slice(0, offset).matchAll(TAG)) {
    const last = open.at(-1)
    if (name === `end${last?.name}`) open.pop()
    else if (last?.name !== "raw" && last?.name !== "verbatim" && PAIRS.has(name)) open.push({ name, start: index })
  }
  return open
}

const positionAt = (text: string, offset: number): SourcePosition => {
  const before = text.slice(0, offset).split("\n")
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

/** The last mark that opens something before a place, which is where a person has to look. */
const openedBefore = (text: string, offset: number) => {
  const start = Math.max(text.lastIndexOf("{{", offset), text.lastIndexOf("{%", offset))
  return start < 0
    ? undefined
    : { start, mark: text.slice(start, start + 2), close: text[start + 1] === "%" ? "%}" : "}}" }
}

/** A tag that is not known, or not in its place. */
const tagProblem = (name: string, open: Tag | undefined): string | undefined => {
  if (!TAGS.includes(name)) {
    const nearest = nearestName(name, TAGS)
    const advice =
      OTHER_TAGS.get(name) ?? (nearest === undefined ? `there are ${TAGS.join(", ")}` : `did you mean '${nearest}'?`)
    return `'{%' begins a tag, and there is none '${name}'; ${advice}; ${RAW}`
  }
  if (name === "set" || PAIRS.has(name)) return undefined
  if (open === undefined) return `'{% ${name} %}' has no tag before it that it belongs to; ${RAW}`
  return `'{% ${name} %}' stands in '{% ${open.name} %}', which '{% end${open.name} %}' ends`
}

const unexpected = (
  rest: string,
  offset: number,
  opened: { readonly start: number; readonly close: string }
): string => {
  const advice = OTHERWISE.find(([pattern]) => pattern.test(rest))?.[1]
  if (advice !== undefined) return `syntax error: ${advice}`
  if (/^['"]/.test(rest)) return `syntax error: the text that begins with ${rest[0]} here is not closed`
  if (rest.startsWith(opened.close) || rest.startsWith(`-${opened.close}`)) {
    const isEmpty = offset <= opened.start + 4
    return `syntax error: ${isEmpty ? "there is no expression" : "the expression is not complete"} before '${opened.close}'; ${RAW}`
  }
  if (rest.startsWith(opened.close[0] ?? ""))
    return `syntax error: what is open here is closed by '${opened.close}'; ${RAW}`
  const found = /^(?:\w+|\s+|\W)/.exec(rest)?.[0] ?? ""
  return `syntax error: ${found.trim() === "" ? "white space" : `'${found}'`} is not expected here; ${RAW}`
}

/** What is wrong with a text that the parser did not take. */
export const syntaxProblem = (text: string, error: ParserError): SyntaxProblem => {
  const { column, line, offset } = error.location.start
  const at = { line, column }
  // Said by the grammar itself.
  if (!Array.isArray(error.expected)) return { message: error.message, at }
  const opened = openedBefore(text, offset)
  if (opened === undefined) return { message: `syntax error; ${RAW}`, at }
  const from = positionAt(text, opened.start)
  const open = openTags(text, opened.start).at(-1)
  const [, name] = /^\{%-?\s*([A-Za-z]\w*)/.exec(text.slice(opened.start)) ?? []
  const misplaced = name === undefined ? undefined : tagProblem(name, open)
  const isClosed = text.slice(opened.start, offset).includes(opened.close)
  if (misplaced !== undefined && !isClosed) return { message: misplaced, at: from }
  const rest = text.slice(offset)
  if (rest !== "" && !isClosed) return { message: unexpected(rest, offset, opened), at }
  if (!isClosed)
    return { message: `syntax error: '${opened.mark}' is not closed by '${opened.close}'; ${RAW}`, at: from }
  const unended = openTags(text, offset).at(-1)
  if (unended === undefined) return { message: `syntax error; ${RAW}`, at }
  const message = `'{% ${unended.name} %}' has no '{% end${unended.name} %}'; ${RAW}`
  return { message, at: positionAt(text, unended.start) }
}
