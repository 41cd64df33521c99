/**
 * The signals that a pod's worker gets, from the starts of its containers and from the node. Types
 * only.
 */
import type { Effect } from "effect"
import type { TerminatedState } from "../contract/PodStatus.ts"
import type { KubeletPod } from "./KubeletPod.ts"
import type { PodVerdict } from "./StatusFacts.ts"

/** A running container, with the means to end it. */
export interface ContainerInstance {
  readonly containerID: string
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
}

export type InstanceOutcome =
  | { readonly _tag: "Waits"; readonly reason: string; readonly message: string }
  | { readonly _tag: "Started"; readonly instance: ContainerInstance; readonly startedAt: string }
  | { readonly _tag: "Ended"; readonly end: TerminatedState }

export type PodSignal =
  | { readonly _tag: "Outcome"; readonly container: string; readonly outcome: InstanceOutcome }
  | { readonly _tag: "RestartDue"; readonly container: string }
  /** Nothing more is to come of an instance: it has ended, waits for good, or was not begun. */
  | { readonly _tag: "InstanceOver" }
  /** Deleted, with so many seconds to end by itself. */
  | { readonly _tag: "Deleted"; readonly graceSeconds: number }
  /** The object was deleted: nobody waits any more. */
  | { readonly _tag: "Gone" }
  /** Something ends the pod as a whole; `silent`: nothing more is reported of it. */
  | { readonly _tag: "Verdict"; readonly verdict: PodVerdict; readonly graceSeconds: number; readonly silent: boolean }
  | { readonly _tag: "GraceOver" }
  /**
   * One of its containers was asked to end by itself, and has had as long for it as the pod has.
   */
  | { readonly _tag: "ContainerGraceOver"; readonly instance: ContainerInstance }

/** What a container's start needs of its pod. */
export interface PodContext {
  readonly pod: KubeletPod
  readonly send: (signal: PodSignal) => Effect.Effect<void>
  /** Whether the pod has been told to end: nothing is to be started any more. */
  readonly isStopping: Effect.Effect<boolean>
  /** Completes when it is. */
  readonly stopping: Effect.Effect<void>
  readonly event: (
    container: string,
    reason: string,
    message: string,
    type?: "Normal" | "Warning"
  ) => Effect.Effect<void>
}
