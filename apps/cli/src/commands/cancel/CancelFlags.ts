/** `podwright cancel EXECUTION [TASK]`: stops a run, whoever drives it. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { executionFlags } from "../ExecutionFlags.ts"

const flags = {
  ...executionFlags,
  task: Argument.String("task").pipe(
    Argument.withDescription("Id of a task of the flow; default: every task that has a pod"),
    Argument.optional
  ),
  output: Flag.Literals("output", ["text", "json"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("text: a line for each pod; json: one object"),
    Flag.withDefault("text")
  )
}

export const cancel = Command.make(
  "cancel",
  flags,
  Effect.fn("cli.cancel")(function* (given) {
    // Loaded here, as for `run`.
    const { cancelCommand } = yield* Effect.promise(() => import("./CancelCommand.ts"))
    yield* cancelCommand(given)
  })
).pipe(
  Command.withDescription(
    "Cancel a run from any machine: its driver stops the command as for Ctrl-C and says who cancelled; a pod that nobody drives is deleted with its grace period"
  )
)
