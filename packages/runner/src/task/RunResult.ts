/** What a run comes to: the answer a caller waits for, and what the CLI prints as JSON. */
import { Schema } from "effect"
import { Diagnosis } from "../diagnosis/Diagnosis.ts"
import { ContainerFacts } from "./ContainerFacts.ts"
import { LogOutputs } from "./LineValues.ts"
import { Metric } from "./Metric.ts"
import { RunPhase } from "./RunPhase.ts"

/** An output file that a run has fetched to this machine. */
export const CollectedFile = Schema.Struct({
  /**
   * Where it lies on this machine. A byte that is not UTF-8 is `\xHH`; `outputPath` of
   * `@podwright/file-sync` gives such a path's bytes.
   */
  path: Schema.String,
  bytes: Schema.Finite,
  sha256: Schema.String
})
export type CollectedFile = typeof CollectedFile.Type

/** One of several attempts at a task. */
export const RunAttempt = Schema.Struct({
  /** Its number, from 1. */
  attempt: Schema.Int,
  executionId: Schema.String,
  taskRunId: Schema.String,
  /** Null where none was made. */
  pod: Schema.NullOr(Schema.String),
  state: Schema.Literals(["SUCCESS", "WARNING", "FAILED", "TIMED_OUT", "ERROR"]),
  /** Why it did not succeed; null when it did. */
  why: Schema.NullOr(Schema.String)
})
export type RunAttempt = typeof RunAttempt.Type

/** What is known of a run at any moment, also when it ends in an error. */
export const RunFacts = Schema.Struct({
  /** The pod's name; null until it was created or taken over. */
  pod: Schema.NullOr(Schema.String),
  namespace: Schema.String,
  node: Schema.NullOr(Schema.String),
  /** Milliseconds from `submitted` to each phase that was reached. */
  timings: Schema.Record(RunPhase, Schema.optionalKey(Schema.Finite)),
  /** Containers by name. A quick run is over before the kubelet has told of all. */
  containers: Schema.Record(Schema.String, ContainerFacts),
  /** Lines delivered so far. */
  logLines: Schema.Struct({ stdout: Schema.Finite, stderr: Schema.Finite }),
  /** Places where lines are missing from the log, or may be. */
  logGaps: Schema.Finite,
  /**
   * Values that the command printed (`::{"outputs":{…}}::`), the last one of each name; also of a
   * command that failed. A run that continued from a `logCursor` reads what is before it for them;
   * with `logs: kubelet` it has those of the lines behind it only, as the `Values` events of the
   * earlier driver told the others. Where lines are missing (`logGaps`), so are theirs.
   */
  outputs: LogOutputs,
  /**
   * Counters and timers added up by name and tags, gauges by their last value; what is said of
   * `outputs` holds here, too.
   */
  metrics: Schema.Array(Metric),
  /**
   * Every attempt in order, this one last; absent where there was one only. All else is of the last
   * one.
   */
  attempts: Schema.optionalKey(Schema.Array(RunAttempt)),
  /**
   * Of a run that has no result: files that were collected of its command, which was told to stop as
   * its time was up.
   */
  outputFiles: Schema.optionalKey(Schema.Record(Schema.String, CollectedFile))
})
export type RunFacts = typeof RunFacts.Type

/** An output that could not be taken, and why. */
export const SkippedOutput = Schema.Struct({
  /** Relative to the working or the output folder. */
  name: Schema.String,
  /** A clause that begins with "it" or "the helper container". */
  reason: Schema.String
})
export type SkippedOutput = typeof SkippedOutput.Type

/**
 * How a run ended once its command had run, with its output files on this machine. A run that could
 * not run the command, or lost it, fails with a `RunError` instead.
 */
export const RunResult = Schema.Struct({
  ...RunFacts.fields,
  /** The pod's name. */
  pod: Schema.String,
  /**
   * `FAILED`: the command ran and ended with another code than 0. `WARNING`: it succeeded, but not
   * at the first attempt, and `warningOnRetry` is set; or, in a flow, it failed and `allowFailure` is set.
   */
  state: Schema.Literals(["SUCCESS", "WARNING", "FAILED"]),
  exitCode: Schema.Int,
  /**
   * Collected files by name, relative to the working or output folder; a byte that is not UTF-8 is
   * `\xHH`.
   */
  outputFiles: Schema.Record(Schema.String, CollectedFile),
  /**
   * Outputs that exist and could not be taken, such as links that lead out, fifos or what may not be
   * read; absent when there were none.
   */
  skipped: Schema.optionalKey(Schema.Array(SkippedOutput)),
  /**
   * There when nothing ran: this is the result of an equal task, by `taskCache`, or of this very
   * one, done by an earlier process of its execution. When it was kept, in ms since the epoch, whose
   * it was, and in which cluster by `taskCache`; pod, namespace, node and log lines are of that run.
   */
  cached: Schema.optionalKey(
    Schema.Struct({
      storedAt: Schema.Finite,
      executionId: Schema.String,
      taskRunId: Schema.String,
      cluster: Schema.optionalKey(Schema.String)
    })
  ),
  /** Why the command failed; null when it did not. */
  diagnosis: Schema.NullOr(Diagnosis)
})
export type RunResult = typeof RunResult.Type
