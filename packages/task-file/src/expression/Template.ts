/**
 * A template as a tree: what PebbleGrammar.peggy makes of a text. Pure.
 */
import { Result } from "effect"
import type { SourcePosition } from "../YamlDocument.ts"
import { parse } from "./PebbleParser.ts"
import { isParserError, type SyntaxProblem, syntaxProblem } from "./SyntaxProblem.ts"

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

/** Reads a template. */
export const parseTemplate = (text: string): Result.Result<Nodes, SyntaxProblem> => {
  try {
    const nodes: Nodes = parse(text)
    return Result.succeed(nodes)
  } catch (error) {
    if (isParserError(error)) return Result.fail(syntaxProblem(text, error))
    // The stack is used up before a level is counted, by what only repeats.
    if (error instanceof RangeError)
      return Result.fail({ message: "the expression is nested too deep", at: { line: 1, column: 1 } })
    throw error
  }
}
