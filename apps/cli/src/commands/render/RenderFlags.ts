/** `podwright render FILE`: the pods that a file's tasks would run in, as YAML, without a cluster. */
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { file, fileFlags } from "../FileFlags.ts"

const flags = {
  file,
  ...fileFlags,
  explain: Flag.Boolean("explain").pipe(
    Flag.withDescription("Add to every field a comment with the layer that set it and the value it overrode"),
    Flag.withDefault(false)
  )
}

export const render = Command.make(
  "render",
  flags,
  Effect.fn("cli.render")(function* (given) {
    // Loaded here: reading YAML and building pods is nothing that other commands' help needs.
    const { renderCommand } = yield* Effect.promise(() => import("./RenderCommand.ts"))
    yield* renderCommand(given)
  })
).pipe(
  Command.withDescription(
    "Print the pod of each task of a file as YAML for kubectl. Needs no cluster; equal files give equal pods"
  )
)
