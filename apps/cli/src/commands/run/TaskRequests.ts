/** What the runner is asked for: a file's task with every expression rendered, and who it is. Pure. */
import type { TaskRequest } from "@podwright/runner"
import type { TaskIdentity } from "@podwright/spec-builder"
import type { ResolvedTask } from "@podwright/task-file"

/** `outputDirectory` is the folder on this machine that output files go to. */
export const taskRequest = (task: ResolvedTask, identity: TaskIdentity, outputDirectory: string): TaskRequest => ({
  identity,
  image: task.image,
  command:
    task.commands.length === 0
      ? { _tag: "Entrypoint" }
      : {
          _tag: "Commands",
          interpreter: task.interpreter,
          beforeCommands: task.beforeCommands,
          commands: task.commands,
          failFast: task.failFast,
          targetOS: task.targetOS
        },
  env: task.env,
  inputFiles: task.inputFiles.map(({ name, source }) => ({ name, source })),
  outputFiles: task.outputFiles,
  outputDirectory,
  timeout: task.timeout,
  runner: task.runner
})
