/** What `podwright ps` does once its flags are read: lists the tasks on the cluster, or watches them. */
import { KubeConnection, kubeLayer } from "@podwright/k8s-io"
import { accessAdvice, Executions, type TaskPodChange } from "@podwright/runner"
import { Clock, Effect, Layer, Option, Stream } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT, PLATFORM } from "../../ExitCode.ts"
import { writeStderr, writeStdout } from "../../ProcessOutput.ts"
import { withServerNotices } from "../../report/ServerNotices.ts"
import { reportError, reportNote } from "../../report/TextReport.ts"
import { connectionOptions } from "../ConnectionFlags.ts"
import { podJson, podRow, podTable, type TableWidths } from "./PsReport.ts"

/** The flags of the command, as given. */
export interface PsFlags {
  readonly namespace: Option.Option<string>
  readonly allNamespaces: boolean
  readonly watch: boolean
  readonly output: "table" | "json"
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
}

const jsonLine = (value: object, space = 0) => writeStdout(`${JSON.stringify(value, null, space)}\n`)

const list = Effect.fnUntraced(function* (namespace: string | undefined, { allNamespaces, output }: PsFlags) {
  const executions = yield* Executions
  const pods = yield* executions.list({ namespace })
  const now = yield* Clock.currentTimeMillis
  if (output === "json") {
    return yield* jsonLine({ namespace: namespace ?? null, pods: pods.map((pod) => podJson(pod, now)) }, 2)
  }
  if (pods.length > 0) return yield* writeStdout(podTable(pods, now, allNamespaces).text)
  const where = namespace === undefined ? "any namespace" : `namespace ${namespace}`
  yield* writeStderr(reportNote([`no tasks are in ${where}`]).text)
})

const watch = Effect.fnUntraced(function* (namespace: string | undefined, { allNamespaces, output }: PsFlags) {
  const executions = yield* Executions
  let widths: TableWidths | undefined
  const print = Effect.fnUntraced(function* (changes: ReadonlyArray<TaskPodChange>) {
    const now = yield* Clock.currentTimeMillis
    if (output === "json") {
      for (const { _tag, pod } of changes) yield* jsonLine({ change: _tag, ...podJson(pod, now) })
      return
    }
    // A deleted pod keeps its last state, which its row would repeat: `deleted` is the news.
    const rows = changes.map(({ _tag, pod }) => (_tag === "Deleted" ? { ...pod, reason: "it was deleted" } : pod))
    if (widths !== undefined) {
      const known = widths
      return yield* writeStdout(rows.map((pod) => podRow(pod, now, allNamespaces, known)).join(""))
    }
    const table = podTable(rows, now, allNamespaces)
    widths = table.widths
    yield* writeStdout(table.text)
  })
  yield* Stream.runForEach(executions.watch({ namespace }), print)
})

export const psCommand = Effect.fnUntraced(function* (flags: PsFlags) {
  if (flags.allNamespaces && Option.isSome(flags.namespace)) {
    yield* writeStderr(reportError(["give --namespace or --all-namespaces, not both"]).text)
    return yield* new CommandExit({ code: BAD_INPUT })
  }
  const show = Effect.gen(function* () {
    const connection = yield* KubeConnection
    const namespace = flags.allNamespaces ? undefined : Option.getOrElse(flags.namespace, () => connection.namespace)
    yield* flags.watch ? watch(namespace, flags) : list(namespace, flags)
  })
  yield* show.pipe(
    withServerNotices,
    Effect.provide(Executions.layer.pipe(Layer.provideMerge(kubeLayer(connectionOptions(flags))))),
    Effect.catchTag("KubeError", (error) =>
      Effect.andThen(
        writeStderr(reportError([`${error.message}${accessAdvice(error)}`]).text),
        new CommandExit({ code: PLATFORM })
      )
    )
  )
})
