/** Reads the native form, a file of a single task. Pure. */
import { basename, extname } from "node:path"
import { Result } from "effect"
import { INPUT_FILE_KEYS } from "../InputFileValue.ts"
import { NativeFile, type TaskDeclaration, type TaskFile } from "../TaskFile.ts"
import type { TaskFileIssue } from "../TaskFileError.ts"
import type { Path, YamlDocument } from "../YamlDocument.ts"
import { decodeShape, repeatedIds } from "./FileShape.ts"
import { INPUT_KEYS } from "./KnownKeys.ts"
import { declareInputs, declareTask, replacedVariables, runnerIssues } from "./TaskReader.ts"

const known = (place: Path): ReadonlyArray<string> => {
  if (place.length === 0) return Object.keys(NativeFile.fields)
  return place[0] === "inputs" ? INPUT_KEYS : INPUT_FILE_KEYS
}

/** A document of the native form. `fileName` names a task without an id. */
export const readNative = (
  document: YamlDocument,
  { directory, fileName }: { readonly fileName: string; readonly directory: string }
): Result.Result<TaskFile, ReadonlyArray<TaskFileIssue>> =>
  Result.flatMap(
    decodeShape(NativeFile, document, [], document.value, known),
    (task): Result.Result<TaskFile, ReadonlyArray<TaskFileIssue>> => {
      const runner = (task.runner ?? {}) as TaskDeclaration["runner"]
      const issues: Array<TaskFileIssue> = []
      const inputs = declareInputs(document, task.inputs, issues)
      issues.push(
        ...repeatedIds(
          document,
          inputs.map((input) => [input.id, input.path]),
          "inputs"
        ),
        ...runnerIssues(document, ["runner"], runner)
      )
      const id = task.id ?? basename(fileName, extname(fileName))
      const own = {
        id,
        image: task.image,
        commands: task.commands ?? [],
        runner,
        path: [],
        keys: { image: "image", runner: "runner" },
        script: undefined,
        literalFiles: [],
        namespaceFiles: undefined,
        groups: [],
        folder: undefined,
        disabled: false,
        runIf: undefined,
        allowFailure: false,
        allowWarning: false,
        defaults: []
      }
      const single = declareTask(document, task, own, issues)
      return issues.length > 0
        ? Result.fail(issues)
        : Result.succeed({
            id,
            namespace: task.namespace ?? "default",
            fileName,
            directory,
            namespaceFolders: {},
            inputs,
            variables: {},
            labels: {},
            tasks: [single],
            errors: [],
            finally: [],
            outputs: [],
            notices: replacedVariables(document, single),
            document
          })
    }
  )
