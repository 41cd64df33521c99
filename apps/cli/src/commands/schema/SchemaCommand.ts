/** `podwright schema`: what task and flow files may hold, from the schemas that files are read by. */
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { writeStdout } from "../../ProcessOutput.ts"

const given = {
  kind: Argument.Literals("kind", ["task", "flow"]).pipe(
    Argument.withDescription("task: a file of a single task; flow: a file with `tasks`; absent: either"),
    Argument.optional
  ),
  output: Flag.Literals("output", ["json-schema", "markdown"]).pipe(
    Flag.withAlias("o"),
    Flag.withDescription("json-schema: JSON Schema, for editors; markdown: a page with every key of both kinds"),
    Flag.withDefault("json-schema")
  )
}

export const schema = Command.make(
  "schema",
  given,
  Effect.fn("cli.schema")(function* ({ kind, output }) {
    // Loaded here, as for `render`.
    const { fileJsonSchema, referencePage } = yield* Effect.promise(() => import("@podwright/task-file"))
    const json = () => JSON.stringify(fileJsonSchema(Option.getOrElse(kind, () => "any" as const)), null, 2)
    yield* writeStdout(output === "markdown" ? referencePage() : `${json()}\n`)
  })
).pipe(Command.withDescription("Print the JSON Schema of task and flow files, for editors"))
