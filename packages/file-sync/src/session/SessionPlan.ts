/**
 * What one session in a helper container is to do. Pure data: the runner makes it, `SessionScript.ts` turns it into
 * argv, `PodSession.ts` carries it out.
 */
import type { OutputSelection } from "../outputs/OutputPattern.ts"
import type { PieceCompression } from "../pieces/Piece.ts"

/** How far each of main's two streams has been taken, in bytes. A later session or process continues from here. */
export interface VolumeOffsets {
  readonly stdout: number
  readonly stderr: number
}

/** The offsets of a log of which nothing has been read. */
export const logStart: VolumeOffsets = { stdout: 0, stderr: 0 }

/**
 * - `follow`: stream main's output until its exit file appears.
 * - `final`: main's container has ended; take what is there and don't wait for an exit file.
 * - `none`: the log is read elsewhere (`pods/log`).
 */
export type SessionLog = "follow" | "final" | "none"

export interface SessionPlan {
  /** Where the shared volume is mounted in the helper, e.g. `/podwright`; a path without spaces or quotes. */
  readonly volumeRoot: string
  /** The pod's uid, held against the helper's `PODWRIGHT_POD_UID`. */
  readonly podUid: string
  /** The helper container the session runs in. */
  readonly container: string
  /** Bytes of the input archive, 0 to open the gate with no files; undefined when inputs are none of this session's. */
  readonly inputBytes: number | undefined
  readonly log: SessionLog
  readonly compression: PieceCompression
  /** Execs that the inputs go through at once. */
  readonly streams: 1 | 2
  readonly cursor: VolumeOffsets
  /** What to bring back from the working folder, with all of the output folder; undefined for no files. */
  readonly outputs: OutputSelection | undefined
}
