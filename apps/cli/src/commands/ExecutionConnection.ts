/** How every command about one execution reaches it: the connection, and what its failures print. */
import { KubeConnection, KubeError, kubeLayer } from "@podwright/k8s-io"
import { accessAdvice, Executions, type ExecutionTask, RunError } from "@podwright/runner"
import { Effect, Layer, Option } from "effect"
import { CommandExit } from "../CommandExit.ts"
import { exitCodeOfError } from "../ExitCode.ts"
import { writeStderr } from "../ProcessOutput.ts"
import { withServerNotices } from "../report/ServerNotices.ts"
import { reportError } from "../report/TextReport.ts"
import { connectionOptions } from "./ConnectionFlags.ts"

/** The flags of such a command, as given. */
export interface GivenExecution {
  readonly execution: string
  readonly task: Option.Option<string>
  readonly namespace: Option.Option<string>
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
}

/** The task that is meant; without a namespace, of the connection's. */
export const executionTask = ({ execution, namespace, task }: GivenExecution) =>
  Effect.map(
    KubeConnection,
    (connection): ExecutionTask => ({
      namespace: Option.getOrElse(namespace, () => connection.namespace),
      executionId: execution,
      taskId: Option.getOrUndefined(task)
    })
  )

/** Runs such a command on its connection; what fails is printed, and gives the exit code. */
export const withExecutions =
  (given: GivenExecution) =>
  <A, E, R>(command: Effect.Effect<A, E | RunError | KubeError, R>) =>
    command.pipe(
      withServerNotices,
      Effect.provide(Executions.layer.pipe(Layer.provideMerge(kubeLayer(connectionOptions(given))))),
      Effect.catchIf(
        (error) => error instanceof RunError || error instanceof KubeError,
        Effect.fnUntraced(function* (error) {
          const advice = error instanceof KubeError ? accessAdvice(error) : ""
          yield* writeStderr(reportError([`${error.message}${advice}`]).text)
          return yield* new CommandExit({ code: exitCodeOfError(error) })
        })
      )
    )
