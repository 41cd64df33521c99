/**
 * Starts containers and reports how they fare: environment, user, volumes and limits become a
 * process of the sandbox, its output a log. Also joins running ones, for exec and logs.
 */
import { join } from "node:path"
import { Effect, Exit, Result, type Scope } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { TerminatedState } from "../contract/PodStatus.ts"
import { quantityValue } from "../contract/Quantity.ts"
import type { ContainerRuntime } from "../contract/Runtime.ts"
import type { ContainerMount } from "../sandbox/ContainerRoot.ts"
import type { MemoryCgroup, MemoryCgroups } from "../sandbox/MemoryCgroup.ts"
import type { Sandbox, SandboxContainer } from "../sandbox/Sandbox.ts"
import { endMessage, keepLog } from "./ContainerOutput.ts"
import { type ContainerPlan, planContainer } from "./ContainerPlan.ts"
import { newContainerID, reportOutcome, reportStartError, reportWaiting } from "./ContainerReport.ts"
import { actOutPull, actOutVerdict } from "./ImageActing.ts"
import { imageTrouble } from "./ImageTrouble.ts"
import type { ContainerSpec } from "./KubeletPod.ts"
import { type KnownContainer, NodePods } from "./NodePods.ts"
import type { ContainerInstance, PodContext } from "./PodSignal.ts"
import { runningExec } from "./ProcessStreams.ts"

export interface ContainerStarter {
  /** One instance of a container from start to end. Interrupting it kills the container. */
  readonly run: (context: PodContext, container: ContainerSpec) => Effect.Effect<void, never, Scope.Scope>
  /** Forgets a pod: its logs and volumes go. */
  readonly forget: (podUid: string) => Effect.Effect<void>
  readonly runtime: ContainerRuntime
}

/** The folders of an instance, by its number in the sandbox. */
interface InstancePlace {
  /** Relative to the state folder, as all its paths. */
  readonly folder: string
  readonly logFile: string
  readonly mounts: ReadonlyArray<ContainerMount>
  readonly cgroup: MemoryCgroup | undefined
}

/**
 * Starts containers in a sandbox. `cgroups` is undefined where memory limits cannot be enforced.
 */
export const makeContainerStarter = (sandbox: Sandbox, cgroups: MemoryCgroups | undefined): ContainerStarter => {
  const pods = new NodePods(sandbox.folder)
  let instances = 0

  const memoryCgroup = (container: ContainerSpec, instance: number): MemoryCgroup | undefined => {
    const limit = quantityValue(String(container.resources?.limits?.["memory"] ?? ""))
    return cgroups === undefined || !(limit > 0) ? undefined : cgroups.make(`c${instance}`, Math.ceil(limit))
  }

  /**
   * Makes an instance's folders and limits until the scope closes; fails with the file system's
   * words.
   */
  const makePlace = Effect.fnUntraced(function* (uid: string, container: ContainerSpec, plan: ContainerPlan) {
    const instance = ++instances
    const folder = `containers/${instance}`
    const { cgroup, mounts } = yield* Effect.try({
      try: () => ({ mounts: pods.mounts(uid, plan.mounts), cgroup: memoryCgroup(container, instance) }),
      catch: String
    })
    yield* Effect.addFinalizer(() => pods.remove(folder))
    if (cgroup !== undefined) yield* Effect.addFinalizer(() => cgroup.remove)
    const place: InstancePlace = { folder, logFile: `logs/${instance}`, mounts, cgroup }
    return place
  })

  /** Starts the program; closing the scope kills it. */
  const startProgram = (
    { mounts: _, ...start }: ContainerPlan,
    { cgroup, folder, mounts }: InstancePlace,
    age: number
  ) =>
    Effect.acquireRelease(
      Effect.exit(sandbox.start({ ...start, age, container: folder, mounts, cgroup: cgroup?.folder })),
      (exit) => (Exit.isSuccess(exit) ? Effect.andThen(exit.value.kill("SIGKILL"), exit.value.ended) : Effect.void)
    ).pipe(Effect.flatten)

  /** Reports a started container until its end. */
  const watchStarted = Effect.fnUntraced(function* (
    context: PodContext,
    container: ContainerSpec,
    { cgroup, folder }: InstancePlace,
    running: SandboxContainer,
    known: KnownContainer
  ) {
    const drained = keepLog(known.log, running)
    known.running = running
    const containerID = newContainerID()
    const startedAt = apiTime()
    const instance: ContainerInstance = { containerID, kill: running.kill }
    yield* reportOutcome(context, container, { _tag: "Started", instance, startedAt })
    yield* context.event(container.name, "Started", "Container started")
    yield* actOutVerdict(context, container)
    const exitCode = yield* running.ended
    known.running = undefined
    yield* drained
    const killed = (cgroup?.kills() ?? 0) > 0
    const message = endMessage(container, join(sandbox.folder, folder, "termination-log"), known.log, exitCode)
    const end: TerminatedState = {
      exitCode,
      reason: killed ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error",
      ...(message === "" ? {} : { message }),
      startedAt,
      finishedAt: apiTime(),
      containerID
    }
    yield* reportOutcome(context, container, { _tag: "Ended", end })
  })

  const run: ContainerStarter["run"] = Effect.fnUntraced(function* (context, container) {
    const { uid } = context.pod.metadata
    if (!(yield* actOutPull(context, container))) return
    const image = container.image ?? ""
    const pulled = `Image "${image}" is not pulled: in a local cluster this machine's own programs run`
    yield* context.event(container.name, "ImageNotPulled", pulled)
    const age = pods.age(uid)
    const planned = planContainer(context.pod, container)
    if (Result.isFailure(planned))
      return yield* reportWaiting(context, container, planned.failure.reason, planned.failure.message)
    const plan = planned.success
    if (imageTrouble(image)._tag === "Empty") {
      const why = `exec: "${plan.launch.argv[0]}": executable file not found in $PATH`
      return yield* reportStartError(context, container, why)
    }
    const made = yield* Effect.result(makePlace(uid, container, plan))
    if (Result.isFailure(made)) return yield* reportWaiting(context, container, "CreateContainerError", made.failure)
    const place = made.success
    // A pod that has been told to end meanwhile must not run a program any more.
    if (yield* context.isStopping) return
    const started = yield* Effect.result(startProgram(plan, place, age))
    if (Result.isFailure(started)) return yield* reportStartError(context, container, started.failure.message)
    yield* context.event(container.name, "Created", "Container created")
    const known = pods.begin(uid, container.name, place.logFile)
    yield* watchStarted(context, container, place, started.success, known)
  }, Effect.scoped)

  const runtime: ContainerRuntime = {
    exec: ({ container, podUid }, argv) => {
      const running = pods.container(podUid, container)?.running
      if (running === undefined) return Effect.fail({ _tag: "ContainerNotFound" })
      return sandbox.exec(running, argv).pipe(
        Effect.map(runningExec),
        Effect.mapError(({ joinFailed, message }) =>
          joinFailed ? { _tag: "ContainerNotFound" } : { _tag: "ExecFailed", message }
        )
      )
    },
    log: ({ container, podUid }, follow) => Effect.sync(() => pods.container(podUid, container)?.log.read(follow))
  }
  return { run, forget: (podUid) => pods.forget(podUid), runtime }
}
