/** The inputs that flags give to a file, by name. Pure. */
import { type TaskFile, TaskFileError } from "@podwright/task-file"
import { Result } from "effect"

/**
 * The values by name. Fails where a name is missing, or given twice: one of its values would be lost.
 */
export const givenInputs = (
  file: TaskFile,
  given: ReadonlyArray<readonly [name: string, value: string]>
): Result.Result<Readonly<Record<string, string>>, TaskFileError> => {
  const names = given.map(([name]) => name)
  if (names.includes("")) {
    const issue = file.document.issue(
      ["inputs"],
      "--input: expected NAME=VALUE; what is given has no name before a '='"
    )
    return Result.fail(new TaskFileError({ operation: "inputs", issues: [issue] }))
  }
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated === undefined) return Result.succeed(Object.fromEntries(given))
  const issue = file.document.issue(["inputs"], `input '${repeated}' is given twice; give it once`)
  return Result.fail(new TaskFileError({ operation: "inputs", issues: [issue] }))
}
