/**
 * The pods that a file's tasks would run in: what is handed from task to task are stand-ins, as nothing
 * runs. Reads the file and its inputs alone.
 */
import { type ExplainedPod, explainPod, jsonText, type Task, taskValues } from "@podwright/spec-builder"
import { renderTask, type TaskDeclaration, type TaskOutputs } from "@podwright/task-file"
import { Effect } from "effect"
import { writeStderr } from "../../ProcessOutput.ts"
import { reportNote } from "../../report/TextReport.ts"
import { type GivenFile, readGivenFile } from "../GivenFile.ts"
import { renderedIdentity } from "./RenderedIdentity.ts"
import { renderedOutputs } from "./RenderedOutputs.ts"

/** A task of the file, and its pod. */
export interface RenderedPod {
  readonly declaration: TaskDeclaration
  readonly task: Task
  readonly pod: ExplainedPod
}

/** Ways to name the output folder. */
const OUTPUT_FOLDER = /OUTPUT_DIR|outputDir\b/

/** The pod of each task of a file, in their order; the file's notices go to stderr. */
export const renderedPods = Effect.fnUntraced(function* (given: GivenFile) {
  const { file, inputs, outside } = yield* readGivenFile(given, (notices) =>
    // A reader that has gone away needs no manifest either.
    Effect.catch(writeStderr(reportNote(notices).text), () => Effect.interrupt)
  )
  const outputs: Record<string, TaskOutputs> = {}
  const all = [...file.tasks, ...file.errors, ...file.finally]
  // What those of `errors` and `finally` may refer to, as if there were one.
  const error = { taskId: "<error.taskId>", message: "<error.message>" }
  const shown = all.filter(({ disabled }) => !disabled)
  const folders = new Set<string>()
  return yield* Effect.forEach(shown, (declaration) =>
    Effect.gen(function* () {
      const task = yield* renderTask(file, declaration, {
        inputs,
        outputs,
        identity: renderedIdentity(file, declaration.id),
        ...outside,
        ...(declaration.path[0] === "tasks" ? {} : { error }),
        ...(declaration.folder !== undefined && folders.has(declaration.folder.id)
          ? { folder: { path: `/rendered/${declaration.folder.id}` } }
          : {})
      })
      const { folder, id } = declaration
      // What is written to the output folder comes back without being named.
      const anyFile = folder?.isLast === false || OUTPUT_FOLDER.test(jsonText(declaration))
      outputs[id] = renderedOutputs({ taskId: id, files: task.outputFiles, anyFile }, all)
      if (folder !== undefined) {
        folders.add(folder.id)
        outputs[folder.id] = renderedOutputs({ taskId: folder.id, files: folder.outputFiles, anyFile: false }, all)
      }
      const pod = yield* Effect.fromResult(explainPod(taskValues(task), task.runner))
      return { declaration, task, pod } satisfies RenderedPod
    })
  )
}, Effect.scoped)
