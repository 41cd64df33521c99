/** `podwright doctor`: whether a run would work on a cluster, and what is missing. */

import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { connectionFlags } from "../ConnectionFlags.ts"
import { fileFlags } from "../FileFlags.ts"
import { namespaceName } from "../NamespaceFlags.ts"

const flags = {
  file: Argument.String("file").pipe(
    Argument.withDescription("Task or flow file (YAML) whose pods are tried; default: a small task"),
    Argument.optional
  ),
  ...fileFlags,
  namespace: namespaceName.pipe(
    Flag.withDescription("Namespace that runs would use; default: the namespace of the context"),
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
    "Check whether a run would work: connection, server version, every permission, and whether the namespace accepts the pods of the file's tasks, with the property to set where it does not. Prints the Role that would add missing permissions. The exit code is 0 only if a run would work. Changes nothing"
  )
)
