/**
 * Reads a task or flow file: YAML, then the form that it is of, with every problem found at its
 * place. The text comes from a file through `loadTaskFile`; all else is pure.
 */
import { dirname, resolve } from "node:path"
import { pathProblem } from "@podwright/spec-builder"
import { Effect, FileSystem, Result } from "effect"
import type { NamespaceFolders } from "./namespace/NamespaceFiles.ts"
import { type ParseOptions, readFlow } from "./reading/FlowReader.ts"
import { readNative } from "./reading/NativeReader.ts"
import { isTextPlace } from "./reading/TextPlaces.ts"
import type { TaskFile } from "./TaskFile.ts"
import { TaskFileError, TaskFileIssue } from "./TaskFileError.ts"
import { isObject } from "./types/JsonValues.ts"
import { YamlDocument } from "./YamlDocument.ts"

const failWith = (operation: string, issues: ReadonlyArray<TaskFileIssue>, document: YamlDocument): TaskFileError => {
  const [first = document.issue([], "the file cannot be read"), ...rest] = issues
  return new TaskFileError({ operation, issues: [first, ...rest] })
}

/**
 * Reads a file's text. A document with `tasks` is a flow, any other a single task. All issues are
 * reported at once.
 */
export const parseTaskFile = (source: string, options: ParseOptions): Result.Result<TaskFile, TaskFileError> =>
  Result.flatMap(YamlDocument.parse(source, options.fileName, isTextPlace), (document) => {
    const { value } = document
    if (!isObject(value)) {
      return Result.fail(
        failWith("parse", [document.issue([], "expected a task or a flow, which are keys and values")], document)
      )
    }
    const parsed = "tasks" in value ? readFlow(document, value, options) : readNative(document, options)
    return Result.mapError(parsed, (issues) => failWith("parse", issues, document))
  })

/** Which file to read. */
export interface LoadOptions
  extends Omit<ParseOptions, "fileName" | "directory" | "namespaceFolder" | "namespaceFolders"> {
  /** Also stands in messages; `{path}` of input files is relative to its folder. */
  readonly path: string
  /**
   * Folders with the files of namespaces, which tasks get by `namespaceFiles`: by namespace, that of the
   * file's own namespace by the empty name. Default: for its own the folder `_files` beside the file,
   * where there is one.
   */
  readonly namespaceFolders?: NamespaceFolders | undefined
}

/** Where a namespace's files are when nothing is said, as repositories of flows have them. */
const NAMESPACE_FOLDER = "_files"

/**
 * Reads and checks the file at `path`. Fails with a `TaskFileError` of operation `read` where it
 * cannot be read or is not UTF-8, of `parse` with everything that is wrong in it.
 *
 * @example
 * const file = yield* loadTaskFile({ path: "flow.yaml" })
 * file.tasks.map(({ id }) => id)
 */
export const loadTaskFile = Effect.fn("TaskFile.load")(function* ({
  namespaceFolders: given = {},
  path,
  ...options
}: LoadOptions): Effect.fn.Return<TaskFile, TaskFileError, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const unreadable = (message: string) => {
    const issue = new TaskFileIssue({ message, file: path, line: 1, column: 1, path: [] })
    return new TaskFileError({ operation: "read", issues: [issue] })
  }
  const problem = pathProblem(path)
  if (problem !== undefined) {
    const issue = new TaskFileIssue({ message: problem, file: "the task file", line: 1, column: 1, path: [] })
    return yield* new TaskFileError({ operation: "read", issues: [issue] })
  }
  const bytes = yield* fs
    .readFile(path)
    .pipe(
      Effect.mapError((error) =>
        unreadable(`the file cannot be read: ${error.cause instanceof Error ? error.cause.message : error.message}`)
      )
    )
  // A command must not run with U+FFFD where the file says something else.
  const source = yield* Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
    catch: () => unreadable("the file is not UTF-8 text; save it as UTF-8")
  })
  const isFolder = (folder: string) =>
    Effect.orElseSucceed(
      Effect.map(fs.stat(folder), ({ type }) => type === "Directory"),
      () => false
    )
  const { "": own, ...others } = Object.fromEntries(
    Object.entries(given).map(([namespace, folder]) => [namespace, resolve(folder)])
  )
  for (const folder of [...(own === undefined ? [] : [own]), ...Object.values(others)]) {
    if (!(yield* isFolder(folder))) return yield* unreadable(`the folder of namespace files '${folder}' does not exist`)
  }
  const beside = resolve(dirname(path), NAMESPACE_FOLDER)
  const namespaceFolder = own ?? ((yield* isFolder(beside)) ? beside : undefined)
  return yield* Effect.fromResult(
    parseTaskFile(source, {
      ...options,
      fileName: path,
      directory: dirname(path),
      namespaceFolders: others,
      namespaceFolder
    })
  )
})
