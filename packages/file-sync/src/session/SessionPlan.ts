/**
 * What one session in a helper container is to do. Pure data: `SessionAttempt.ts` builds and
 * carries it out, `SessionScript.ts` turns it into argv.
 */
import type { OutputSelection } from "../outputs/OutputPattern.ts"
import type { PieceCompression } from "../pieces/Piece.ts"

/**
 * Bytes of each of main's two streams that have been read. A later session or process continues
 * from here.
 */
export interface VolumeOffsets {
  readonly stdout: number
  readonly stderr: number
}

/** The offsets of a log of which nothing has been read. */
export const logStart: VolumeOffsets = { stdout: 0, stderr: 0 }

/**
 * - `follow`: stream main's output until its exit file appears.
 * - `final`: main's container has ended; read the log that exists and do not wait for an exit file.
 * - `none`: the log is read elsewhere (`pods/log`).
 */
export type SessionLog = "follow" | "final" | "none"

/** Everything that the script of one session is told. */
export interface SessionPlan {
  /**
   * Where the shared volume is mounted in the helper, e.g. `/podwright`; a path without spaces or
   * quotes.
   */
  readonly volumeRoot: string
  /** The pod's uid, held against the helper's `PODWRIGHT_POD_UID`. */
  readonly podUid: string
  /** The helper container the session runs in. */
  readonly container: string
  /**
   * Bytes of the input archive, 0 to open the gate without files; undefined when another session
   * delivers the inputs.
   */
  readonly inputBytes: number | undefined
  readonly log: SessionLog
  readonly compression: PieceCompression
  /** Execs that carry the inputs at once. */
  readonly streams: 1 | 2
  readonly cursor: VolumeOffsets
  /**
   * What to collect from the working folder, besides all of the output folder; undefined for no
   * files.
   */
  readonly outputs: OutputSelection | undefined
}
