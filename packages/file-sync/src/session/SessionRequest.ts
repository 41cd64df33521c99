/**
 * What a session is asked for, what it tells on the way and what it gives. Types only; `PodSession.ts` carries it out.
 */
import type { Effect } from "effect"
import type { InputArchive } from "../inputs/InputArchive.ts"
import type { Interruption, LogEvent } from "../log/LogEvent.ts"
import type { OutputFiles } from "../outputs/OutputFiles.ts"
import type { OutputRequest } from "../outputs/OutputRequest.ts"
import type { PieceCompression } from "../pieces/Piece.ts"
import type { TransferProgress } from "../pieces/TransferProgress.ts"
import type { VolumeOffsets } from "./SessionPlan.ts"
import type { SessionExit } from "./SessionState.ts"

export type SessionEvent =
  /** The helper answered for the first time: its container runs. */
  | { readonly _tag: "Opened" }
  /** The gate is open, opened by this session or by one before it. `bytes` are the files', without the archive's headers. */
  | { readonly _tag: "InputsDelivered"; readonly bytes: number; readonly files: number }
  | LogEvent
  | TransferProgress
  | { readonly _tag: "Exited"; readonly exit: SessionExit }
  | Interruption

/**
 * - `leave`: another session is still to come.
 * - `sent`: the pod will be deleted, so the helper stays: should the driver die before, its successor gets everything again.
 * - `done`: the pod is kept, so the helper ends.
 */
export type SessionFarewell = "leave" | "sent" | "done"

export interface SessionRequest {
  readonly namespace: string
  readonly pod: string
  /** Which pod of that name; a session that is led into another ends before it has done anything, and is tried again. */
  readonly podUid: string
  readonly container: string
  readonly volumeRoot: string
  /** Undefined when another session delivers the inputs. An empty archive opens the gate. */
  readonly inputs: InputArchive | undefined
  /** How files travel, both ways; `none` when absent. */
  readonly compression?: PieceCompression
  /** Whether main's output is streamed from the volume. */
  readonly log: boolean
  /**
   * Where an earlier driver has told the log to, or `logStart`. What is before it is read all the same and told as `Replayed`:
   * the values that it carries are the run's.
   */
  readonly cursor: VolumeOffsets
  /** What to bring back, and the local folder it goes to. */
  readonly outputs: OutputRequest | undefined
  /** What becomes of the helper once this session is complete. */
  readonly farewell: (session: SessionResult) => SessionFarewell
  /** Completes when the kubelet reports main's end; then a missing exit file is not waited for any longer. */
  readonly mainEnded: Effect.Effect<void>
  /**
   * Asked when the API server says that the pod is not there, which one that lags behind the others says of pods that are; the
   * session ends with that error where it is true, and goes on where it is not.
   */
  readonly podIsGone: Effect.Effect<boolean>
  /** Waits before the next attempt; `failures` in a row since the helper last answered, 0 when the exec came too early. */
  readonly pause: (failures: number) => Effect.Effect<void>
  readonly onEvent: (event: SessionEvent) => Effect.Effect<void>
}

export interface SessionResult {
  /** Undefined when the session was not asked for the log. */
  readonly exit: SessionExit | undefined
  readonly files: OutputFiles
  /** Names that are not there. */
  readonly missing: ReadonlyArray<string>
}
