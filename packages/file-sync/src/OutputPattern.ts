/**
 * The names and patterns of `outputFiles`, checked and brought into the form the session script matches in the pod.
 * Pure.
 */
import { Result } from "effect"
import { FileSyncError, PatternInvalid } from "./FileSyncError.ts"

const invalid = (pattern: string, detail: string) =>
  Result.fail(new FileSyncError({ operation: "read outputFiles", reason: new PatternInvalid({ pattern, detail }) }))

/** Whether a pattern has a wildcard: one without must match, one with may match nothing. */
export const hasWildcard = (pattern: string): boolean => /[*?[]/.test(pattern)

/**
 * Checks one entry of `outputFiles` and returns it relative to the working folder. Names and the shell's `*`, `?`, `[…]`
 * within one folder are known; an absolute name must lie in `workingDirectory` (as `{{ workingDir }}/out.txt` does).
 */
export const outputPattern = (pattern: string, workingDirectory: string): Result.Result<string, FileSyncError> => {
  const inside = pattern.startsWith(`${workingDirectory}/`) ? pattern.slice(workingDirectory.length + 1) : pattern
  if (inside === "") return invalid(pattern, "it is empty")
  if (inside.startsWith("/")) return invalid(pattern, `it must be relative to the working folder ${workingDirectory}`)
  if (inside.split("/").some((part) => part === ".." || part === ".")) {
    return invalid(pattern, "it must not contain '.' or '..'")
  }
  if (/^(glob|regex):/.test(inside)) return invalid(pattern, "the prefixes glob: and regex: are not supported")
  if (inside.includes("**")) return invalid(pattern, "'**' is not supported; name the folders, or write to OUTPUT_DIR")
  if (/\{[^}]*,[^}]*\}/.test(inside)) return invalid(pattern, "'{a,b}' is not supported; list both patterns")
  return Result.succeed(inside)
}
