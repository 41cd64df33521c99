/**
 * The value of one input file as task files and plain tasks write it: its forms, and the input that
 * it stands for. Pure.
 */
import { isAbsolute, resolve } from "node:path"
import { type InputFile, shownValue, type TaskSource } from "@podwright/spec-builder"
import { Result, Schema } from "effect"

/** A number is taken to be refused in words of our own. */
const mode = Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite, Schema.BigInt]))

/** Where an input file's content comes from: a URI or inline text, or an object that says which. */
export const InputFileValue = Schema.Union([
  Schema.String,
  Schema.Struct({ path: Schema.String, mode }),
  Schema.Struct({ url: Schema.String, mode, sha256: Schema.optionalKey(Schema.String) }),
  Schema.Struct({ text: Schema.String, mode })
])
export type InputFileValue = typeof InputFileValue.Type

/** The keys of an input file that is an object. */
export const INPUT_FILE_KEYS: ReadonlyArray<string> = ["path", "url", "text", "mode", "sha256"]

/** What is wrong with an input file's value, and under which of its keys. */
export interface InputFileProblem {
  readonly key: "path" | "mode" | "sha256"
  readonly message: string
}

const URI = /^(file|https?):/
const MODE = /^0?([4-7][0-7]{2})$/
const SHA256 = /^[0-9a-f]{64}$/i

const sourceOf = (value: InputFileValue, directory: string): TaskSource => {
  if (typeof value === "string") return URI.test(value) ? { _tag: "Url", url: value } : { _tag: "Text", text: value }
  if ("text" in value) return { _tag: "Text", text: value.text }
  if ("path" in value) {
    if (value.path === "-") return { _tag: "Stdin" }
    return { _tag: "Path", path: isAbsolute(value.path) ? value.path : resolve(directory, value.path) }
  }
  const { sha256, url } = value
  return { _tag: "Url", url, ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }) }
}

/**
 * The input of this name, its value having no expressions; or all that is wrong with the value.
 * Paths are relative to `directory`.
 */
export const inputFile = (
  name: string,
  value: InputFileValue,
  directory: string
): Result.Result<InputFile, readonly [InputFileProblem, ...ReadonlyArray<InputFileProblem>]> => {
  const source = sourceOf(value, directory)
  if (typeof value === "string") return Result.succeed({ name, source })
  const problems: Array<InputFileProblem> = []
  const octal = value.mode === undefined ? undefined : MODE.exec(String(value.mode))?.[1]
  if (value.mode !== undefined && typeof value.mode !== "string") {
    // YAML reads 0600 as six hundred, and JSON knows no other numbers.
    problems.push({ key: "mode", message: `expected a text, such as "0600"; put the digits in quotes` })
  } else if (value.mode !== undefined && octal === undefined) {
    const expected = `three octal digits that let the owner read the file, such as "0600"`
    problems.push({ key: "mode", message: `expected ${expected}, not '${shownValue(value.mode, 20)}'` })
  }
  // It would be the folder that it is relative to.
  if ("path" in value && value.path === "") problems.push({ key: "path", message: "the path is empty" })
  if ("sha256" in value && value.sha256 !== undefined) {
    if (!SHA256.test(value.sha256)) problems.push({ key: "sha256", message: "expected 64 hexadecimal digits" })
    else if (value.url.startsWith("file:"))
      problems.push({ key: "sha256", message: "it is checked for http: and https: URLs only" })
  }
  const [first, ...rest] = problems
  if (first !== undefined) return Result.fail([first, ...rest])
  return Result.succeed({ name, source, ...(octal === undefined ? {} : { mode: Number.parseInt(octal, 8) }) })
}
