/**
 * The names and patterns of `outputFiles`, checked and translated for the session script, which
 * matches them in the pod. Pure.
 */
import { Result } from "effect"
import { FileSyncError } from "../FileSyncError.ts"
import { PatternInvalid } from "../FileSyncReason.ts"
import { globExpression, regexExpression } from "./PatternExpression.ts"

/** What to collect, besides everything in the output folder. */
export interface OutputSelection {
  /** Relative to the working folder; each must be there. A folder brings all that is in it. */
  readonly names: ReadonlyArray<string>
  /**
   * Files and links whose whole path below the working folder matches; a format for `printf` that
   * produces an ERE.
   */
  readonly expression: string | undefined
  /** The whole working folder, whatever is named. */
  readonly workingFolder: boolean
}

export const nothingSelected: OutputSelection = { names: [], expression: undefined, workingFolder: false }

type OutputPattern =
  | { readonly _tag: "Name"; readonly name: string }
  /** May match nothing. */
  | { readonly _tag: "Expression"; readonly expression: string }

const invalid = (pattern: string, detail: string) =>
  Result.fail(new FileSyncError({ operation: "read outputFiles", reason: new PatternInvalid({ pattern, detail }) }))

/**
 * Checks one entry of `outputFiles`: a name, a glob, or either kind of pattern after `glob:` or
 * `regex:`. It is relative to the working folder; an absolute one must lie in `workingDirectory`
 * (as `{{ workingDir }}/out.txt` does).
 */
export const outputPattern = (
  pattern: string,
  workingDirectory: string
): Result.Result<OutputPattern, FileSyncError> => {
  const [, prefix = "glob", rest = pattern] = /^(glob|regex):(.*)$/s.exec(pattern) ?? []
  const inside = rest.startsWith(`${workingDirectory}/`) ? rest.slice(workingDirectory.length + 1) : rest
  if (inside === "") return invalid(pattern, "it is empty")
  if (inside.includes("\0")) return invalid(pattern, "it contains a NUL byte")
  if (prefix === "regex") {
    const read = regexExpression(inside)
    if (Result.isFailure(read)) return invalid(pattern, read.failure)
    return Result.succeed({ _tag: "Expression", expression: read.success })
  }
  if (inside.startsWith("/")) return invalid(pattern, `it must be relative to the working folder ${workingDirectory}`)
  if (inside.split("/").some((part) => part === ".." || part === ".")) {
    return invalid(pattern, "it must not contain '.' or '..'")
  }
  const read = globExpression(inside)
  if (Result.isFailure(read)) return invalid(pattern, read.failure)
  const { expression } = read.success
  // A folder may be written with a slash after it.
  const name = read.success.name?.replace(/\/+$/, "")
  if (name === undefined) return Result.succeed({ _tag: "Expression", expression })
  // What is written with escapes was not seen above.
  if (name.includes("\0") || name.split("/").some((part) => part === "" || part === "." || part === ".."))
    return invalid(pattern, "it is no name relative to the working folder")
  return Result.succeed({ _tag: "Name", name })
}

/**
 * All of a task's `outputFiles` together; `workingFolder` collects the whole working folder. Fails
 * with `PatternInvalid` at the first entry that is neither a name nor a pattern.
 */
export const outputSelection = (
  patterns: ReadonlyArray<string>,
  workingDirectory: string,
  workingFolder: boolean
): Result.Result<OutputSelection, FileSyncError> => {
  const names: Array<string> = []
  const expressions: Array<string> = []
  for (const pattern of patterns) {
    const read = outputPattern(pattern, workingDirectory)
    if (Result.isFailure(read)) return Result.fail(read.failure)
    if (read.success._tag === "Name") names.push(read.success.name)
    else expressions.push(read.success.expression)
  }
  const expression = expressions.length === 0 ? undefined : `work/(${expressions.join("|")})`
  return Result.succeed({ names, expression, workingFolder })
}
