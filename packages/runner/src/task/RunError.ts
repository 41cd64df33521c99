/**
 * The one error of a run: a run that has no result because of the task as given, the platform or the time. A command
 * that ran and failed is no error but a `RunResult` with state `FAILED`.
 */
import { FileSyncError } from "@podwright/file-sync"
import { KubeError } from "@podwright/k8s-io"
import { SpecError } from "@podwright/spec-builder"
import { Schema } from "effect"
import { Diagnosis } from "../diagnosis/Diagnosis.ts"
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

/** The pod of this task run was made from another spec, and the runner's `onSpecChange` is `fail`. */
export class SpecChanged extends Schema.TaggedClass<SpecChanged>()("SpecChanged", { owner: Schema.String }) {}

/** Another driver has the pod of this task run, and has shown that it lives by renewing its lease. */
export class LeaseHeld extends Schema.TaggedClass<LeaseHeld>()("LeaseHeld", {
  /** `HOST/PID/WORD`. */
  holder: Schema.String
}) {}

/** Another driver has taken the pod over; it goes on there, and this run has nothing more to do with it. */
export class LeaseLost extends Schema.TaggedClass<LeaseLost>()("LeaseLost", { holder: Schema.String }) {}

/** The driver was asked to leave its pod alone; `pod` is false where there was none yet. */
export class Detached extends Schema.TaggedClass<Detached>()("Detached", { pod: Schema.Boolean }) {}

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
  SpecChanged,
  LeaseHeld,
  LeaseLost,
  Detached,
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
    case "SpecChanged":
      return `pod ${pod ?? ""} exists already, ${reason.owner}, and its spec is not what this task asks for. Run the task as it was, delete the pod, or set onSpecChange: replace`
    case "LeaseHeld":
      return `pod ${pod ?? ""} is driven by ${reason.holder} (host/process), which has just renewed its lease. Let it finish, or end that process: its pod can then be taken over`
    case "LeaseLost":
      return `pod ${pod ?? ""} has been taken over by ${reason.holder} (host/process), and goes on there`
    case "Detached":
      return reason.pod
        ? `detached: pod ${pod ?? ""} goes on. Run the same task run again to take it over`
        : "detached before there was a pod"
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
      case "Detached":
        return true
      default:
        return false
    }
  }
}
