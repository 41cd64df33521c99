/** What `podwright cancel` does once its flags are read: cancels, and reports what became of each pod. */
import { Executions, whoCancels } from "@podwright/runner"
import { Effect } from "effect"
import { writeStdout } from "../../ProcessOutput.ts"
import { executionTask, type GivenExecution, withExecutions } from "../ExecutionConnection.ts"
import { cancelledLine, cancellingJson } from "./CancelReport.ts"

/** The flags of the command, as given. */
export interface CancelFlags extends GivenExecution {
  readonly output: "text" | "json"
}

export const cancelCommand = Effect.fnUntraced(function* (flags: CancelFlags) {
  const by = whoCancels()
  const cancelled = yield* Effect.gen(function* () {
    const executions = yield* Executions
    return yield* executions.cancel(yield* executionTask(flags), by)
  }).pipe(withExecutions(flags))
  yield* writeStdout(
    flags.output === "json"
      ? `${JSON.stringify(cancellingJson(flags.execution, by, cancelled), null, 2)}\n`
      : cancelled.map(cancelledLine).join("")
  )
})
