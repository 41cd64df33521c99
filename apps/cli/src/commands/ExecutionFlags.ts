/** What every command about one execution is given: which one, and where. */
import { Argument, Flag } from "effect/cli"
import { connectionFlags } from "./ConnectionFlags.ts"
import { namespace } from "./NamespaceFlags.ts"

export const executionFlags = {
  execution: Argument.String("execution").pipe(
    Argument.withDescription("Id of the execution, which its run printed first and `podwright ps` lists")
  ),
  task: Argument.String("task").pipe(
    Argument.withDescription("Id of a task of the flow; default: the task whose pod is the newest"),
    Argument.optional
  ),
  namespace,
  ...connectionFlags
}

export const logCursor = Flag.String("cursor").pipe(
  Flag.withMetavar("JSON"),
  Flag.withDescription(
    "`cursor` of an event of --output ndjson: only what comes after it; default: from the beginning"
  ),
  Flag.optional
)
