/**
 * A session's progress, and what each record of the helper asks of us. A pure reducer;
 * `SessionAttempt.ts` carries it out and moves the bytes.
 */
import type { VolumeOffsets } from "./SessionPlan.ts"
import type { SessionRecord } from "./SessionRecord.ts"

/** How main ended, as its gate recorded it. */
export interface SessionExit {
  /**
   * Main's exit code as its gate recorded it; undefined when main ended without one (killed with
   * its gate).
   */
  readonly code: number | undefined
  readonly stdoutBytes: number
  readonly stderrBytes: number
}

export interface SessionState {
  readonly exit: SessionExit | undefined
  /** Indexes of output names that do not exist. */
  readonly missing: ReadonlyArray<number>
  /** Complaints of the helper's tools about outputs that they could not read. */
  readonly unread: ReadonlyArray<string>
  /** The helper has said everything. */
  readonly ended: boolean
}

export const initialState: SessionState = {
  exit: undefined,
  missing: [],
  unread: [],
  ended: false
}

export type SessionAction =
  | { readonly _tag: "SendInputs" }
  /** Compare with what was sent; if it is the same, tell the helper to put it in place. */
  | { readonly _tag: "CheckInputs"; readonly sha256: string }
  | { readonly _tag: "GateOpen" }
  | { readonly _tag: "ReportExit"; readonly exit: SessionExit }
  | { readonly _tag: "StageOutputs"; readonly of: number | undefined }
  | { readonly _tag: "TakePiece"; readonly bytes: number }
  | { readonly _tag: "CheckOutputs"; readonly sha256: string }
  /** Everything is here: put the staged outputs in place. */
  | { readonly _tag: "CommitOutputs" }
  | { readonly _tag: "Fail"; readonly stage: string; readonly detail: string }
  | { readonly _tag: "None" }

const none: SessionAction = { _tag: "None" }

/** Outputs that may be unreadable: their names are kept in memory, and the pod is not trusted. */
const UNREAD_LIMIT = 10_000

/** The state after a record, and what the record asks of us. */
export const onRecord = (state: SessionState, record: SessionRecord): readonly [SessionState, SessionAction] => {
  switch (record._tag) {
    case "Send":
      return [state, { _tag: "SendInputs" }]
    case "Received":
      return [state, { _tag: "CheckInputs", sha256: record.sha256 }]
    case "Present":
    case "Ready":
      return [state, { _tag: "GateOpen" }]
    case "LogStart":
      return [state, none]
    case "Exit": {
      const { code, stdoutBytes, stderrBytes } = record
      const exit = { code, stdoutBytes, stderrBytes }
      return [
        { ...state, exit },
        { _tag: "ReportExit", exit }
      ]
    }
    case "Missing":
      return [{ ...state, missing: [...state.missing, record.index] }, none]
    case "Unread":
      if (state.unread.length === UNREAD_LIMIT)
        return [state, { _tag: "Fail", stage: "collect", detail: `it may not read more than ${UNREAD_LIMIT} outputs` }]
      return [{ ...state, unread: [...state.unread, record.complaint] }, none]
    case "ArchiveStart":
      return [state, { _tag: "StageOutputs", of: record.of }]
    case "Piece":
      return [state, { _tag: "TakePiece", bytes: record.bytes }]
    case "Digest":
      return [state, { _tag: "CheckOutputs", sha256: record.sha256 }]
    case "End":
      return [{ ...state, ended: true }, { _tag: "CommitOutputs" }]
    case "Failed":
      return [state, { _tag: "Fail", stage: record.stage, detail: record.detail }]
  }
}

/**
 * Whether the session is complete. Stderr travels on a channel of its own, which may lag behind the
 * records: the session is complete only when the cursor has reached the length that the exit record
 * gave.
 */
export const isComplete = (state: SessionState, cursor: VolumeOffsets): boolean =>
  state.ended && (state.exit === undefined || cursor.stderr >= state.exit.stderrBytes)
