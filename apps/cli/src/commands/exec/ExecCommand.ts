/** What `podwright exec` does once its flags are read: runs the command, and ends as it did. */
import { Executions } from "@podwright/runner"
import { Effect } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { writeStderrBytes, writeStdoutBytes } from "../../ProcessOutput.ts"
import { executionTask, type GivenExecution, withExecutions } from "../ExecutionConnection.ts"

/** The flags of the command, as given. */
export interface ExecFlags extends GivenExecution {
  readonly command: ReadonlyArray<string>
  readonly container: string
}

export const execCommand = Effect.fnUntraced(function* (flags: ExecFlags) {
  const { command, container } = flags
  const code = yield* Effect.gen(function* () {
    const executions = yield* Executions
    return yield* executions.exec(yield* executionTask(flags), {
      command,
      container,
      onOutput: ({ bytes, stream }) =>
        // Nobody is left to read for.
        Effect.catch(stream === "stdout" ? writeStdoutBytes(bytes) : writeStderrBytes(bytes), () => Effect.interrupt)
    })
  }).pipe(withExecutions(flags))
  if (code !== 0) return yield* new CommandExit({ code })
})
