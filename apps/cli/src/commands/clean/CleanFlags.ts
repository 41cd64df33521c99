/** `podwright clean`: removes the pods that nobody comes for any more. */
import { RunDuration } from "@podwright/spec-builder"
import { Duration, Effect, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { connectionFlags } from "../ConnectionFlags.ts"
import { namespace } from "../NamespaceFlags.ts"

const readDuration = Schema.decodeUnknownOption(RunDuration)

const flags = {
  namespace,
  allNamespaces: Flag.Boolean("all-namespaces").pipe(
    Flag.withAlias("A"),
    Flag.withDescription("Look in all namespaces; needs a ClusterRole that lists and deletes pods"),
    Flag.withDefault(false)
  ),
  olderThan: Flag.String("older-than").pipe(
    Flag.withMetavar("DURATION"),
    Flag.withDescription(
      "Minimum age: time since the pod was released, its lease last renewed, or the pod ended (PT1H, 90s, 0); default: PT1H"
    ),
    Flag.filterMap(readDuration, () => `a duration such as PT1H30M, 90s or 0`),
    Flag.withDefault(Duration.hours(1))
  ),
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Report which pods would be deleted, and delete nothing"),
    Flag.withDefault(false)
  ),
  output: Flag.Literals("output", ["text", "json"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("text: a line for each pod; json: one object"),
    Flag.withDefault("text")
  ),
  ...connectionFlags
}

export const clean = Command.make(
  "clean",
  flags,
  Effect.fn("cli.clean")(function* (given) {
    // Loaded here, as for `run`.
    const { cleanCommand } = yield* Effect.promise(() => import("./CleanCommand.ts"))
    yield* cleanCommand(given)
  })
).pipe(
  Command.withDescription(
    "Delete pods that were abandoned or released and that no run took over, and pods that were kept after their end. A pod with a valid lease stays. A running pod without a lease, or whose lease was never renewed, stays too: its deadline ends it"
  )
)
