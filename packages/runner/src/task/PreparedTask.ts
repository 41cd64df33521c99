/**
 * A task with what is made of it before a run: its pod, and the list of its inputs. Made once for
 * an attempt, and handed to all who need it: the record of an execution, the cache, the run. Reads
 * inputs; knows nothing of a cluster.
 */
import { type InputArchive, makeInputArchive } from "@podwright/file-sync"
import { buildPod, type PodPlan, taskValues } from "@podwright/spec-builder"
import { Effect, Exit, FileSystem, Scope } from "effect"
import { HttpClient } from "effect/http"
import { RunError } from "./RunError.ts"
import { Files, Spec } from "./RunReason.ts"
import type { TaskRequest } from "./TaskRequest.ts"

/** One attempt, ready to run once. */
export interface PreparedTask {
  readonly task: TaskRequest
  readonly plan: PodPlan
  /**
   * Lists the inputs when it is first asked, and gives the same archive from then on. Fails with
   * `Files`.
   */
  readonly inputs: Effect.Effect<InputArchive, RunError>
  /**
   * Frees what the inputs hold, such as fetched URLs. The run does it when it ends; the scope does
   * it otherwise.
   */
  readonly release: Effect.Effect<void>
}

const planOf = (task: TaskRequest): Effect.Effect<PodPlan, RunError> =>
  Effect.mapError(
    Effect.fromResult(buildPod(taskValues(task), task.runner)),
    (error) => new RunError({ operation: "PreparedTask.prepare", reason: new Spec({ error }) })
  )

/**
 * Builds the pod of a task. Fails with `Spec` where the task cannot make one; inputs are not looked
 * at before they are needed.
 */
export const prepareTask = Effect.fn("PreparedTask.prepare")(function* (
  task: TaskRequest
): Effect.fn.Return<PreparedTask, RunError, Scope.Scope | FileSystem.FileSystem | HttpClient.HttpClient> {
  const plan = yield* planOf(task)
  const scope = yield* Scope.fork(yield* Effect.scope)
  const inputs = yield* makeInputArchive(task.inputFiles).pipe(
    Effect.mapError((error) => new RunError({ operation: "PreparedTask.inputs", reason: new Files({ error }) })),
    Scope.provide(scope),
    Effect.provideService(FileSystem.FileSystem, yield* FileSystem.FileSystem),
    Effect.provideService(HttpClient.HttpClient, yield* HttpClient.HttpClient),
    Effect.cached
  )
  return { task, plan, inputs, release: Scope.close(scope, Exit.void) }
})
