/**
 * Values of expressions that come from outside the file: `trigger`, `envs`, `kv` and others, from
 * files of YAML or JSON, from `NAME=VALUE`, and from the environment. Pure.
 */
import { isDecimal, type Json, type JsonObject, keepDecimals, nearestName } from "@podwright/spec-builder"
import { Result } from "effect"
import type { TaskFile } from "./TaskFile.ts"
import { TaskFileError, type TaskFileIssue } from "./TaskFileError.ts"
import { YamlDocument } from "./YamlDocument.ts"

/** What may be given; everything else an expression may refer to is the run's own. */
const NAMES = ["trigger", "envs", "globals", "kv", "labels", "vars", "kestra", "schedule"] as const

type Name = (typeof NAMES)[number]

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isName = (name: string): name is Name => NAMES.some((one) => one === name)

/** Variables of the environment with these prefixes are values: `ENV_` as in Kestra. */
const ENVIRONMENT: ReadonlyArray<readonly [prefix: string, name: Name, keyOf: (rest: string) => string]> = [
  ["ENV_", "envs", (rest) => rest.toLowerCase()],
  ["KV_", "kv", (rest) => rest]
]

/** Where outside values come from; what stands later here wins, and of several the last. */
export interface OutsideSources {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Files of YAML or JSON, whose keys are names such as `trigger`. */
  readonly files: ReadonlyArray<{ readonly name: string; readonly text: string }>
  /** `globals.region` and its text, as the flag `--var` gives them; a name without a point is a variable. */
  readonly assignments: ReadonlyArray<readonly [name: string, value: string]>
}

/**
 * An object with the entries of another added, deep; numbers keep their kind. What is no object adds
 * nothing.
 */
export const withValues = (base: JsonObject, more: unknown): JsonObject => {
  if (!isObject(more)) return base
  const both = { ...base, ...more }
  const decimals = Object.keys(both).filter((key) => isDecimal(Object.hasOwn(more, key) ? more : base, key))
  const entries = Object.entries(both).map(([key, value]): readonly [string, Json] => {
    const before = Object.hasOwn(base, key) ? base[key] : undefined
    return [key, isObject(before) && isObject(value) && before !== value ? withValues(before, value) : value]
  })
  return keepDecimals(Object.fromEntries(entries), decimals)
}

const refusal = (name: string): string => {
  const nearest = nearestName(name, NAMES)
  const known = nearest === undefined ? `known are ${NAMES.join(", ")}` : `did you mean '${nearest}'?`
  return name === "inputs" ? "values of inputs are given by --input" : `'${name}' cannot be given; ${known}`
}

const fileValues = (text: string, name: string): Result.Result<JsonObject, ReadonlyArray<TaskFileIssue>> => {
  const parsed = YamlDocument.parse(text, name, ([first], root) => first === "labels" && isObject(root))
  if (Result.isFailure(parsed)) return Result.fail(parsed.failure.issues)
  const document = parsed.success
  const { value = {} } = document
  if (!isObject(value)) return Result.fail([document.issue([], "expected names and their values")])
  const issues = Object.entries(value).flatMap(([key, one]) => {
    if (!isName(key)) return [document.issue([key], refusal(key), "key")]
    return isObject(one) ? [] : [document.issue([key], `${key}: expected keys and values`)]
  })
  return issues.length > 0 ? Result.fail(issues) : Result.succeed(value)
}

/** The value at the end of a path of names. */
const nested = (path: ReadonlyArray<string>, value: string): JsonObject => {
  const [first = "", ...rest] = path
  return { [first]: rest.length === 0 ? value : nested(rest, value) }
}

const assignment = (name: string, value: string): Result.Result<JsonObject, string> => {
  if (name === "") return Result.fail("expected NAME=VALUE; what is given has no name before a '='")
  const [first = "", ...rest] = name.split(".")
  if (rest.length === 0) return Result.succeed(nested(["vars", first], value))
  if (rest.includes("")) return Result.fail(`the name '${name}' has an empty part`)
  if (!isName(first)) return Result.fail(refusal(first))
  // Keys of a key-value store may have points of their own.
  return Result.succeed(nested(first === "kv" ? ["kv", rest.join(".")] : [first, ...rest], value))
}

const environmentValues = (env: OutsideSources["env"]): JsonObject => {
  const values: Record<string, Json> = {}
  for (const [prefix, name, keyOf] of ENVIRONMENT) {
    const own = Object.entries(env).flatMap(([key, value]) =>
      key.startsWith(prefix) && key !== prefix && value !== undefined
        ? [[keyOf(key.slice(prefix.length)), value] as const]
        : []
    )
    if (own.length > 0) values[name] = Object.fromEntries(own)
  }
  return values
}

/**
 * All values from outside by their first name, for `TaskScope.values`. Fails with everything that is
 * wrong in them, and repeats no value.
 *
 * @example
 * outsideValues(file, { env: process.env, files: [], assignments: [["trigger.date", "2026-01-31"]] })
 */
export const outsideValues = (
  file: TaskFile,
  { assignments, env, files }: OutsideSources
): Result.Result<JsonObject, TaskFileError> => {
  const issues: Array<TaskFileIssue> = []
  let values = environmentValues(env)
  for (const { name, text } of files) {
    const read = fileValues(text, name)
    if (Result.isFailure(read)) issues.push(...read.failure)
    else values = withValues(values, read.success)
  }
  for (const [name, value] of assignments) {
    const read = assignment(name, value)
    if (Result.isFailure(read)) issues.push(file.document.issue([], `--var: ${read.failure}`))
    else values = withValues(values, read.success)
  }
  const [first, ...rest] = issues
  return first === undefined
    ? Result.succeed(values)
    : Result.fail(new TaskFileError({ operation: "inputs", issues: [first, ...rest] }))
}
