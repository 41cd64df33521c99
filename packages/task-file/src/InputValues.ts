/**
 * The values of a file's inputs: what was given on the command line, else the defaults, as the
 * types that are declared.
 */
import { access, constants } from "node:fs/promises"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import {
  type Json,
  type JsonObject,
  jsonText,
  keepDecimals,
  nearestName,
  parseJson,
  wholeNumber
} from "@podwright/spec-builder"
import { Effect, Result } from "effect"
import type { InputDeclaration, TaskFile } from "./TaskFile.ts"
import { messageOf, TaskFileError, type TaskFileIssue } from "./TaskFileError.ts"

/** What tells the text of a decimal from that of a whole number. */
const POINT = /[.eE]/
const URI = /^(file|https?):/

/** Reads a value given as text; a failure says what is expected. */
export const readInputValue = (input: InputDeclaration, text: string): Result.Result<Json, string> => {
  switch (input.type) {
    case "STRING":
      return Result.succeed(text)
    case "INT":
      return /^[-+]?\d+$/.test(text)
        ? Result.succeed(wholeNumber(text.replace(/^\+/, "")))
        : Result.fail("expected a whole number")
    case "FLOAT":
      return text.trim() !== "" && Number.isFinite(Number(text))
        ? Result.succeed(Number(text))
        : Result.fail("expected a number")
    case "BOOLEAN":
    case "BOOL":
      return text === "true" || text === "false"
        ? Result.succeed(text === "true")
        : Result.fail("expected true or false")
    case "URI":
      return URL.canParse(text) ? Result.succeed(text) : Result.fail("expected a URI")
    case "FILE":
      // An empty path would be the current folder; most likely a variable is not set.
      if (text.trim() === "") return Result.fail("expected a path or a URL")
      return Result.succeed(URI.test(text) ? text : pathToFileURL(resolve(text)).href)
    case "JSON":
      try {
        return Result.succeed(parseJson(text))
      } catch (error) {
        return Result.fail(`expected JSON: ${messageOf(error)}`)
      }
  }
}

/**
 * A default is written as YAML: for JSON any value, for the other types one that is read as a given
 * value would be. A text is read as a given one for JSON too, as Kestra does.
 */
const readDefault = (input: InputDeclaration, written: string | undefined): Result.Result<Json, string> => {
  if (input.defaults === undefined || input.defaults === null) return Result.succeed(null)
  if (input.type === "JSON" && typeof input.defaults !== "string") return Result.succeed(input.defaults)
  if (typeof input.defaults === "object") return Result.fail(`expected a value of type ${input.type}`)
  return readInputValue(input, typeof input.defaults === "string" ? input.defaults : (written ?? ""))
}

const isReadable = (uri: string) =>
  Effect.promise(() =>
    access(new URL(uri), constants.R_OK).then(
      () => undefined,
      (error: Error) => error.message
    )
  )

/**
 * The values of all inputs by id; one that is not required and not given is null. Files of this
 * machine must be there and readable. Every problem is reported, at the place where the input is
 * declared.
 */
export const resolveInputs = Effect.fn("InputValues.resolve")(function* (
  file: TaskFile,
  given: Readonly<Record<string, string>>
): Effect.fn.Return<JsonObject, TaskFileError> {
  const issues: Array<TaskFileIssue> = []
  const known = file.inputs.map((input) => input.id)
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    const nearest = nearestName(name, known)
    const hint =
      nearest !== undefined
        ? `; did you mean '${nearest}'?`
        : known.length === 0
          ? "; the file declares none"
          : `; declared: ${known.join(", ")}`
    issues.push(file.document.issue(["inputs"], `unknown input '${name}'${hint}`))
  }
  const values: Array<readonly [string, Json]> = []
  // Numbers that are no whole ones, though they may look so.
  const decimals: Array<string> = []
  for (const input of file.inputs) {
    const text = Object.hasOwn(given, input.id) ? given[input.id] : undefined
    if (text === undefined && input.defaults === undefined) {
      if (input.required) {
        const example = input.type === "FILE" ? "PATH" : "VALUE"
        const message = `input '${input.id}' is required: give it with --input ${input.id}=${example}`
        issues.push(file.document.issue(input.path, message))
      } else values.push([input.id, null])
      continue
    }
    const written = file.document.textOf([...input.path, "defaults"])
    const value = text === undefined ? readDefault(input, written) : readInputValue(input, text)
    if (Result.isFailure(value)) {
      const shown = text ?? written ?? jsonText(input.defaults)
      issues.push(file.document.issue(input.path, `input '${input.id}': ${value.failure}, not '${shown}'`))
      continue
    }
    if (input.type === "FILE" && typeof value.success === "string" && value.success.startsWith("file:")) {
      const problem = yield* isReadable(value.success)
      if (problem !== undefined) issues.push(file.document.issue(input.path, `input '${input.id}': ${problem}`))
    }
    values.push([input.id, value.success])
    if (input.type === "FLOAT" || POINT.test(text ?? written ?? "")) decimals.push(input.id)
  }
  const [first, ...rest] = issues
  if (first !== undefined) return yield* new TaskFileError({ operation: "inputs", issues: [first, ...rest] })
  return keepDecimals(Object.fromEntries(values), decimals)
})
