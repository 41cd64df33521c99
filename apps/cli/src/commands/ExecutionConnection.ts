/** How every command about one execution reaches it: the connection, and what its failures print. */
import { KubeConnection, kubeLayer } from "@podwright/k8s-io"
import { Executions, type ExecutionTask } from "@podwright/runner"
import { Effect, Layer, Option } from "effect"
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

/** The services of such a command. */
export const executionLayer = (given: GivenExecution) =>
  Executions.layer.pipe(Layer.provideMerge(kubeLayer(connectionOptions(given))))
