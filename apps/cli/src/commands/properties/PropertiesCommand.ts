/** `podwright properties`: every property of the task runner, from the schema that files are read by. */
import type { PropertyReference } from "@podwright/spec-builder"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { writeStdout } from "../../ProcessOutput.ts"

const describe = ({ default: value, description, kind, name }: PropertyReference): string =>
  `${name} (${kind}${value === undefined ? "" : `, default ${value}`})\n    ${description}\n`

const flags = {
  output: Flag.Literals("output", ["text", "json-schema"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("text: name, type, default and meaning of each; json-schema: JSON Schema, for editors"),
    Flag.withDefault("text")
  )
}

export const properties = Command.make(
  "properties",
  flags,
  Effect.fn("cli.properties")(function* ({ output }) {
    // Loaded here, as for `render`.
    const { runnerJsonSchema, runnerReference } = yield* Effect.promise(() => import("@podwright/spec-builder"))
    yield* writeStdout(
      output === "text" ? runnerReference().map(describe).join("") : `${JSON.stringify(runnerJsonSchema(), null, 2)}\n`
    )
  })
).pipe(Command.withDescription("List the properties of the task runner (`runner`, in flows `taskRunner`)"))
