/** `podwright logs EXECUTION [TASK]`: the log of a task, whoever drives it. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { executionFlags, logCursor } from "../ExecutionFlags.ts"

const flags = {
  ...executionFlags,
  follow: Flag.Boolean("follow").pipe(
    Flag.withAlias("f"),
    Flag.withDescription("Continue to the command's end; also where the pod has not started yet"),
    Flag.withDefault(false)
  ),
  cursor: logCursor,
  output: Flag.Literals("output", ["text", "ndjson"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription(
      "text: the task's lines, stdout and stderr apart; ndjson: lines with their cursor, an event a line"
    ),
    Flag.withDefault("text")
  )
}

export const logs = Command.make(
  "logs",
  flags,
  Effect.fn("cli.logs")(function* (given) {
    // Loaded here, as for `run`.
    const { logsCommand } = yield* Effect.promise(() => import("./LogsCommand.ts"))
    yield* logsCommand(given)
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Print the log of a task from its beginning, beside whichever machine drives it: from the pod's volume while its helper runs, else as the kubelet has it"
  )
)
