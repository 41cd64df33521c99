/**
 * Uses the result of an equal task again, as its `taskCache` asks for: a hit runs no pod. Only
 * successes are kept. The cache never makes a run fail: what goes wrong with it is a warning, and
 * the task runs.
 */
import { hash } from "node:crypto"
import { makeInputArchive } from "@podwright/file-sync"
import { canonicalJson, type TaskCacheProperties } from "@podwright/spec-builder"
import { Clock, Duration, Effect, type FileSystem, Option } from "effect"
import type { HttpClient } from "effect/http"
import type { PreparedTask } from "../task/PreparedTask.ts"
import type { RunError } from "../task/RunError.ts"
import { RunEvent } from "../task/RunEvent.ts"
import type { RunPlace } from "../task/RunPlace.ts"
import type { RunResult } from "../task/RunResult.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import type { CacheEntry, CacheStore } from "./CacheStore.ts"
import { warnTo } from "./Warnings.ts"

/** A task whose result may come from an earlier run of an equal task. */
export interface CachedTask<R = never> {
  /** The task as its first attempt has it. Its inputs are read here, and by the run once more. */
  readonly prepared: PreparedTask
  readonly cache: TaskCacheProperties
  /** Where results are kept. */
  readonly store: CacheStore
  /** Where the task runs (`TaskRunner.place`): a result belongs to its cluster and namespace. */
  readonly place: RunPlace
  /** Whether to run the task whatever is kept, and keep the new result. Default: false. */
  readonly refresh?: boolean
  /**
   * Whether an earlier driver of this very task run has left a pod (`TaskRunner.hasEarlierPod`),
   * which nobody else would take over or remove: then the task runs, in that pod. Asked on a hit
   * only; absent where there can be none.
   */
  readonly podLeft?: Effect.Effect<boolean, RunError, R>
  /** `Cached` and `Finished` on a hit, warnings of the cache itself. */
  readonly onEvent?: (event: RunEvent) => Effect.Effect<void>
}

/**
 * What decides a task's result, as one text: the pod's spec (image, commands, environment,
 * resources, limits, our scripts in it), where it runs, what comes back, and what the command
 * finds. Undefined where the inputs cannot be read, which the run reports.
 */
const cacheKey = Effect.fnUntraced(function* <E, R>(
  { plan, task }: PreparedTask,
  { clusterId, namespace }: RunPlace,
  inputs: Effect.Effect<string, E, R>
) {
  const digest = yield* Effect.option(inputs)
  if (Option.isNone(digest)) return undefined
  const decides = {
    spec: plan.specHash,
    cluster: clusterId,
    namespace,
    outputFiles: [...task.outputFiles].sort(),
    syncWorkingDirectory: task.runner.syncWorkingDirectory,
    inputs: digest.value
  }
  return hash("sha256", canonicalJson(decides))
})

/** A task that reads stdin, or continues an earlier driver's, cannot be known to be equal to another. */
const mayBeEqual = ({ inputFiles, logCursor }: TaskRequest): boolean =>
  logCursor === undefined && !inputFiles.some(({ source }) => source._tag === "Stdin")

/**
 * The inputs' digest as they are now: the list that was made before the run may have changed, or be
 * gone.
 */
const digestNow = Effect.fnUntraced(function* (task: TaskRequest) {
  const { digest } = yield* makeInputArchive(task.inputFiles)
  return yield* digest
}, Effect.scoped)

const restored = (entry: CacheEntry, outputFiles: RunResult["outputFiles"]): RunResult => {
  const { cluster, executionId, storedAt, taskRunId } = entry
  return { ...entry.result, outputFiles, timings: {}, cached: { storedAt, executionId, taskRunId, cluster } }
}

/**
 * The result of an equal task that has succeeded within `ttl`, its files put into the task's output
 * folder; else what `run` comes to, which is kept if it is a success with its whole log. Tasks are
 * equal when cluster, namespace, image, commands, environment, every other part of the pod's spec, wanted outputs and
 * inputs (by content) are; an image's tag is taken for the image.
 *
 * Inputs that change while the task runs make its result nobody's: it is not kept. Nor is one whose
 * input is stdin.
 */
export const runCached = Effect.fn("RunCache.run")(function* <E, R, R2 = never>(
  {
    cache,
    onEvent: emit = () => Effect.void,
    place,
    podLeft = Effect.succeed(false),
    prepared,
    refresh = false,
    store
  }: CachedTask<R2>,
  run: Effect.Effect<RunResult, E, R>
): Effect.fn.Return<RunResult, E, R | R2 | FileSystem.FileSystem | HttpClient.HttpClient> {
  const { task } = prepared
  const mayHit = cache.enabled && mayBeEqual(task)
  const listed = Effect.flatMap(prepared.inputs, ({ digest }) => digest)
  const key = mayHit ? yield* cacheKey(prepared, place, listed) : undefined
  if (key === undefined) return yield* run
  const ttlMs = cache.ttl === undefined ? Number.POSITIVE_INFINITY : Duration.toMillis(cache.ttl)
  const warn = warnTo(emit, "cache")

  const isLeft = podLeft.pipe(
    Effect.catch(({ message }) =>
      Effect.as(warn(`cannot find out whether an earlier driver left a pod, which stays if so: ${message}`), false)
    )
  )
  const hit = yield* (refresh ? Effect.succeedNone : store.find(key, ttlMs)).pipe(
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
    yield* emit(
      RunEvent.make({ _tag: "Cached", at, by: "taskCache", ...hit.cached, namespace: hit.namespace, pod: hit.pod })
    )
    yield* emit({ _tag: "Finished", at, result: hit })
    return hit
  }

  const result = yield* run
  if (result.state !== "SUCCESS" || result.logGaps > 0) return result
  if ((yield* cacheKey(prepared, place, digestNow(task))) !== key) {
    yield* warn("the inputs changed while the task ran, so its result is not kept")
    return result
  }
  const last = result.attempts?.at(-1) ?? task.identity
  const { executionId, taskRunId } = last
  yield* store
    .keep({ key, executionId, taskRunId, cluster: place.cluster, result })
    .pipe(Effect.catch(({ message }) => warn(`${message}; the result is not kept`)))
  return result
})
