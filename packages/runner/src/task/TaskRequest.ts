/**
 * One task to run: a `Task` of spec-builder with what only a run needs. `taskRequest` makes one
 * from as little as an image and its commands. Pure but for the ids that it draws.
 */
import { join } from "node:path"
import type { LogCursor } from "@podwright/file-sync"
import { makeTask, type Task, type TaskFields, type TaskIdentity } from "@podwright/spec-builder"
import { randomId } from "./RandomId.ts"

/** What `TaskRunner` runs. */
export interface TaskRequest extends Task {
  /** Local folder that outputs are put in; created when there are any. */
  readonly outputDirectory: string
  /**
   * Where an earlier driver of this task's pod has read the log to: the cursor of the last `Log` or
   * `Values` event it dealt with. Lines and values before it are not reported again (what becomes
   * of the values: `RunResult.outputs`). Absent for a log from its beginning.
   */
  readonly logCursor?: LogCursor
}

/** What a request is made of. Only `image` has no default. */
export interface TaskRequestFields extends Omit<TaskFields, "identity"> {
  /**
   * Names the run: the pod's name and labels follow from it. Default: `task` in namespace
   * `default`, with random ids. A run with the ids of an earlier one takes its pod over; other runs
   * must not share a `taskRunId`.
   */
  readonly identity?: Partial<TaskIdentity>
  /** Default: a folder of the execution's own below `.podwright` in the process's folder. */
  readonly outputDirectory?: string
  readonly logCursor?: LogCursor
}

/**
 * A task to run, with the defaults of the task file. Nothing is checked here: the run refuses what
 * cannot be run.
 *
 * @example
 * taskRequest({ image: "busybox", commands: ["echo Hello World"] })
 */
export const taskRequest = ({
  identity = {},
  logCursor,
  outputDirectory,
  ...fields
}: TaskRequestFields): TaskRequest => {
  const { executionId = randomId(), taskId = "task" } = identity
  const whole = { namespace: "default", flowId: taskId, taskRunId: randomId(), attempt: 0, ...identity }
  return {
    ...makeTask({ ...fields, identity: { ...whole, taskId, executionId } }),
    outputDirectory: outputDirectory ?? join(process.cwd(), ".podwright", executionId),
    ...(logCursor === undefined ? {} : { logCursor })
  }
}
