/**
 * A template as a tree: what PebbleGrammar.peggy makes of a text, and what a syntax error says. Pure.
 */
import { Result } from "effect"
import type { SourcePosition } from "../YamlDocument.ts"
import { parse } from "./PebbleParser.ts"

/** A filter, test or function by name, with what stands between its parentheses. */
export interface Call {
  readonly name: string
  readonly args: ReadonlyArray<Argument>
  readonly at: SourcePosition
}

export interface Argument {
  readonly name: string | null
  readonly value: Expression
  readonly at: SourcePosition
}

export type BinaryOperator =
  | ("or" | "and" | "contains" | "isIn" | "==" | "!=" | "<=" | ">=" | "<" | ">")
  | ("??" | "???" | "+" | "-" | "*" | "/" | "%" | "~" | "..")

/** What stands between `{{` and `}}`. */
export type Expression =
  | { readonly kind: "literal"; readonly value: null | boolean | string | bigint | number }
  | Place<"interpolated", { readonly parts: ReadonlyArray<string | Expression> }>
  | Place<"name", { readonly name: string }>
  | Place<"access", Access>
  | Place<"list", { readonly items: ReadonlyArray<Expression> }>
  | Place<"map", { readonly entries: ReadonlyArray<{ readonly key: Expression; readonly value: Expression }> }>
  | Place<"choice", { readonly when: Expression; readonly yes: Expression; readonly no: Expression }>
  | Place<"unary", { readonly op: "not" | "-" | "+"; readonly value: Expression }>
  | Place<"binary", { readonly op: BinaryOperator; readonly left: Expression; readonly right: Expression }>
  | Place<"filter", Call & { readonly left: Expression }>
  | Place<"is", Call & { readonly not: boolean; readonly left: Expression }>
  | Place<"call", Call>

interface Access {
  readonly object: Expression
  readonly key: Expression
  /** Null unless it was written as a call, `a.b()`. */
  readonly args: ReadonlyArray<Argument> | null
}

type Place<Kind extends string, Fields> = Fields & { readonly kind: Kind; readonly at: SourcePosition }

/** `trim`: white space before it is dropped, as `{{-` asks for. */
type Tag<Kind extends string, Fields> = Place<Kind, Fields & { readonly trim: boolean }>

export type Nodes = ReadonlyArray<TemplateNode>

export interface MacroNode extends Tag<"macro", { readonly name: string; readonly body: Nodes }> {
  readonly parameters: ReadonlyArray<{ readonly name: string; readonly value: Expression | null }>
}

/** A part of a template. */
export type TemplateNode =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "comment"; readonly trim: boolean }
  | { readonly kind: "raw"; readonly text: string; readonly trim: boolean }
  | Tag<"print", { readonly value: Expression }>
  | Tag<
      "if",
      {
        readonly branches: ReadonlyArray<{ readonly when: Expression; readonly body: Nodes }>
        readonly otherwise: Nodes
      }
    >
  | Tag<"for", { readonly name: string; readonly items: Expression; readonly body: Nodes; readonly otherwise: Nodes }>
  | Tag<"set", { readonly name: string; readonly value: Expression }>
  | MacroNode
  | Tag<"block", { readonly name: string; readonly body: Nodes }>
  | Tag<"filterTag", { readonly filters: ReadonlyArray<Call>; readonly body: Nodes }>

/** Why a text is no template, and where. */
export interface SyntaxProblem {
  readonly message: string
  readonly at: SourcePosition
}

const RAW = "text that is no expression stands between {% raw %} and {% endraw %}"

/** What other languages write, and Pebble's way. */
const OTHERWISE: ReadonlyArray<readonly [RegExp, string]> = [
  [/^&&/, "write 'and' for '&&'"],
  [/^\|\|/, "write 'or' for '||'"],
  [/^!/, "write 'not' for '!'"],
  [/^not\s+in\b/, "write 'not (a isIn b)' for 'a not in b'"],
  [/^in\b/, "write 'isIn' for 'in'"],
  [/^if\b/, "write 'condition ? a : b' for 'a if condition'"],
  [/^=/, "write '==' to compare"]
]

