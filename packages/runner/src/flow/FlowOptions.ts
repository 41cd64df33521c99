/** How a file is run: what a caller may say, each with its default. */

import type { LogCursor } from "@podwright/file-sync"
import type { ExpressionScope } from "@podwright/task-file"
import type { Effect } from "effect"
import type { CacheStore } from "../attempts/CacheStore.ts"
import type { FinishedTasks } from "../attempts/FinishedTasks.ts"
import type { StopOptions } from "../run/TaskRunner.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import type { FlowEvent } from "./FlowEvent.ts"

/** How a file is run. Everything has a default: `runFlow(file)` runs a file without required inputs. */
export interface FlowOptions {
  /** Values of the file's inputs, as `resolveInputs` of task-file gives them. Default: none. */
  readonly inputs?: Readonly<Record<string, unknown>>
  /**
   * Folder for output files: those of a single task go there, those of several into folders by task
   * id. Default: a folder of the execution's own below `.podwright` in the process's folder.
   */
  readonly outputDirectory?: string | undefined
  /**
   * Names an execution that an earlier process may have begun, to continue it. Default: a new
   * execution.
   */
  readonly executionId?: string | undefined
  /**
   * Where an earlier process has read the log of the file's only task to: the cursor of the last
   * `Log` or `Values` event it dealt with. A file of several tasks is refused, as nothing says
   * whose log it is.
   */
  readonly logCursor?: LogCursor | undefined
  /**
   * Remembers which tasks of an execution are done until it ends. Default: nothing is remembered,
   * and a new process runs them again.
   */
  readonly finishedTasks?: FinishedTasks | undefined
  /**
   * Where results of tasks with `taskCache` are kept. Default: none are, and such a task runs with
   * a warning.
   */
  readonly cache?: CacheStore | undefined
  /**
   * `use`: results that are kept are used; `refresh`: every task runs, and its result is kept anew;
   * `ignore`: every task runs, and nothing is kept. Default: `use`.
   */
  readonly cacheMode?: "use" | "refresh" | "ignore" | undefined
  /**
   * Names the cluster in kept results where its address does not last, as an embedded one's. Default:
   * a cluster is known by its address and authority.
   */
  readonly clusterName?: string | undefined
  /**
   * How often a task is repeated whose pod was lost, preempted or evicted. Default: that of
   * `INFRASTRUCTURE_RETRIES`.
   */
  readonly infrastructureRetries?: number | undefined
  /**
   * Answers `secret('NAME')` of expressions; undefined where there is no secret of that name, or why
   * it cannot be given. Default: there is none.
   */
  readonly secret?: ExpressionScope["secret"]
  /**
   * Values of expressions from outside the file, by their first name, such as `trigger`, `envs` and
   * `globals`; `kv` is what `kv()` reads, and `vars` adds to the file's variables. Default: none.
   */
  readonly values?: Readonly<Record<string, unknown>> | undefined
  /**
   * When it completes, the pod of the task that runs is left to continue, and the flow ends.
   * Default: never.
   */
  readonly detach?: Effect.Effect<void>
  /** How a command is told to stop when the flow is interrupted, or the time of its task is up. */
  readonly stop?: StopOptions | undefined
  /** Receives every event in order. It is awaited, so a slow listener holds the log back, not memory. */
  readonly onEvent?: (event: FlowEvent | RunEvent) => Effect.Effect<void>
}
