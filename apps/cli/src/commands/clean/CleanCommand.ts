/**
 * What `podwright clean` does once its flags are read: cleans a namespace or all, and reports
 * what became of each pod.
 */
import { KubeConnection, kubeLayer } from "@podwright/k8s-io"
import { accessAdvice, type CleanedPod, cleanPods } from "@podwright/runner"
import { Duration, Effect, Option, Stream } from "effect"
import { CommandExit } from "../../CommandExit.ts"
import { BAD_INPUT, PLATFORM } from "../../ExitCode.ts"
import { writeStderr, writeStdout } from "../../ProcessOutput.ts"
import { withServerNotices } from "../../report/ServerNotices.ts"
import { reportError, reportNote } from "../../report/TextReport.ts"
import { connectionOptions } from "../ConnectionFlags.ts"
import { cleanedLine, cleaningJson } from "./CleanReport.ts"

/** The flags of the command, as given. */
export interface CleanFlags {
  readonly namespace: Option.Option<string>
  readonly allNamespaces: boolean
  readonly olderThan: Duration.Duration
  readonly dryRun: boolean
  readonly output: "text" | "json"
  readonly kubeconfig: Option.Option<string>
  readonly context: Option.Option<string>
}

export const cleanCommand = Effect.fnUntraced(function* (flags: CleanFlags) {
  if (flags.allNamespaces && Option.isSome(flags.namespace)) {
    yield* writeStderr(reportError(["give --namespace or --all-namespaces, not both"]).text)
    return yield* new CommandExit({ code: BAD_INPUT })
  }
  const { dryRun } = flags
  const olderThanMs = Duration.toMillis(flags.olderThan)
  const pods: Array<CleanedPod> = []
  let namespace = Option.getOrUndefined(flags.namespace)

  const problem = yield* Effect.gen(function* () {
    if (!flags.allNamespaces) namespace ??= (yield* KubeConnection).namespace
    yield* Stream.runForEach(cleanPods({ namespace, olderThanMs, dryRun }), (pod) => {
      pods.push(pod)
      return flags.output === "text" ? writeStdout(cleanedLine(pod)) : Effect.void
    })
  }).pipe(
    withServerNotices,
    Effect.as(undefined),
    Effect.provide(kubeLayer(connectionOptions(flags))),
    Effect.catchTag("KubeError", (error) => Effect.succeed(`${error.message}${accessAdvice(error)}`))
  )

  if (flags.output === "json") {
    yield* writeStdout(`${JSON.stringify(cleaningJson({ namespace, dryRun, olderThanMs, pods, problem }), null, 2)}\n`)
  }
  if (problem !== undefined) yield* writeStderr(reportError([problem]).text)
  else if (flags.output === "text" && pods.length === 0) {
    const where = namespace === undefined ? "any namespace" : `namespace ${namespace}`
    yield* writeStderr(reportNote([`no pods of podwright were found in ${where}`]).text)
  }
  if (problem !== undefined || pods.some(({ _tag }) => _tag === "Failed")) {
    return yield* new CommandExit({ code: PLATFORM })
  }
})
