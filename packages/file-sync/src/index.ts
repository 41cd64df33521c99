/**
 * Bytes in and out of a pod: verified files, and logs that continue where they were cut. Start with
 * `makeInputArchive` and `runSession`; it needs a pod's name and uid, and knows nothing else of it.
 */

// The one error, and its reasons by kind: `FileSyncReason.Lost`.
export { FileSyncError, isPodMissing } from "./FileSyncError.ts"
export * as FileSyncReason from "./FileSyncReason.ts"
// What goes into a pod: files, folders, URLs and stdin as one archive of a known length.
export { type InputArchive, makeInputArchive } from "./inputs/InputArchive.ts"
export { inputNameProblem } from "./inputs/InputName.ts"
// The log of a pod whose output does not go through the volume.
export { followKubeletLog, type KubeletLogRequest } from "./log/KubeletLog.ts"
// What either kind of log reports: lines with a cursor after them, gaps, interruptions, the end.
export {
  type Interruption,
  type KubeletCursor,
  LogCursor,
  type LogEvent,
  type LogGap,
  type ReportedLines
} from "./log/LogEvent.ts"
export { LINE_LIMIT, type LineEnding, type LogBatch, LogSplitter, VALUES_MARK } from "./log/LogLines.ts"
export { outputPath, outputPathIn, outputUrl } from "./names/ByteName.ts"
// What comes out of a pod: names and patterns to collect, limits, and the folder for them.
export type { SkippedOutput } from "./outputs/OutputEntry.ts"
export type { OutputFile, OutputFiles, PlacedOutputs, RenamedOutput } from "./outputs/OutputFile.ts"
export { type OutputLimits, outputLimits } from "./outputs/OutputLimits.ts"
export { type OutputSelection, outputSelection } from "./outputs/OutputPattern.ts"
export type { OutputRequest } from "./outputs/OutputRequest.ts"
export { makeOutputStaging, type OutputStaging, type UnpackOptions } from "./outputs/OutputStaging.ts"
export { checkOutputDirectory } from "./outputs/StagingFolder.ts"
// How transfers travel and how far they have come.
export type { PieceCompression } from "./pieces/Piece.ts"
export type { TransferProgress } from "./pieces/TransferProgress.ts"
// The exchange with a helper container: inputs in; log, exit code and outputs back, in one session.
export { runSession } from "./session/PodSession.ts"
export { logStart, type VolumeOffsets } from "./session/SessionPlan.ts"
export type { SessionEvent, SessionFarewell, SessionRequest, SessionResult } from "./session/SessionRequest.ts"
export type { SessionExit } from "./session/SessionState.ts"
// The log alone, beside whoever drives the pod.
export { readVolumeLog, type VolumeLogRequest } from "./session/VolumeLog.ts"
