/** `podwright ps`: which tasks are on the cluster, whoever drives them. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { connectionFlags } from "../ConnectionFlags.ts"
import { namespace } from "../NamespaceFlags.ts"

const flags = {
  namespace,
  allNamespaces: Flag.Boolean("all-namespaces").pipe(
    Flag.withAlias("A"),
    Flag.withDescription("Look in all namespaces; needs a ClusterRole that lists pods"),
    Flag.withDefault(false)
  ),
  watch: Flag.Boolean("watch").pipe(
    Flag.withAlias("w"),
    Flag.withDescription("Then print a line for each change, until it is interrupted"),
    Flag.withDefault(false)
  ),
  output: Flag.Literals("output", ["table", "json"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("table: a line for each task's pod; json: one object, with --watch one for each change"),
    Flag.withDefault("table")
  ),
  ...connectionFlags
}

export const ps = Command.make(
  "ps",
  flags,
  Effect.fn("cli.ps")(function* (given) {
    // Loaded here, as for `run`.
    const { psCommand } = yield* Effect.promise(() => import("./PsCommand.ts"))
    yield* psCommand(given)
  })
).pipe(
  Command.withDescription(
    "List the tasks that are on the cluster, whichever machine drives them: execution, task, state, age, driver, node, and what each waits for"
  )
)
