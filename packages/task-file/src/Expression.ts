/**
 * Renders `{{ … }}` in texts, by MiniJinja in WebAssembly: strict about names, bounded in work,
 * without access to anything but the values it is given. Loaded when the first expression is met.
 */
import { Effect, Result } from "effect"
import { messageOf } from "./TaskFileError.ts"
import type { SourcePosition } from "./YamlDocument.ts"

/**
 * Steps one text may take: a rendering of a few hundred names takes some thousand, an endless loop
 * any number.
 */
const FUEL = 100_000

/** Marks of the template language; a text without them is never rendered. */
const MARKS = ["{{", "{%", "{#"]

/** Whether a text has to be rendered. */
export const hasExpression = (text: string): boolean => MARKS.some((mark) => text.includes(mark))

/** Why a text cannot be rendered. */
export interface ExpressionProblem {
  readonly message: string
  /** Within the text; undefined where the engine does not say. */
  readonly at: SourcePosition | undefined
}

/** What expressions may refer to. */
export interface ExpressionScope {
  /** Names an expression may use; values are plain JSON. */
  readonly values: Readonly<Record<string, unknown>>
  /** Answers `secret('NAME')`; undefined where there is no secret of that name. */
  readonly secret: (name: string) => string | undefined
}

/**
 * In what the engine prints, the source line that the caret line points into is indented by a
 * number and a mark.
 */
const CARET_LINE = /^ {5}i (\s*)\^/m
const PROBLEM = /^(?<what>[\s\S]*?) \(in <string>:(?<line>\d+)\)/

/**
 * Reads the engine's message; its further lines quote the values in scope and are dropped, as they
 * may be secret.
 */
export const readProblem = (message: string, text: string): ExpressionProblem => {
  const { line, what } = PROBLEM.exec(message)?.groups ?? {}
  if (what === undefined || line === undefined) return { message: message.split("\n")[0] ?? message, at: undefined }
  const column = CARET_LINE.exec(message)?.[1]?.length ?? 0
  const at = { line: Number(line), column: column + 1 }
  const source = text.split("\n")[at.line - 1] ?? ""
  // The engine points after the first name of a path (`inputs` in `inputs.fil`); the whole
  // expression says more.
  const expression = expressionAround(source, column)
  return {
    message: `${what}${expression === undefined ? "" : ` in '${expression.text}'`}`,
    at: { line: at.line, column: (expression?.start ?? column) + 1 }
  }
}

/** The expression of a line that a column lies in, and where it begins. */
const expressionAround = (
  line: string,
  column: number
): { readonly text: string; readonly start: number } | undefined => {
  const open = line.lastIndexOf("{{", column)
  const close = line.indexOf("}}", column)
  if (open < 0 || close < 0) return undefined
  const inner = line.slice(open + 2, close)
  return { text: inner.trim(), start: open + 2 + (inner.length - inner.trimStart().length) }
}

/** The engine refuses whole numbers of more than 64 bits: they go in as their digits, in text. */
const engineValue = (value: unknown): unknown => {
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? value : String(value)
  if (Array.isArray(value)) return value.map(engineValue)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, engineValue(inner)]))
}

const loadEngine = Effect.promise(() => import("minijinja-js"))

/** Renders texts in one scope. What a value contains is never rendered again. */
export const makeRenderer = Effect.fnUntraced(function* (scope: ExpressionScope) {
  const engine = yield* Effect.cached(Effect.map(loadEngine, (module) => new module.default.Environment()))
  const missing: Array<string> = []
  const values = yield* Effect.cached(Effect.sync(() => engineValue(scope.values)))

  return Effect.fnUntraced(function* (text: string): Effect.fn.Return<Result.Result<string, ExpressionProblem>> {
    if (!hasExpression(text)) return Result.succeed(text)
    const environment = yield* engine
    const known = yield* values
    environment.undefinedBehavior = "strict"
    environment.keepTrailingNewline = true
    // Without it the engine gives no column.
    environment.debug = true
    environment.fuel = FUEL
    missing.length = 0
    // A function that throws would take the engine down with it, so a missing secret is noted and
    // reported afterwards.
    environment.addGlobal("secret", (name: unknown) => {
      const value = scope.secret(String(name))
      if (value === undefined) missing.push(String(name))
      return value
    })
    const rendered = Result.try({
      try: () => environment.renderStr(text, known),
      catch: (error) => readProblem(messageOf(error), text)
    })
    const [name] = missing
    if (name === undefined) return rendered
    return Result.fail({ message: `there is no secret '${name}'`, at: positionOf(text, "secret(") })
  })
})

const positionOf = (text: string, part: string): SourcePosition | undefined => {
  const index = text.indexOf(part)
  if (index < 0) return undefined
  const before = text.slice(0, index).split("\n")
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
