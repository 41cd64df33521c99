/**
 * The values of a file's inputs: what was given on the command line, else the defaults, as the
 * types that are declared, within the limits that are declared.
 */
import { access, constants } from "node:fs/promises"
import { type Json, type JsonObject, jsonText, keepDecimals, nearestName, parseJson } from "@podwright/spec-builder"
import { Effect, Result } from "effect"
import { fileNames, type OutsideScope } from "./ExpressionNames.ts"
import { makeRenderer } from "./expression/Expression.ts"
import { hasExpression } from "./expression/ExpressionMarks.ts"
import type { InputDeclaration } from "./inputs/InputDeclaration.ts"
import { limitProblems } from "./inputs/InputLimits.ts"
import { INPUT_TYPES } from "./inputs/InputTypes.ts"
import type { TaskFile } from "./TaskFile.ts"
import { TaskFileError, type TaskFileIssue } from "./TaskFileError.ts"

/** What tells the text of a decimal from that of a whole number. */
const POINT = /[.eE]/
/** Types whose default may be any value of YAML, not only a text. */
const STRUCTURED: ReadonlyArray<InputDeclaration["type"]> = ["JSON", "YAML", "ARRAY", "MULTISELECT"]

/** What expressions in defaults may ask for besides the file, as `TaskScope` says. Default: nothing. */
export type ResolveOptions = Partial<OutsideScope>

/** Reads a value given as text; a failure says what is expected. */
export const readInputValue = (input: InputDeclaration, text: string): Result.Result<Json, string> =>
  INPUT_TYPES[input.type](text, input)

/**
 * A default is written as YAML: for lists and JSON any value, for the other types one that is read as
 * a given value would be. A text is read as a given one for JSON too, as Kestra does.
 */
const readDefault = (input: InputDeclaration, written: string | undefined): Result.Result<Json, string> => {
  const { defaults = null, type } = input
  if (defaults === null) return Result.succeed(null)
  if (typeof defaults === "string") return readInputValue(input, defaults)
  if (type === "JSON" || type === "YAML") return Result.succeed(defaults)
  if (typeof defaults !== "object") return readInputValue(input, written ?? String(defaults))
  return STRUCTURED.includes(type)
    ? readInputValue(input, jsonText(defaults))
    : Result.fail(`expected a value of type ${type}`)
}

const isReadable = (uri: string) =>
  Effect.promise(() =>
    access(new URL(uri), constants.R_OK).then(
      () => undefined,
      (error: Error) => error.message
    )
  )

const unknownInput = (name: string, known: ReadonlyArray<string>): string => {
  const nearest = nearestName(name, known)
  if (nearest !== undefined) return `unknown input '${name}'; did you mean '${nearest}'?`
  return `unknown input '${name}'; ${known.length === 0 ? "the file declares none" : `declared: ${known.join(", ")}`}`
}

/** Whether what a condition printed is true: as in Kestra, an empty text and `false` are not. */
const holds = (text: string): boolean => !["", "false", "0"].includes(text.trim())

/** The texts of a list that an expression printed; undefined where it is none. */
const listOf = (printed: string): ReadonlyArray<string> | undefined => {
  const parsed = Result.getOrUndefined(Result.try(() => parseJson(printed)))
  return Array.isArray(parsed) ? parsed.map((one: Json) => String(one)) : undefined
}

/**
 * The values of all inputs by id; one that is not required and not given is null, and so is one whose
 * `dependsOn` does not hold. Inputs are read in the order of the file: expressions in defaults,
 * choices and conditions know the values before them. Files of this machine must be there and
 * readable. Every problem is reported, at the place where the input is declared.
 */
