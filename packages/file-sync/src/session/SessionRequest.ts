/**
 * What a session is asked for, what it reports meanwhile and what it returns. Types only;
 * `PodSession.ts` carries it out.
 */
import type { Effect } from "effect"
import type { InputArchive } from "../inputs/InputArchive.ts"
import type { Interruption, LogEvent } from "../log/LogEvent.ts"
import type { SkippedOutput } from "../outputs/OutputEntry.ts"
import type { OutputFiles, RenamedOutput } from "../outputs/OutputFile.ts"
import type { OutputRequest } from "../outputs/OutputRequest.ts"
import type { PieceCompression } from "../pieces/Piece.ts"
import type { TransferProgress } from "../pieces/TransferProgress.ts"
import type { VolumeOffsets } from "./SessionPlan.ts"
import type { SessionExit } from "./SessionState.ts"

/** What a session reports, in order. */
export type SessionEvent =
  /** The helper answered for the first time: its container runs. */
  | { readonly _tag: "Opened" }
  /**
   * The gate is open, opened by this session or by one before it. `bytes` are the files', without
   * the archive's headers.
   */
  | { readonly _tag: "InputsDelivered"; readonly bytes: number; readonly files: number; readonly leftOut: number }
  | LogEvent
  | TransferProgress
  | { readonly _tag: "Exited"; readonly exit: SessionExit }
  | Interruption

/**
 * - `leave`: another session is still to come.
 * - `sent`: the pod will be deleted, so the helper stays: if the driver dies before that, its
 *   successor gets everything again.
 * - `done`: the pod is kept, so the helper ends.
 */
export type SessionFarewell = "leave" | "sent" | "done"

/** Which container to exchange files and log with, what to move, and who hears of it. */
export interface SessionRequest {
  readonly namespace: string
  readonly pod: string
  /**
   * Which pod of that name; a session that reaches another one ends before it has done anything,
   * and is retried.
   */
  readonly podUid: string
  readonly container: string
  readonly volumeRoot: string
  /**
   * Undefined when another session delivers the inputs. An empty archive opens the gate without
   * files.
   */
  readonly inputs: InputArchive | undefined
  /** How files travel, both ways; `none` when absent. */
  readonly compression?: PieceCompression
  /** Whether main's output is streamed from the volume. */
  readonly log: boolean
  /**
   * How far an earlier driver has reported the log, or `logStart`. The lines before it are read as
   * well and reported as `Replayed`: the values that they carry are the run's.
   */
  readonly cursor: VolumeOffsets
  /** What to collect, and the local folder it is placed in; undefined for no files. */
  readonly outputs: OutputRequest | undefined
  /** What the helper does once this session is complete. */
  readonly farewell: (session: SessionResult) => SessionFarewell
  /**
   * Completes when the kubelet reports main's end; from then on the session waits no longer for an
   * exit file.
   */
  readonly mainEnded: Effect.Effect<void>
  /**
   * Asked when the API server says that the pod does not exist, which a lagging server also says of
   * pods that do. If the pod is gone, the session fails with that error, else it continues.
   */
  readonly podIsGone: Effect.Effect<boolean>
  /**
   * Waits before the next attempt. `failures` counts those in a row since the helper last answered;
   * 0 when the exec came before the container ran.
   */
  readonly pause: (failures: number) => Effect.Effect<void>
  readonly onEvent: (event: SessionEvent) => Effect.Effect<void>
}

/** What a completed session has brought. */
export interface SessionResult {
  /** Undefined when the session was not asked for the log. */
  readonly exit: SessionExit | undefined
  readonly files: OutputFiles
  /** Requested names that do not exist, or are `skipped`. */
  readonly missing: ReadonlyArray<string>
  /** Outputs that exist and could not be taken. */
  readonly skipped: ReadonlyArray<SkippedOutput>
  /** Outputs that came back under another name, because the output folder has one of theirs. */
  readonly renamed: ReadonlyArray<RenamedOutput>
  /** Outputs that came back and were written to meanwhile: a mixture, or with zeros at the end. */
  readonly changed: ReadonlyArray<string>
}
