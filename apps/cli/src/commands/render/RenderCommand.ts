/** What `podwright render` does once its flags are read: the pod of each task of a file, as YAML. */
import { resolve } from "node:path"
import { explainPod, taskValues } from "@podwright/spec-builder"
import { loadTaskFile, renderTask, resolveInputs, type TaskOutputs } from "@podwright/task-file"
import { Effect, Option } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT } from "../../ExitCode.ts"
import { writeStderr, writeStdout } from "../../ProcessOutput.ts"
import { errorLines, reportError, reportNote } from "../../report/TextReport.ts"
import { environmentSecret } from "../EnvironmentSecret.ts"
import { givenInputs } from "../GivenInputs.ts"
import { withStdin } from "../run/StdinInput.ts"
import { manifestYaml } from "./ManifestYaml.ts"
import { renderedIdentity } from "./RenderedIdentity.ts"
import { renderedOutputs } from "./RenderedOutputs.ts"

/** The flags of the command, as given. */
export interface RenderFlags {
  readonly file: string
  readonly input: ReadonlyArray<readonly [name: string, value: string]>
  readonly explain: boolean
  readonly defaultImage: Option.Option<string>
  readonly runnerStrict: boolean
}

export const renderCommand = Effect.fnUntraced(function* (given: RenderFlags) {
  const manifests = Effect.gen(function* () {
    const path = { path: resolve(given.file), runnerStrict: given.runnerStrict }
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
    return yield* Effect.forEach(shown, (task) =>
      Effect.gen(function* () {
        const identity = renderedIdentity(loaded, task.id)
        const rendered = yield* renderTask(loaded, task, {
          inputs,
          outputs,
          identity,
          secret: environmentSecret,
          ...(task.path[0] === "tasks" ? {} : { error })
        })
        outputs[task.id] = renderedOutputs(task.id, rendered.outputFiles, all)
        const pod = yield* Effect.fromResult(explainPod(taskValues(rendered), rendered.runner))
        return manifestYaml(task.id, pod, given.explain, task.defaults)
      })
    )
  }).pipe(
    Effect.scoped,
    Effect.catch((error) =>
      Effect.andThen(
        writeStderr(reportError(errorLines(error)).text),
        Effect.fail(new CommandExit({ code: BAD_INPUT }))
      )
    )
  )
  yield* writeStdout((yield* manifests).join("---\n"))
})
