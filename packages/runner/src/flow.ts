/**
 * Runs whole files: the tasks of a flow one after the other, each in a pod of its own. An entry
 * point of its own, `@podwright/runner/flow`. Start with `runFlow`; `loadTaskFile` and
 * `resolveInputs` of `@podwright/task-file` give what it takes.
 */

// What outlives a process: which tasks are done, and results of tasks with `taskCache`. Each store
// is an interface, with one of files
export { type CacheEntry, type CacheStore, cacheStoreIn } from "./attempts/CacheStore.ts"
export { type ExecutionName, FinishedTask, type FinishedTasks, finishedTasksIn } from "./attempts/FinishedTasks.ts"
export { StoreError } from "./attempts/StoreError.ts"
// Running
export { type FlowError, type FlowResult, flowEnd, hasWarning, isFailure, type TaskEnd } from "./flow/FlowEnd.ts"
// What a flow reports, besides the `RunEvent`s of its tasks
export { FlowEvent, isFlowEvent } from "./flow/FlowEvent.ts"
export type { FlowOptions } from "./flow/FlowOptions.ts"
export { runFlow } from "./flow/FlowRunner.ts"
