/** `podwright attach EXECUTION [TASK]`: a run as if it had been started here, whoever drives it. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { executionFlags, logCursor } from "../ExecutionFlags.ts"

const flags = {
  ...executionFlags,
  cursor: logCursor,
  output: Flag.Literals("output", ["text", "ndjson"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription(
      "text: the task's lines, stdout and stderr apart; ndjson: lines with their cursor, an event a line"
    ),
    Flag.withDefault("text")
  )
}

export const attach = Command.make(
  "attach",
  flags,
  Effect.fn("cli.attach")(function* (given) {
    // Loaded here, as for `run`.
    const { attachCommand } = yield* Effect.promise(() => import("./LogsCommand.ts"))
    yield* attachCommand(given)
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Follow a task to its end, beside whichever machine drives it, and end with its command's exit code. Ctrl-C ends the following, not the run"
  )
)