const TAGS = /^\{%-?\s*([A-Za-z]+)/
const KNOWN_TAGS = ["if", "elseif", "else", "endif", "for", "endfor", "set", "macro", "endmacro", "block", "endblock"]
const ALL_TAGS = [...KNOWN_TAGS, "filter", "endfilter", "raw", "endraw", "verbatim", "endverbatim"]

const positionAt = (text: string, offset: number): SourcePosition => {
  const before = text.slice(0, offset).split("\n")
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

const shown = (at: SourcePosition): string => `line ${at.line}, column ${at.column}`

/** The last mark that opens something before a place, which is where a person has to look. */
const openedBefore = (text: string, offset: number): { readonly mark: string; readonly start: number } | undefined => {
  const found = ["{{", "{%"]
    .map((mark) => ({ mark, start: text.lastIndexOf(mark, offset) }))
    .sort((left, right) => right.start - left.start)[0]
  return found !== undefined && found.start >= 0 ? found : undefined
}

interface ParserError {
  readonly message: string
  readonly expected?: unknown
  readonly location: { readonly start: SourcePosition & { readonly offset: number } }
}

const isParserError = (error: unknown): error is ParserError =>
  error instanceof Error && "location" in error && typeof error.location === "object"

const describe = (text: string, error: ParserError): SyntaxProblem => {
  const { column, line, offset } = error.location.start
  const at = { line, column }
  // Said by the grammar itself.
  if (!Array.isArray(error.expected)) return { message: error.message, at }
  const rest = text.slice(offset)
  if (rest.startsWith("{#")) return { message: `'{#' begins a comment, which no '#}' ends; ${RAW}`, at }
  const opened = openedBefore(text, offset)
  if (rest.startsWith("{%") && opened?.start === offset) {
    const tag = TAGS.exec(rest)?.[1]
    if (tag !== undefined && ALL_TAGS.includes(tag))
      return { message: `syntax error: '{% ${tag} %}' has no counterpart here`, at }
  }
  if (opened === undefined) return { message: `syntax error; ${RAW}`, at }
  const from = positionAt(text, opened.start)
  const close = opened.mark === "{{" ? "}}" : "%}"
  const tag = TAGS.exec(text.slice(opened.start))?.[1]
  if (opened.mark === "{%" && (tag === undefined || !ALL_TAGS.includes(tag)))
    return { message: `'{%' begins a tag, and there is none '${tag ?? ""}' (${ALL_TAGS.join(", ")}); ${RAW}`, at: from }
  if (rest === "") {
    const unclosed = text.slice(opened.start).includes(close) ? `the tag at ${shown(from)} is never ended` : undefined
    return { message: `syntax error: ${unclosed ?? `'${opened.mark}' is not closed by '${close}'`}; ${RAW}`, at: from }
  }
  const hint = OTHERWISE.find(([pattern]) => pattern.test(rest))?.[1]
  const found = /^(?:\w+|\s+|\W)/.exec(rest)?.[0] ?? ""
  const what = found.trim() === "" ? "white space" : `'${found}'`
  return { message: `syntax error: ${what} is not expected here; ${hint ?? RAW}`, at }
}

/** Reads a template. */
export const parseTemplate = (text: string): Result.Result<Nodes, SyntaxProblem> => {
  try {
    const nodes: Nodes = parse(text)
    return Result.succeed(nodes)
  } catch (error) {
    if (isParserError(error)) return Result.fail(describe(text, error))
    // The stack is used up before a level is counted, by what only repeats.
    if (error instanceof RangeError)
      return Result.fail({ message: "the expression is nested too deep", at: { line: 1, column: 1 } })
    throw error
  }
}
