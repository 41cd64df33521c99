/** `podwright doctor`: whether a run would work on a cluster, and what is missing. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { connectionFlags } from "../ConnectionFlags.ts"

const flags = {
  namespace: Flag.String("namespace").pipe(
    Flag.withAlias("n"),
    Flag.withMetavar("NAME"),
    Flag.withDescription("Where runs are to go; default: the namespace of the context"),
    Flag.optional
  ),
  ...connectionFlags,
  format: Flag.Literals("format", ["text", "json"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("text: for people; json: one object"),
    Flag.withDefault("text")
  )
}

export const doctor = Command.make(
  "doctor",
  flags,
  Effect.fn("cli.doctor")(function* (given) {
    // Loaded here, as for `run`.
    const { doctorCommand } = yield* Effect.promise(() => import("./DoctorCommand.ts"))
    yield* doctorCommand(given)
  })
).pipe(
  Command.withDescription(
    "Say whether a run would work: connection, server version, every permission, and the Role that would give what is missing. Ends with 0 only if a run would work. Changes nothing"
  )
)
