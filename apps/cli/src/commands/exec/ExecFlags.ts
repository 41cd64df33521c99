/** `podwright exec EXECUTION -- COMMAND`: looks into a running task. */
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { executionFlags } from "../ExecutionFlags.ts"

const { execution, namespace, kubeconfig, context } = executionFlags

const flags = {
  execution,
  command: Argument.String("command").pipe(
    Argument.withDescription("Command and its arguments, after `--`; no shell is in between"),
    Argument.atLeast(1)
  ),
  task: Flag.String("task").pipe(
    Flag.withMetavar("ID"),
    Flag.withDescription("Task of the flow; default: the task whose pod is the newest"),
    Flag.optional
  ),
  container: Flag.String("container").pipe(
    Flag.withAlias("c"),
    Flag.withMetavar("NAME"),
    Flag.withDescription("Container of the pod; default: main, which runs the task"),
    Flag.withDefault("main")
  ),
  namespace,
  kubeconfig,
  context
}

export const exec = Command.make(
  "exec",
  flags,
  Effect.fn("cli.exec")(function* (given) {
    // Loaded here, as for `run`.
    const { execCommand } = yield* Effect.promise(() => import("./ExecCommand.ts"))
    yield* execCommand(given)
  })
).pipe(
  Command.withDescription(
    "Run a command in the pod of a running task, beside its driver, and end with the command's exit code. Nothing is sent to its stdin"
  )
)
