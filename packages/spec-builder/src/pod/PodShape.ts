/**
 * Which shape a task's pod has, and why. A pure decision; what the shapes look like is in
 * `PodBuilder.ts`.
 *
 * | command | files in or out | `logs` asked for | shape | logs |
 * | --- | --- | --- | --- | --- |
 * | commands | any | none, `volume` | gate | volume |
 * | commands | yes | `kubelet` | gate | kubelet |
 * | commands | no | `kubelet` | bare | kubelet |
 * | entrypoint | yes | none, `kubelet` | init | kubelet |
 * | entrypoint | no | none, `kubelet` | bare | kubelet |
 * | entrypoint | any | `volume` | refused | |
 */
import { Result } from "effect"
import type { LogSource } from "../task/TaskValues.ts"

export interface ShapeQuestion {
  /** `Commands` can be wrapped by a shell, `Entrypoint` cannot. */
  readonly command: "Commands" | "Entrypoint"
  readonly hasInputs: boolean
  readonly wantsOutputs: boolean
  /** What was asked for; undefined leaves it to the shape. */
  readonly logs: LogSource | undefined
}

/** A shape with its log source; only a gate can keep the log on the volume. */
export type PodShape = {
  /** One sentence. */
  readonly reason: string
} & (
  | { readonly shape: "gate"; readonly logs: LogSource }
  | { readonly shape: "init" | "bare"; readonly logs: "kubelet" }
)

const describeFiles = (question: ShapeQuestion): string =>
  question.hasInputs && question.wantsOutputs
    ? "files go in and out"
    : question.hasInputs
      ? "files go in"
      : "files come out"

/** Decides the shape; fails with a sentence when what is asked for cannot be had together. */
export const podShape = (question: ShapeQuestion): Result.Result<PodShape, string> => {
  const files = question.hasInputs || question.wantsOutputs
  if (question.command === "Commands") {
    if (question.logs !== "kubelet") {
      return Result.succeed({
        shape: "gate",
        logs: "volume",
        reason: "the task runs commands, so a gate in main can keep its output and exit code on the volume."
      })
    }
    return Result.succeed(
      files
        ? {
            shape: "gate",
            logs: "kubelet",
            reason: `the task runs commands and ${describeFiles(question)}, with its log read from the kubelet as asked.`
          }
        : {
            shape: "bare",
            logs: "kubelet",
            reason: "the log is read from the kubelet as asked and there are no files, so main needs nothing beside it."
          }
    )
  }
  if (question.logs === "volume") {
    return Result.fail(
      "logs: volume needs commands that a gate can wrap, and this task runs the image's entrypoint; use logs: kubelet"
    )
  }
  return Result.succeed(
    files
      ? {
          shape: "init",
          logs: "kubelet",
          reason: `the task runs an entrypoint that no gate can wrap, and ${describeFiles(question)}.`
        }
      : {
          shape: "bare",
          logs: "kubelet",
          reason: "the task runs an entrypoint that no gate can wrap, and there are no files."
        }
  )
}
