/**
 * A manifest and what a driver must know to run it: a union by shape, so that what a shape lacks
 * cannot be asked for. Types alone; `PodBuilder.ts` makes the values.
 */
import type { LogSource } from "../task/TaskValues.ts"
import type { PodManifest } from "./PodManifest.ts"

/** What the plans of every shape have. */
interface PlannedPod {
  /** Why this shape, one sentence. */
  readonly reason: string
  readonly name: string
  readonly manifest: PodManifest
  /**
   * SHA-256 in hex over the canonical JSON of `manifest.spec`; also the annotation
   * `podwright.dev/spec-hash`.
   */
  readonly specHash: string
  /** The container that runs the task; its end is the run's end. */
  readonly mainContainer: "main"
}

/** Main alone: nothing delivers or collects files, and the kubelet serves the log. */
export interface BarePlan extends PlannedPod {
  readonly shape: "bare"
  readonly logs: "kubelet"
}

/** Main and helper start together; main waits at the gate until the helper has the input. */
export interface GatePlan extends PlannedPod {
  readonly shape: "gate"
  readonly logs: LogSource
  /** The container to exec in to deliver input. */
  readonly inputContainer: "files"
  /** The container to exec in to collect log and output; it stays until `run/done` appears. */
  readonly outputContainer: "files"
  /** Where main and helper mount the volume. */
  readonly volumeRoot: "/podwright"
}

/**
 * An init container waits for the input; main then runs unwrapped beside the helper, and the
 * kubelet serves its log.
 */
export interface InitPlan extends PlannedPod {
  readonly shape: "init"
  readonly logs: "kubelet"
  /** The container to exec in to deliver input; it ends when `run/ready` appears. */
  readonly inputContainer: "files-in"
  /** The container to exec in to collect output; it stays until `run/done` appears. */
  readonly outputContainer: "files"
  /** Where main and helpers mount the volume. */
  readonly volumeRoot: "/podwright"
}

/** A pod ready to be created, told apart by `shape`; only a gate can have `logs: "volume"`. */
export type PodPlan = BarePlan | GatePlan | InitPlan

/** How a pod is made; `PodShape.ts` decides. */
export type PodShapeName = PodPlan["shape"]
