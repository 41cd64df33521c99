/**
 * The one error of a run: a run that has no result because of the task as given, the platform or the time. A command
 * that ran and failed is no error but a `RunResult` with state `FAILED`.
 */
import { FileSyncError } from "@podwright/file-sync"
import { KubeError } from "@podwright/k8s-io"
import { SpecError } from "@podwright/spec-builder"
import { Schema } from "effect"
import { Diagnosis } from "./Diagnosis.ts"
import { RunFacts } from "./RunResult.ts"

/** The task's values cannot make a pod. */
export class Spec extends Schema.TaggedClass<Spec>()("Spec", { error: SpecError }) {}

/** The cursor given is not of the log that the pod has: another pod's, or of before `logs` was changed. */
export class CursorMismatch extends Schema.TaggedClass<CursorMismatch>()("CursorMismatch", {
  given: Schema.String,
  expected: Schema.String
}) {}

/** Inputs cannot be read, or files cannot be moved. */
export class Files extends Schema.TaggedClass<Files>()("Files", { error: FileSyncError }) {}

/** The API server refused or could not be reached. */
export class Kube extends Schema.TaggedClass<Kube>()("Kube", { error: KubeError }) {}

/** A pod of this run's name exists already, and this run did not make it. */
export class PodExists extends Schema.TaggedClass<PodExists>()("PodExists", {
  /** Whose it is, in words. */
  owner: Schema.String
}) {}

/** The pod will not come to run, or ended without a result. */
export class PodFailed extends Schema.TaggedClass<PodFailed>()("PodFailed", { diagnosis: Diagnosis }) {}

/** A clock ran out. */
export class TimedOut extends Schema.TaggedClass<TimedOut>()("TimedOut", {
  /** The option that sets the limit. */
  limit: Schema.String,
  seconds: Schema.Finite,
  /** What the time went into. */
  spentOn: Schema.String
}) {}

/** The command succeeded but did not write what `outputFiles` names. */
export class OutputMissing extends Schema.TaggedClass<OutputMissing>()("OutputMissing", {
  names: Schema.Array(Schema.String)
}) {}

export const RunReason = Schema.Union([
  Spec,
  CursorMismatch,
  Files,
  Kube,
  PodExists,
  PodFailed,
  TimedOut,
  OutputMissing
])
export type RunReason = typeof RunReason.Type

const explain = (reason: RunReason, pod: string | undefined): string => {
  switch (reason._tag) {
    case "Spec":
    case "Files":
    case "Kube":
      return reason.error.message
    case "CursorMismatch":
      return `logCursor is of a ${reason.given} log, and this pod's is a ${reason.expected} log; give none to read it from its beginning`
    case "PodExists":
      return `pod ${pod ?? ""} exists already, ${reason.owner}. Delete the pod, or use another run id`
    case "PodFailed":
      return `${reason.diagnosis.summary}. What to do: ${reason.diagnosis.remedy}`
    case "TimedOut":
      return `time is up: ${reason.limit} allows ${reason.seconds} s, spent on ${reason.spentOn}`
    case "OutputMissing":
      return `the command succeeded but did not write ${reason.names.map((name) => `'${name}'`).join(", ")} (outputFiles)`
  }
}

export class RunError extends Schema.TaggedError<RunError>()("RunError", {
  operation: Schema.String,
  reason: RunReason,
  /** What is known of the run; absent when it failed before there was a pod. */
  facts: Schema.optionalKey(RunFacts)
}) {
  override get message(): string {
    return explain(this.reason, this.facts?.pod)
  }

  /** Whether running the same task again may succeed. */
  get retryable(): boolean {
    switch (this.reason._tag) {
      case "Files":
      case "Kube":
        return this.reason.error.retryable
      case "PodFailed":
        return this.reason.diagnosis.kind === "transient"
      default:
        return false
    }
  }
}
