/**
 * The folders that the tasks of a WorkingDirectory share. Each task has a pod of its own, so the
 * folder travels: what a task leaves comes back into its output folder, which is the working folder
 * of the next. Looks at folders of this machine; knows nothing of pods.
 */
import { join, resolve } from "node:path"
import { FileSyncError, FileSyncReason, outputPath } from "@podwright/file-sync"
import type { SharedFolder, TaskDeclaration, TaskFile } from "@podwright/task-file"
import { Effect, FileSystem } from "effect"
import { RunError } from "../task/RunError.ts"
import { Files } from "../task/RunReason.ts"
import type { RunResult } from "../task/RunResult.ts"

/** The folder that the files of a result lie in; undefined where it has none. */
const folderOf = ({ outputFiles }: RunResult): string | undefined => {
  const [first] = Object.entries(outputFiles)
  if (first === undefined) return undefined
  const [name, { path }] = first
  const folder = outputPath(path.slice(0, path.length - name.length))
  return resolve(typeof folder === "string" ? folder : folder.toString("utf8"))
}

/** The folders of one execution, by the ids of their WorkingDirectories. */
export const sharedFolders = () => {
  const folders = new Map<string, SharedFolder>()
  return {
    /** The folder that a task finds; undefined for the first of a folder, and for a task without one. */
    of: ({ folder }: TaskDeclaration): SharedFolder | undefined =>
      folder === undefined ? undefined : folders.get(folder.id),
    /** A task has left what it has in the folder. `directory` is where its files were to go. */
    left: Effect.fnUntraced(function* (
      { folder }: TaskDeclaration,
      result: RunResult,
      directory: string
    ): Effect.fn.Return<void, never, FileSystem.FileSystem> {
      if (folder === undefined) return
      const fs = yield* FileSystem.FileSystem
      // A folder of empty folders alone has no file that says where it is.
      const path =
        folderOf(result) ?? ((yield* Effect.orElseSucceed(fs.exists(directory), () => false)) ? directory : undefined)
      folders.set(folder.id, { path })
    })
  }
}

const unusable = (path: string, detail: string) => {
  const reason = new FileSyncReason.OutputUnwritable({ path, detail })
  const error = new FileSyncError({ operation: "collect outputs", reason })
  return new RunError({ operation: "FlowRunner.run", reason: new Files({ error }) })
}

const filesIn = Effect.fnUntraced(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  return (yield* fs.exists(folder)) ? (yield* fs.readDirectory(folder)).length : 0
})

/**
 * Refuses an output folder in which a task would leave its files among others: the task after it
 * would find those, too.
 */
export const checkSharedFolders = Effect.fnUntraced(function* (
  { errors, finally: last, tasks }: Pick<TaskFile, "tasks" | "errors" | "finally">,
  root: string
): Effect.fn.Return<void, RunError, FileSystem.FileSystem> {
  for (const { folder, id } of [...tasks, ...errors, ...last]) {
    if (folder === undefined || folder.isLast) continue
    const path = join(root, id)
    const count = yield* filesIn(path).pipe(Effect.mapError((error) => unusable(path, error.message)))
    if (count === 0) continue
    const advice = `it has files, and task ${id} hands on all that is in it; empty it, or name another output folder`
    return yield* unusable(path, advice)
  }
})
