/**
 * Why a run has no result: one tagged class per kind, with the facts a program needs to react. The
 * door exports them as a namespace, so that they read `RunReason.TimedOut`. Plain data;
 * `RunError.ts` puts them into words.
 */
import { FileSyncError } from "@podwright/file-sync"
import { KubeError } from "@podwright/k8s-io"
import { SpecError } from "@podwright/spec-builder"
import { Schema } from "effect"
import { Diagnosis } from "../diagnosis/Diagnosis.ts"
import { ClockStage } from "./ClockStage.ts"
import { SkippedOutput } from "./RunResult.ts"

/** The task's values cannot make a pod. Nothing was created. */
export class Spec extends Schema.TaggedClass<Spec>()("Spec", { error: SpecError }) {}

const LogSource = Schema.Literals(["volume", "kubelet"])

/**
 * The cursor given belongs to another kind of log than the pod has, for example after `logs` was
 * changed.
 */
export class CursorMismatch extends Schema.TaggedClass<CursorMismatch>()("CursorMismatch", {
  given: LogSource,
  expected: LogSource
}) {}

/** Inputs cannot be read, or files cannot be moved. */
export class Files extends Schema.TaggedClass<Files>()("Files", { error: FileSyncError }) {}

/** The API server refused a request, or could not be reached. */
export class Kube extends Schema.TaggedClass<Kube>()("Kube", { error: KubeError }) {}

/** A pod of this run's name exists, and this run neither created it nor may take it over. */
export class PodExists extends Schema.TaggedClass<PodExists>()("PodExists", {
  pod: Schema.String,
  /** Whose pod it is, in words that continue "already exists". */
  owner: Schema.String
}) {}

/**
 * The pod of this task run was created from another spec, and the runner's `onSpecChange` is
 * `fail`.
 */
export class SpecChanged extends Schema.TaggedClass<SpecChanged>()("SpecChanged", {
  pod: Schema.String,
  /** Whose pod it is, in words that continue "already exists". */
  owner: Schema.String
}) {}

/**
 * Another driver has the pod of this task run, and has shown that it lives by renewing its lease.
 */
export class LeaseHeld extends Schema.TaggedClass<LeaseHeld>()("LeaseHeld", {
  pod: Schema.String,
  /** `HOST/PID/ID`. */
  holder: Schema.String
}) {}

/**
 * Another driver has taken the pod over. The command continues there; this run has nothing more to
 * do with it.
 */
export class LeaseLost extends Schema.TaggedClass<LeaseLost>()("LeaseLost", {
  pod: Schema.String,
  /** `HOST/PID/ID`. */
  holder: Schema.String
}) {}

/** An execution that is asked for has no pod on the cluster, or none of that task. */
export class NoSuchExecution extends Schema.TaggedClass<NoSuchExecution>()("NoSuchExecution", {
  executionId: Schema.String,
  /** Null: any task. */
  taskId: Schema.NullOr(Schema.String),
  /** Null: all namespaces. */
  namespace: Schema.NullOr(Schema.String)
}) {}

/** The driver was asked to leave its pod alone. */
export class Detached extends Schema.TaggedClass<Detached>()("Detached", {
  /** The pod that continues; null where none was created yet. */
  pod: Schema.NullOr(Schema.String)
}) {}

/** Somebody else asked, by the pod's annotation, that the run be cancelled (`podwright cancel`). */
export class Cancelled extends Schema.TaggedClass<Cancelled>()("Cancelled", {
  pod: Schema.String,
  /** `USER@HOST`. */
  by: Schema.String,
  /** ISO 8601. */
  at: Schema.String
}) {}

/** The pod cannot come to run, or ended without a result. */
export class PodFailed extends Schema.TaggedClass<PodFailed>()("PodFailed", { diagnosis: Diagnosis }) {}

/** A stage of the run took longer than its limit. */
export class TimedOut extends Schema.TaggedClass<TimedOut>()("TimedOut", {
  stage: ClockStage,
  /**
   * The option that sets the limit, or what the limit is on where no option sets it. For people.
   */
  limit: Schema.String,
  seconds: Schema.Finite,
  /** What the time went into. For people. */
  spentOn: Schema.String
}) {}

/**
 * The command succeeded, but what `outputFiles` names did not come back. `names` are all of these;
 * `skipped` says why those could not be taken that the command did write.
 */
export class OutputMissing extends Schema.TaggedClass<OutputMissing>()("OutputMissing", {
  names: Schema.Array(Schema.String),
  skipped: Schema.optionalKey(Schema.Array(SkippedOutput))
}) {}

/** Every reason; the type of `RunError["reason"]`. */
export const RunReason = Schema.Union([
  Spec,
  CursorMismatch,
  Files,
  Kube,
  PodExists,
  SpecChanged,
  LeaseHeld,
  LeaseLost,
  NoSuchExecution,
  Detached,
  Cancelled,
  PodFailed,
  TimedOut,
  OutputMissing
])
export type RunReason = typeof RunReason.Type
