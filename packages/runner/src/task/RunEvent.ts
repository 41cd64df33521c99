/**
 * Everything a run tells while it goes on, as one tagged union: what the CLI prints, the server
 * streams, tests assert and telemetry counts. `at` is milliseconds since the epoch by this
 * process's clock.
 */
import { LogCursor } from "@podwright/file-sync"
import { Schema } from "effect"
import { Diagnosis } from "../diagnosis/Diagnosis.ts"
import { LogEntry, LogOutputs } from "./LineValues.ts"
import { Metric } from "./Metric.ts"
import { RunPhase } from "./RunPhase.ts"
import { RunResult } from "./RunResult.ts"

/** The stream that a line was printed to. */
export const LogStream = Schema.Literals(["stdout", "stderr"])
export type LogStream = typeof LogStream.Type

/**
 * What a run reports while it goes: `at` is in milliseconds since 1970, by this machine's clock.
 */
export const RunEvent = Schema.TaggedUnion({
  /** The run reached a phase. */
  Phase: {
    at: Schema.Finite,
    phase: RunPhase,
    pod: Schema.String,
    /** Known from `scheduled` on. */
    node: Schema.optionalKey(Schema.String),
    /** A word on it, e.g. `1 file, 1024 bytes`. */
    detail: Schema.optionalKey(Schema.String)
  },
  /**
   * Lines of one of main's streams, in order, without their newlines. `cursor` stands behind the
   * last of them: given back in a `TaskRequest`, reading continues there. `ending` is there when
   * the last line does not end by a newline: it `continues` in the stream's next event, or the
   * stream has come to its `end`.
   */
  Log: {
    at: Schema.Finite,
    stream: LogStream,
    lines: Schema.Array(Schema.String),
    cursor: LogCursor,
    ending: Schema.optionalKey(Schema.Literals(["continues", "end"]))
  },
  /**
   * A line `::{json}::` that the command printed to hand values over; it is no line of the log.
   * `outputs` are those it names, `metrics` and `logs` those it lists. `cursor` stands behind it,
   * as behind the lines of a `Log` event.
   */
  Values: {
    at: Schema.Finite,
    stream: LogStream,
    cursor: LogCursor,
    outputs: LogOutputs,
    metrics: Schema.Array(Metric),
    logs: Schema.Array(LogEntry)
  },
  /**
   * Lines of the log are missing here, or may be. Only `logs: kubelet` has gaps. `after` and
   * `before` are the times of the lines around it, null where there is none; `cause` as `LogGap` of
   * file-sync explains it.
   */
  LogGap: {
    at: Schema.Finite,
    after: Schema.NullOr(Schema.String),
    before: Schema.NullOr(Schema.String),
    cause: Schema.Literals(["rotated", "overtaken", "unread"])
  },
  /**
   * Files are on their way: at most twice a second, not told of what is over sooner. `bytes` are of
   * the archive that carries them; they and `files` begin at 0 again when a transfer starts over.
   * The totals are absent for outputs, which are packed while they are sent.
   */
  Progress: {
    at: Schema.Finite,
    direction: Schema.Literals(["inputs", "outputs"]),
    bytes: Schema.Finite,
    totalBytes: Schema.optionalKey(Schema.Finite),
    files: Schema.Finite,
    totalFiles: Schema.optionalKey(Schema.Finite),
    bytesPerSecond: Schema.Finite
  },
  /**
   * An attempt has not succeeded, for this reason, and another follows after the delay: the
   * `attempt`th, counted from 1, with those ids. Its delay is of the task's `retry`, or of the
   * budget for failures of the infrastructure.
   */
  Retrying: {
    at: Schema.Finite,
    attempt: Schema.Int,
    executionId: Schema.String,
    taskRunId: Schema.String,
    delayMs: Schema.Finite,
    budget: Schema.Literals(["retry", "infrastructure"]),
    why: Schema.String
  },
  /**
   * Nothing runs: an equal task has succeeded, and its result is used again. `storedAt` in ms since
   * the epoch.
   */
  Cached: {
    at: Schema.Finite,
    /** `taskCache`: an equal task's; `execution`: this very task's, done by an earlier process. */
    by: Schema.Literals(["taskCache", "execution"]),
    storedAt: Schema.Finite,
    executionId: Schema.String,
    taskRunId: Schema.String,
    /** By `taskCache`: host and port of the API server, or `embedded`, that the pod ran on. */
    cluster: Schema.optionalKey(Schema.String),
    namespace: Schema.String,
    pod: Schema.String
  },
  /**
   * Scheduler or kubelet say something about the pod; `count` is raised when they say it again.
   * Told as it is heard, by who may read events (`Access` of k8s-io), and lost where a watch is:
   * nothing is decided by it.
   */
  PodEvent: {
    at: Schema.Finite,
    /** `Normal` or `Warning`. */
    type: Schema.String,
    /**
     * Kubernetes' word for it: `Scheduled`, `Pulling`, `Pulled` (with time and size in the
     * message), `BackOff`, `Started`, …
     */
    reason: Schema.String,
    message: Schema.String,
    count: Schema.Finite,
    container: Schema.optionalKey(Schema.String)
  },
  /** Something stands in the way and may pass. */
  Waiting: { at: Schema.Finite, diagnosis: Diagnosis },
  /** Something went wrong that the run survives. */
  Warning: { at: Schema.Finite, message: Schema.String },
  /** The last event of a run that produced a result. */
  Finished: { at: Schema.Finite, result: RunResult }
})
export type RunEvent = typeof RunEvent.Type
