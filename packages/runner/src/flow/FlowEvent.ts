/**
 * What a flow reports of its tasks, besides the events of their runs. For each task of the file
 * there is one of `TaskEnded`, `TaskFailed`, `TaskSkipped`, `TaskLeftOut` and `TaskNotReached`; all but
 * the last two follow a `TaskStarted`. Those of `errors` have none where nothing failed. Tasks run one after the other, so every `RunEvent` between a task's first
 * and last event is of that task.
 */
import { TaskFileError } from "@podwright/task-file"
import { Schema } from "effect"
import { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import { RunResult } from "../task/RunResult.ts"

/** `at` is in ms since the epoch; `task` is the task's id in the file. */
export const FlowEvent = Schema.TaggedUnion({
  /** The flow has come to the task. Its ids are those of the first attempt. */
  TaskStarted: { at: Schema.Finite, task: Schema.String, executionId: Schema.String, taskRunId: Schema.String },
  /** The task ran and has a result, which may be `FAILED`: then the tasks after it are not reached. */
  TaskEnded: { at: Schema.Finite, task: Schema.String, result: RunResult },
  /** The task has no result. The tasks after it are not reached, unless its `allowFailure` lets them be. */
  TaskFailed: { at: Schema.Finite, task: Schema.String, error: Schema.Union([RunError, TaskFileError]) },
  /**
   * The task did not run, as its result was known: an equal task's (`taskCache`), or this very
   * one's, by an earlier process of the execution (`execution`).
   */
  TaskSkipped: {
    at: Schema.Finite,
    task: Schema.String,
    by: Schema.Literals(["taskCache", "execution"]),
    result: RunResult
  },
  /** The flow came to the task and did not run it: it is `disabled`, or its `runIf` says no. */
  TaskLeftOut: { at: Schema.Finite, task: Schema.String, by: Schema.Literals(["disabled", "runIf"]) },
  /** The flow ended before it came to the task. */
  TaskNotReached: { at: Schema.Finite, task: Schema.String }
})
export type FlowEvent = typeof FlowEvent.Type

const TAGS: ReadonlySet<string> = new Set(Object.keys(FlowEvent.cases))

/** Tells the events of a flow from those of its tasks' runs. */
export const isFlowEvent = (event: FlowEvent | RunEvent): event is FlowEvent => TAGS.has(event._tag)
