/**
 * One run: what its parts share from submit to result. Opening it refuses a task that cannot run,
 * before anything is created, and begins to follow the pod. `RunExecution.ts` carries it out.
 */
import {
  checkOutputDirectory,
  type FileSyncError,
  type InputArchive,
  type KubeletCursor,
  logStart,
  type OutputRequest,
  outputSelection,
  type VolumeOffsets
} from "@podwright/file-sync"
import { KubeConnection } from "@podwright/k8s-io"
import { type GatePlan, type PodPlan, WORK_DIRECTORY } from "@podwright/spec-builder"
import { Effect, type FileSystem, type Scope } from "effect"
import type { HttpClient } from "effect/http"
import { LeaseKeeper, type RunLease } from "../claim/LeaseKeeper.ts"
import type { KubeServices } from "../connection/RunConnections.ts"
import { monotonicMillis } from "../pod/MonotonicClock.ts"
import { followPodEvents, type PodEventFollow } from "../pod/PodEventFollow.ts"
import { followPod, type PodFollow } from "../pod/PodFollow.ts"
import type { PreparedTask } from "../task/PreparedTask.ts"
import { RunError } from "../task/RunError.ts"
import type { RunEvent } from "../task/RunEvent.ts"
import { CursorMismatch, Files } from "../task/RunReason.ts"
import type { TaskRequest } from "../task/TaskRequest.ts"
import type { ExecBudget } from "./ExecBudget.ts"
import { openJournal, type RunJournal } from "./RunJournal.ts"
import { makeRunStages, type RunStages } from "./RunStages.ts"
import { transferLimits } from "./TransferLimits.ts"

/** What a run needs: a cluster, what the runs of a process share, files and HTTP for inputs. */
export type RunServices = KubeServices | ExecBudget | LeaseKeeper | FileSystem.FileSystem | HttpClient.HttpClient

/** The log is read from the pod's volume, behind these bytes of each stream. */
export interface LogFromVolume {
  readonly source: "volume"
  readonly plan: GatePlan
  readonly cursor: VolumeOffsets
}
/** The log is read from the kubelet, behind this line; undefined for its beginning. */
export interface LogFromKubelet {
  readonly source: "kubelet"
  readonly plan: PodPlan
  readonly cursor: KubeletCursor | undefined
}

export interface Run {
  readonly task: TaskRequest
  readonly plan: PodPlan
  readonly namespace: string
  readonly inputs: InputArchive
  readonly outputs: OutputRequest
  readonly log: LogFromVolume | LogFromKubelet
  readonly journal: RunJournal
  readonly stages: RunStages
  readonly follow: PodFollow
  readonly events: PodEventFollow
  readonly lease: RunLease
  /** When it was opened, by the monotonic clock, in ms. */
  readonly openedAt: number
}

const wrongFiles = (error: FileSyncError) => new RunError({ operation: "Run.open", reason: new Files({ error }) })

/**
 * A cursor of the other kind cannot be continued from; starting over would report every line twice.
 */
const logOf = ({ logCursor: cursor }: TaskRequest, plan: PodPlan): Effect.Effect<Run["log"], RunError> => {
  if (plan.logs === "volume") {
    if (cursor?._tag !== "kubelet") return Effect.succeed({ source: "volume", plan, cursor: cursor ?? logStart })
  } else if (cursor?._tag !== "volume") return Effect.succeed({ source: "kubelet", plan, cursor })
  const reason = new CursorMismatch({ given: cursor._tag, expected: plan.logs })
  return Effect.fail(new RunError({ operation: "Run.open", reason }))
}

/**
 * Opens a run in the caller's scope. Everything it has to report goes to `emit`, which is awaited.
 */
export const openRun = Effect.fnUntraced(function* (
  { inputs: listed, plan, task }: PreparedTask,
  emit: (event: RunEvent) => Effect.Effect<void>
): Effect.fn.Return<Run, RunError, RunServices | Scope.Scope> {
  const connection = yield* KubeConnection
  const log = yield* logOf(task, plan)
  const namespace = task.runner.namespace ?? connection.namespace
  const { syncWorkingDirectory, transfer } = task.runner
  const selection = yield* Effect.fromResult(
    outputSelection(task.outputFiles, WORK_DIRECTORY, syncWorkingDirectory)
  ).pipe(Effect.mapError(wrongFiles))
  if (task.outputFiles.length > 0 || syncWorkingDirectory) {
    yield* checkOutputDirectory(task.outputDirectory).pipe(Effect.mapError(wrongFiles))
  }
  const inputs = yield* listed

  const journal = yield* openJournal({ namespace, name: plan.name }, emit)
  yield* Effect.forkScoped(connection.followSilence(journal.server))
  // Followed before the pod is created, so nothing is missed.
  const follow = yield* followPod({
    namespace,
    name: plan.name,
    main: plan.mainContainer,
    helpers: plan.shape === "bare" ? [] : [plan.inputContainer, plan.outputContainer],
    waiting: journal.waiting,
    seen: journal.seen
  })
  return {
    task,
    plan,
    namespace,
    inputs,
    outputs: { selection, directory: task.outputDirectory, limits: transferLimits(transfer) },
    log,
    journal,
    stages: yield* makeRunStages(journal, plan.mainContainer),
    follow,
    events: yield* followPodEvents(namespace, plan.name, journal.podEvent),
    lease: yield* (yield* LeaseKeeper).open(namespace, plan.name, journal.warn),
    openedAt: yield* monotonicMillis
  }
})
