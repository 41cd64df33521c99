/** What has come back from a pod, by name. Types only. */
import type { SkippedOutput } from "./OutputEntry.ts"

/** A collected file on this machine. */
export interface OutputFile {
  /**
   * Its path on this machine; absolute if the target folder is. Where it is not UTF-8, it has
   * escapes as names have them, and `outputPath` gives its bytes.
   */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/**
 * By name, relative to the working or the output folder; with `/` between folders. A byte that is
 * not UTF-8 is `\xHH` there (`ByteName.ts`).
 */
export type OutputFiles = Readonly<Record<string, OutputFile>>

/** A file of the working folder whose name one of the output folder has. */
export interface RenamedOutput {
  /** Its name in the working folder. */
  readonly name: string
  /** The name under which it came back. */
  readonly as: string
}

/** What has been moved into the target folder. */
export interface PlacedOutputs {
  /** Regular files, and links to them with the file's size and digest. */
  readonly files: OutputFiles
  /** Targets by the names of links that lead to nothing here. */
  readonly broken: ReadonlyMap<string, string>
  /** What could not be taken, in the order of its arrival. */
  readonly skipped: ReadonlyArray<SkippedOutput>
  /** Names of skipped entries of the working folder: those that were asked for by name are missing. */
  readonly lost: ReadonlySet<string>
  readonly renamed: ReadonlyArray<RenamedOutput>
}

/** What there is when nothing came. */
export const nothingPlaced: PlacedOutputs = {
  files: {},
  broken: new Map(),
  skipped: [],
  lost: new Set(),
  renamed: []
}
