/**
 * The pods that a file's tasks would run in: what is handed from task to task are stand-ins, as nothing
 * runs. Reads the file and its inputs alone.
 */
import { resolve } from "node:path"
import { type ExplainedPod, explainPod, type Task, taskValues } from "@podwright/spec-builder"
import { loadTaskFile, renderTask, resolveInputs, type TaskDeclaration, type TaskOutputs } from "@podwright/task-file"
import { Effect, Option } from "effect"
import { writeStderr } from "../../ProcessOutput.ts"
import { reportNote } from "../../report/TextReport.ts"
import { environmentSecret } from "../EnvironmentSecret.ts"
import { givenInputs } from "../GivenInputs.ts"
import { withStdin } from "../run/StdinInput.ts"
import { renderedIdentity } from "./RenderedIdentity.ts"
import { renderedOutputs } from "./RenderedOutputs.ts"

/** Which file, and what it is given. */
export interface RenderedFile {
  readonly file: string
  readonly input: ReadonlyArray<readonly [name: string, value: string]>
  readonly defaultImage: Option.Option<string>
  readonly namespaceFiles: ReadonlyArray<readonly [namespace: string, folder: string]>
  readonly runnerStrict: boolean
}

/** A task of the file, and its pod. */
export interface RenderedPod {
  readonly declaration: TaskDeclaration
  readonly task: Task
  readonly pod: ExplainedPod
}

/** The pod of each task of a file, in their order; the file's notices go to stderr. */
export const renderedPods = Effect.fnUntraced(function* (given: RenderedFile) {
  const path = {
    path: resolve(given.file),
    runnerStrict: given.runnerStrict,
    namespaceFolders: Object.fromEntries(given.namespaceFiles)
  }
  const image = Option.getOrUndefined(given.defaultImage)
  const loaded = yield* loadTaskFile(image === undefined ? path : { ...path, defaultImage: image })
  const notices = writeStderr(reportNote(loaded.notices.map(String)).text)
  // A reader that has gone away needs no manifest either.
  if (loaded.notices.length > 0) yield* Effect.catch(notices, () => Effect.interrupt)
  const values = yield* Effect.fromResult(givenInputs(loaded, given.input))
  const inputs = yield* resolveInputs(loaded, yield* withStdin(loaded, values), { secret: environmentSecret })
  const outputs: Record<string, TaskOutputs> = {}
  const all = [...loaded.tasks, ...loaded.errors, ...loaded.finally]
  // What those of `errors` and `finally` may refer to, as if there were one.
  const error = { taskId: "<error.taskId>", message: "<error.message>" }
  const shown = all.filter(({ disabled }) => !disabled)
  return yield* Effect.forEach(shown, (declaration) =>
    Effect.gen(function* () {
      const task = yield* renderTask(loaded, declaration, {
        inputs,
        outputs,
        identity: renderedIdentity(loaded, declaration.id),
        secret: environmentSecret,
        ...(declaration.path[0] === "tasks" ? {} : { error })
      })
      outputs[declaration.id] = renderedOutputs(declaration.id, task.outputFiles, all)
      const pod = yield* Effect.fromResult(explainPod(taskValues(task), task.runner))
      return { declaration, task, pod } satisfies RenderedPod
    })
  )
}, Effect.scoped)