export const resolveInputs = Effect.fn("InputValues.resolve")(function* (
  file: TaskFile,
  given: Readonly<Record<string, string>>,
  { secret = () => undefined, values: outside }: ResolveOptions = {}
): Effect.fn.Return<JsonObject, TaskFileError> {
  const issues: Array<TaskFileIssue> = []
  const known = file.inputs.map((input) => input.id)
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) issues.push(file.document.issue(["inputs"], unknownInput(name, known)))
  }
  const values = new Map<string, Json>()
  // Numbers that are no whole ones, though they may look so.
  const decimals: Array<string> = []
  const resolved = () => keepDecimals(Object.fromEntries(values), decimals)

  /** The text that an expression comes to; undefined, with an issue, where it cannot be rendered. */
  const rendered = Effect.fnUntraced(function* (input: InputDeclaration, text: string, key: string) {
    if (!hasExpression(text)) return text
    const render = yield* makeRenderer(fileNames(file, resolved(), { secret, values: outside }))
    const result = yield* render(text)
    if (Result.isSuccess(result)) return result.success
    const { at, message } = result.failure
    const path = [...input.path, ...key.split(".")]
    const place = at === undefined ? "value" : file.document.positionInside(path, text, at)
    issues.push(file.document.issue(path, `input '${input.id}': ${message}`, place))
    return undefined
  })

  /** What can be chosen; undefined where that is not limited. */
  const choicesOf = Effect.fnUntraced(function* (input: InputDeclaration) {
    const { expression, values: choices } = input.limits
    if (choices !== undefined || expression === undefined) return choices
    const text = yield* rendered(input, expression, "expression")
    const list = text === undefined ? [] : listOf(text)
    if (list !== undefined) return list
    const message = `input '${input.id}': expected an expression whose value is a list`
    issues.push(file.document.issue([...input.path, "expression"], message))
    return []
  })

  /** The value of one input; undefined where there is a problem, which has become an issue. */
  const inputValue = Effect.fnUntraced(function* (input: InputDeclaration) {
    const issue = (message: string, key?: string) => {
      const path = key === undefined ? input.path : [...input.path, key]
      issues.push(file.document.issue(path, `input '${input.id}': ${message}`))
    }
    const text = Object.hasOwn(given, input.id) ? given[input.id] : undefined
    const { condition } = input.limits.dependsOn ?? {}
    if (condition !== undefined) {
      const told = yield* rendered(input, condition, "dependsOn.condition")
      if (told === undefined) return undefined
      if (!holds(told)) {
        if (text !== undefined) issue("it is given, but its dependsOn does not hold; leave it out")
        return null
      }
    }
    if (text === undefined && input.defaults === undefined) {
      if (!input.required) return null
      const example = input.type === "FILE" ? "PATH" : "VALUE"
      const message = `input '${input.id}' is required: give it with --input ${input.id}=${example}`
      issues.push(file.document.issue(input.path, message))
      return undefined
    }
    const { defaults } = input
    const written = file.document.textOf([...input.path, "defaults"])
    const isExpression = text === undefined && typeof defaults === "string" && hasExpression(defaults)
    const source = isExpression ? yield* rendered(input, defaults, "defaults") : text
    if (isExpression && source === undefined) return undefined
    const value = source === undefined ? readDefault(input, written) : readInputValue(input, source)
    const said = source ?? written ?? jsonText(defaults)
    if (Result.isFailure(value)) {
      // Without the value: any input may be a password.
      issue(value.failure)
      return undefined
    }
    if (value.success === null) return null
    if (input.type === "FILE" && typeof value.success === "string" && value.success.startsWith("file:")) {
      const problem = yield* isReadable(value.success)
      if (problem !== undefined) issue(problem)
    }
    for (const { key, message } of limitProblems(input, value.success, yield* choicesOf(input))) issue(message, key)
    if (input.type === "FLOAT" || POINT.test(said)) decimals.push(input.id)
    return value.success
  })

  for (const input of file.inputs) {
    const value = yield* inputValue(input)
    values.set(input.id, value ?? null)
  }
  const [first, ...rest] = issues
  if (first !== undefined) return yield* new TaskFileError({ operation: "inputs", issues: [first, ...rest] })
  return resolved()
})
