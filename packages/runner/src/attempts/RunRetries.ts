/**
 * Runs a task until it succeeds or `RetryPolicy.ts` gives up. Every attempt is a run of its own in
 * a pod of its own, named after its number; events report each, and the result or error says what
 * became of all of them.
 */
import type { RetryProperties, TaskIdentity } from "@podwright/spec-builder"
import { Clock, Duration, Effect, type FileSystem, Random, Result } from "effect"
import { type StopOptions, TaskRunner } from "../run/TaskRunner.ts"
import type { PreparedTask } from "../task/PreparedTask.ts"
import { randomId } from "../task/RandomId.ts"
import { RunError } from "../task/RunError.ts"
import { RunEvent } from "../task/RunEvent.ts"
import { Detached } from "../task/RunReason.ts"
import type { RunAttempt, RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { removeOutput } from "./OutputOnDisk.ts"
import { classifyFailure, decideRetry, INFRASTRUCTURE_RETRIES, type InfrastructureRetries } from "./RetryPolicy.ts"
import { warnTo } from "./Warnings.ts"

/** A task with the attempts that it may take. */
export interface RetriedTask<E, R> {
  /**
   * The first attempt. Later ones count its identity's `attempt` up, or get new ids where `retry`
   * starts new executions. Attempts that an earlier driver has made (`attempt` of this one) count
   * as the task's. Its `logCursor` is used for this attempt only.
   */
  readonly first: PreparedTask
  /** The task in another attempt: its expressions may know which, and the ids of its execution. */
  readonly request: (identity: TaskIdentity) => Effect.Effect<TaskRequest, E, R>
  /** Absent: only failures of the infrastructure are repeated. */
  readonly retry: RetryProperties | undefined
  /** Default: `INFRASTRUCTURE_RETRIES`. */
  readonly infrastructure?: InfrastructureRetries
  /**
   * Whether an earlier driver may have begun this very task run: then its attempts are looked for
   * first.
   */
  readonly resumes?: boolean
  /** As for `TaskRunner.run`; between two attempts there is no pod to leave. */
  readonly detach?: Effect.Effect<void>
  /** As for `TaskRunner.run`, for every attempt. */
  readonly stop?: StopOptions
  /** As for `TaskRunner.run`, for the first attempt; each later one waits for the pod of the one before it. */
  readonly after?: Effect.Effect<void>
  /** As for `TaskRunner.run`; `Finished` is reported once, for the last attempt. */
  readonly onEvent?: (event: RunEvent) => Effect.Effect<void>
}

type Ended = Result.Result<RunResult, RunError>

const stateOf = (error: RunError): RunAttempt["state"] => (error.reason._tag === "TimedOut" ? "TIMED_OUT" : "ERROR")

const recordOf = (ended: Ended, number: number, { executionId, taskRunId }: TaskIdentity): RunAttempt => {
  const ids = { attempt: number, executionId, taskRunId }
  return Result.match(ended, {
    onSuccess: ({ diagnosis, pod, state }) => ({ ...ids, pod, state, why: diagnosis?.summary ?? null }),
    onFailure: (error) => ({ ...ids, pod: error.facts?.pod ?? null, state: stateOf(error), why: error.message })
  })
}

const nextIdentity = (identity: TaskIdentity, newExecution: boolean): TaskIdentity =>
  newExecution
    ? { ...identity, executionId: randomId(), taskRunId: randomId(), attempt: 0 }
    : { ...identity, attempt: identity.attempt + 1 }

/** For the attempts after the first, whose logs are read from the beginning. */
const withoutCursor = ({ logCursor: _, ...request }: TaskRequest): TaskRequest => request

/** With all attempts, where there were several. */
const withAttempts = (ended: Ended, attempts: ReadonlyArray<RunAttempt>): Ended => {
  if (attempts.length < 2) return ended
  return ended.pipe(
    Result.map((result) => ({ ...result, attempts })),
    Result.mapError((error) =>
      error.facts === undefined ? error : error.with({ facts: { ...error.facts, attempts } })
    )
  )
}

/**
 * Runs the task, and again as long as it fails and may be retried; an attempt has its pod only when
 * that of the one before it is gone. Succeeds with the last attempt's
 * result, which is a `WARNING` where `warningOnRetry` asks for it; fails with its error. Errors of
 * `request` and interruption end it at once.
 *
 * Files that a failed attempt has brought back are removed before the next one, so that what lies
 * in the output folder is one attempt's.
 */
export const runWithRetries = Effect.fn("RunRetries.run")(function* <E, R>(
  task: RetriedTask<E, R>
): Effect.fn.Return<RunResult, RunError | E, TaskRunner | FileSystem.FileSystem | R> {
  const runner = yield* TaskRunner
  const { infrastructure = INFRASTRUCTURE_RETRIES, onEvent: emit = () => Effect.void, retry } = task
  const firstStartedAt = yield* Clock.currentTimeMillis
  const attempts: Array<RunAttempt> = []
  let prepared: PreparedTask | undefined = task.first
  let request: TaskRequest = prepared.task
  if (task.resumes === true) {
    const attempt = yield* runner.earlierAttempt(request, emit)
    if (attempt !== undefined && attempt > request.identity.attempt) {
      yield* prepared.release
      prepared = undefined
      request = yield* task.request({ ...request.identity, attempt })
    }
  }
  const before = request.identity.attempt
  const detach = task.detach ?? Effect.never
  const { stop = {} } = task
  let after = task.after ?? Effect.void
  let infrastructureRetries = 0
  const warn = warnTo(emit)
  const emitOwn = (event: RunEvent) => (event._tag === "Finished" ? Effect.void : emit(event))

  const removeFiles = ({ outputFiles }: RunResult) =>
    Effect.forEach(
      Object.values(outputFiles),
      ({ path }) =>
        removeOutput(path).pipe(
          Effect.catch((error) => warn(`an output of the failed attempt cannot be removed: ${error.message}`))
        ),
      { discard: true }
    )

  while (true) {
    const how = { detach, stop, after }
    const ended: Ended = yield* Effect.result(
      prepared === undefined ? runner.run(request, emitOwn, how) : runner.runPrepared(prepared, emitOwn, how)
    )
    prepared = undefined
    after = runner.removals(request.identity.executionId)
    const record = recordOf(ended, before + attempts.length + 1, request.identity)
    attempts.push(record)
    const own = before + attempts.length - infrastructureRetries
    const succeeded = Result.isSuccess(ended) && ended.success.state !== "FAILED"
    const lastEndedAt = yield* Clock.currentTimeMillis
    const decision = succeeded
      ? undefined
      : decideRetry(
          Result.isSuccess(ended) ? "failure" : classifyFailure(ended.failure),
          { attempts: own, infrastructureRetries, firstStartedAt, lastEndedAt },
          retry,
          infrastructure,
          yield* Random.next
        )
    if (decision?._tag !== "Retry") {
      if (decision?.why !== undefined) {
        yield* emit(RunEvent.make({ _tag: "Warning", at: lastEndedAt, message: `not retried: ${decision.why}` }))
      }
      const result = yield* Effect.fromResult(withAttempts(ended, attempts))
      const warning = succeeded && own > 1 && retry?.warningOnRetry === true
      const final: RunResult = warning ? { ...result, state: "WARNING" } : result
      yield* emit({ _tag: "Finished", at: lastEndedAt, result: final })
      return final
    }
    if (Result.isSuccess(ended)) yield* removeFiles(ended.success)
    const { budget, delayMs } = decision
    if (budget === "infrastructure") infrastructureRetries += 1
    const newExecution = budget === "retry" && retry?.behavior === "CREATE_NEW_EXECUTION"
    const identity = nextIdentity(request.identity, newExecution)
    yield* emit(
      RunEvent.make({
        _tag: "Retrying",
        at: lastEndedAt,
        attempt: before + attempts.length + 1,
        executionId: identity.executionId,
        taskRunId: identity.taskRunId,
        delayMs,
        budget,
        why: record.why ?? ""
      })
    )
    yield* Effect.raceFirst(
      Effect.sleep(Duration.millis(delayMs)),
      Effect.andThen(detach, new RunError({ operation: "RunRetries.run", reason: new Detached({ pod: null }) }))
    )
    request = withoutCursor(yield* task.request(identity))
  }
})
