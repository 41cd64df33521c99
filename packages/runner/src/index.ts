/**
 * One task in one Kubernetes pod, from submit to result. Start with `TaskRunner` and `taskRequest`;
 * `@podwright/runner/plain` is the same with promises, `@podwright/runner/flow` runs whole files.
 */

// Running: the service, and the task it takes.

export { type RunOptions, type StopOptions, TaskRunner } from "./run/TaskRunner.ts"
export { type TaskRequest, type TaskRequestFields, taskRequest } from "./task/TaskRequest.ts"

// What a run reports: events while it continues, a result at its end, values that its command handed over.

export { ContainerFacts } from "./task/ContainerFacts.ts"
export { LogEntry, LogOutputs } from "./task/LineValues.ts"
export { Metric } from "./task/Metric.ts"
export { LogStream, RunEvent } from "./task/RunEvent.ts"
export { RunPhase } from "./task/RunPhase.ts"
export { placeByName, RunPlace } from "./task/RunPlace.ts"
export { CollectedFile, RunAttempt, RunFacts, RunResult } from "./task/RunResult.ts"
export { serverEvent } from "./task/ServerEvent.ts"

// Why a run has no result, or its command failed: `error.reason._tag` names a class of `RunReason`.

export { Diagnosis } from "./diagnosis/Diagnosis.ts"
export { DiagnosisCause } from "./diagnosis/DiagnosisCause.ts"
export { accessAdvice } from "./task/AccessAdvice.ts"
export { ClockStage } from "./task/ClockStage.ts"
export { RunError } from "./task/RunError.ts"
export * as RunReason from "./task/RunReason.ts"

// Several attempts, and results that are kept.

export { type CacheEntry, type CacheStore, cacheStoreIn } from "./attempts/CacheStore.ts"
export { type ExecutionRecord, executionRecord, type RecordedExecution } from "./attempts/ExecutionRecord.ts"
export { type ExecutionName, FinishedTask, type FinishedTasks, finishedTasksIn } from "./attempts/FinishedTasks.ts"
export { INFRASTRUCTURE_RETRIES, type InfrastructureRetries } from "./attempts/RetryPolicy.ts"
export { type CachedTask, runCached } from "./attempts/RunCache.ts"
export { type RetriedTask, runWithRetries } from "./attempts/RunRetries.ts"
export { StoreError } from "./attempts/StoreError.ts"
export { type PreparedTask, prepareTask } from "./task/PreparedTask.ts"

// Housekeeping: deletes pods that no driver comes back for.

export { type CleanedPod, type CleaningOptions, cleanPods } from "./claim/PodCleaning.ts"
export type { PodClaimed, PodForsaken } from "./claim/PodOrphan.ts"

// Executions from outside: which there are, whoever drives them.

export type { CancelledPod } from "./executions/ExecutionCancel.ts"
export { whoCancels } from "./executions/ExecutionCancel.ts"
export type { PodCommand } from "./executions/ExecutionCommand.ts"
export {
  type CancelledTask,
  type ExecutionSelection,
  Executions,
  type ExecutionTask,
  type TaskPodChange
} from "./executions/Executions.ts"
export type { TaskLogEnd, TaskLogOptions } from "./executions/TaskLog.ts"
export type { PodDriver, TaskPod, TaskPodState } from "./executions/TaskPod.ts"

// For measurements that imitate a run: how often one tries to open a session.

export { attemptDelay } from "./run/ExecBudget.ts"
