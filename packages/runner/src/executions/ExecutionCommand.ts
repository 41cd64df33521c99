/** Runs a command in a task's pod, beside its driver. Speaks to the pod through `Exec` alone. */
import { Exec, type ExecOutput, KubeError, type Pod } from "@podwright/k8s-io"
import { Effect, Stream } from "effect"

/** What is run, and who hears of it. */
export interface PodCommand {
  /** argv, no shell in between. */
  readonly command: ReadonlyArray<string>
  readonly container: string
  /** Awaited: a slow listener holds the socket back. */
  readonly onOutput: (output: ExecOutput) => Effect.Effect<void>
}

/** Gives the command's exit code. Nothing is sent to its stdin. It continues when this is interrupted. */
export const runInPod = Effect.fn("ExecutionCommand.run")(function* (
  { metadata: { name, namespace } }: Pod,
  { command, container, onOutput }: PodCommand
): Effect.fn.Return<number, KubeError, Exec> {
  const exec = yield* Exec
  const run = Effect.gen(function* () {
    const channel = yield* exec.open({ namespace, pod: name, container, command })
    yield* channel.closeStdin
    yield* Stream.runForEach(channel.output, onOutput)
    return yield* channel.outcome
  })
  const outcome = yield* Effect.scoped(run)
  if (outcome._tag === "Exited") return outcome.code
  if (outcome._tag === "Failed") return yield* outcome.error
  const detail = outcome._tag === "Lost" ? outcome.detail : "it was closed from here"
  const subject = { namespace, name, container }
  return yield* new KubeError({ operation: "Exec.output", subject, reason: { _tag: "Cut", detail } })
})
