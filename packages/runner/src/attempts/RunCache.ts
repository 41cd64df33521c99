/**
 * Uses the result of an equal task again, as its `taskCache` asks for: a hit runs no pod. Only successes are kept. The cache
 * never makes a run fail: what goes wrong with it is a warning, and the task runs.
 */

import { hash } from "node:crypto"
import { makeInputArchive } from "@podwright/file-sync"
import { buildPod, canonicalJson, type TaskCacheProperties, taskValues } from "@podwright/spec-builder"
import { Clock, Duration, Effect, type FileSystem, Option, Result } from "effect"
import type { HttpClient } from "effect/http"
import type { RunError } from "../task/RunError.ts"
import { RunEvent } from "../task/RunEvent.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import { type CacheEntry, cacheStore } from "./CacheStore.ts"

export interface CachedTask<R = never> {
  /** The task as its first attempt has it. */
  readonly task: TaskRequest
  readonly cache: TaskCacheProperties
  /** Where results are kept; made when there is one to keep. Processes may share it. */
  readonly folder: string
  /**
   * Whether an earlier driver of this very task run has left a pod (`TaskRunner.hasEarlierPod`), which nobody else would take over or
   * remove: then the task runs, in that pod. Asked on a hit only; absent where there can be none.
   */
  readonly podLeft?: Effect.Effect<boolean, RunError, R>
  /** `Cached` and `Finished` on a hit, warnings of the cache itself. */
  readonly onEvent?: (event: RunEvent) => Effect.Effect<void>
}

/**
 * What decides a task's result, as one text: the pod's spec (image, commands, environment, resources, limits, our scripts in
 * it), where it runs, what comes back, and what the command finds. Undefined where a task cannot be known to be equal: it
 * continues an earlier driver's, or is wrong, which its run will say.
 */
const cacheKey = Effect.fnUntraced(function* (task: TaskRequest) {
  const once = task.inputFiles.some(({ source }) => source._tag === "Stdin")
  const plan = buildPod(taskValues(task), task.runner)
  if (once || task.logCursor !== undefined || Result.isFailure(plan)) return undefined
  const { config, namespace = null, syncWorkingDirectory } = task.runner
  const inputs = yield* Effect.option(Effect.flatMap(makeInputArchive(task.inputFiles), ({ digest }) => digest))
  if (Option.isNone(inputs)) return undefined
  const decides = {
    spec: plan.success.specHash,
    server: config?.masterUrl ?? null,
    namespace,
    outputFiles: [...task.outputFiles].sort(),
    syncWorkingDirectory,
    inputs: inputs.value
  }
  return hash("sha256", canonicalJson(decides))
}, Effect.scoped)

const restored = (entry: CacheEntry, outputFiles: RunResult["outputFiles"]): RunResult => {
  const { executionId, storedAt, taskRunId } = entry
  return { ...entry.result, outputFiles, timings: {}, cached: { storedAt, executionId, taskRunId } }
}

/**
 * The result of an equal task that has succeeded within `ttl`, its files put into the task's output folder; else what `run`
 * comes to, which is kept if it is a success with its whole log. Tasks are equal when image, commands, environment, every
 * other part of the pod's spec, wanted outputs and inputs (by content) are; an image's tag is taken for the image.
 *
 * Inputs that change while the task runs make its result nobody's: it is not kept. Nor is one whose input is stdin.
 */
export const runCached = Effect.fn("RunCache.run")(function* <E, R, R2 = never>(
  { cache, folder, onEvent: emit = () => Effect.void, podLeft = Effect.succeed(false), task }: CachedTask<R2>,
  run: Effect.Effect<RunResult, E, R>
): Effect.fn.Return<RunResult, E, R | R2 | FileSystem.FileSystem | HttpClient.HttpClient> {
  const key = cache.enabled ? yield* cacheKey(task) : undefined
  if (key === undefined) return yield* run
  const store = cacheStore(folder)
  const ttlMs = cache.ttl === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(cache.ttl)
  const warn = (message: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      emit(RunEvent.make({ _tag: "Warning", at, message: `cache: ${message}` }))
    )

  const isLeft = podLeft.pipe(
    Effect.catch(({ message }) =>
      Effect.as(warn(`whether an earlier driver has left a pod is not known, and it stays if so: ${message}`), false)
    )
  )
  const hit = yield* store.find(key, ttlMs).pipe(
    Effect.flatMap((found) =>
      Option.isNone(found)
        ? Effect.undefined
        : Effect.flatMap(isLeft, (left) =>
            left
              ? Effect.undefined
              : Effect.map(store.restore(found.value, task.outputDirectory), (files) => restored(found.value, files))
          )
    ),
    Effect.catch(({ message }) => Effect.as(warn(`${message}; the task runs`), undefined))
  )
  if (hit?.cached !== undefined) {
    const at = yield* Clock.currentTimeMillis
    yield* emit(RunEvent.make({ _tag: "Cached", at, by: "taskCache", ...hit.cached }))
    yield* emit({ _tag: "Finished", at, result: hit })
    return hit
  }

  const result = yield* run
  if (result.state !== "SUCCESS" || result.logGaps > 0) return result
  if ((yield* cacheKey(task)) !== key) {
    yield* warn("the inputs have changed while the task ran, so its result is not kept")
    return result
  }
  const last = result.attempts?.at(-1) ?? task.identity
  const { executionId, taskRunId } = last
  yield* store
    .keep({ key, executionId, taskRunId, result })
    .pipe(Effect.catch(({ message }) => warn(`${message}; the result is not kept`)))
  return result
})
