/** One task to run: values that are complete, with every expression rendered. Pure data. */
import type { InputFile, LogCursor } from "@podwright/file-sync"
import type { Commands, Entrypoint, RunnerProperties, TaskIdentity } from "@podwright/spec-builder"
import type { Duration } from "effect"

export interface TaskRequest {
  /** Who the task is. The pod's name and labels follow from it; two runs must not share a `taskRunId`. */
  readonly identity: TaskIdentity
  readonly image: string
  readonly command: Commands | Entrypoint
  readonly env: Readonly<Record<string, string>>
  /** Placed below WORKING_DIR before the command starts. */
  readonly inputFiles: ReadonlyArray<InputFile>
  /** Names and patterns below WORKING_DIR to bring back, besides everything below OUTPUT_DIR. */
  readonly outputFiles: ReadonlyArray<string>
  /** Local folder the outputs are put in; made when there are any. */
  readonly outputDirectory: string
  /** The task's own limit; takes precedence over `waitUntilCompletion`. */
  readonly timeout: Duration.Duration | undefined
  readonly runner: RunnerProperties
  /**
   * Where an earlier driver of this task's pod has read the log to: the cursor of the last `Log` or `Values` event it dealt
   * with. Lines and values before it are not told again (what becomes of the values: `RunResult.outputs`). Absent for a log from its beginning.
   */
  readonly logCursor?: LogCursor
}
