/**
 * Starts containers and tells how they fare: image troubles, environment, user, volumes and limits into a process of the
 * sandbox; its output into a log. Also joins running ones, for exec and logs.
 */
import { closeSync, openSync, readSync } from "node:fs"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import { Deferred, Effect, Exit, Result, type Scope } from "effect"
import { apiTime } from "../contract/ApiTime.ts"
import type { TerminatedState } from "../contract/PodStatus.ts"
import { quantityValue } from "../contract/Quantity.ts"
import type { ContainerRuntime } from "../contract/Runtime.ts"
import { type ContainerMount, makeBelow, makeFolder } from "../sandbox/ContainerRoot.ts"
import type { MemoryCgroup, MemoryCgroups } from "../sandbox/MemoryCgroup.ts"
import type { Sandbox, SandboxContainer } from "../sandbox/Sandbox.ts"
import { ContainerLog } from "./ContainerLog.ts"
import { type PlannedMount, planContainer } from "./ContainerPlan.ts"
import { imageTrouble } from "./ImageTrouble.ts"
import type { ContainerSpec, KubeletPod } from "./KubeletPod.ts"
import type { ContainerInstance, InstanceOutcome, PodContext, PodSignal } from "./PodSignal.ts"
import { runningExec } from "./ProcessStreams.ts"

export interface ContainerStarter {
  /** One instance of a container from start to end. Interrupting it kills the container. */
  readonly run: (context: PodContext, container: ContainerSpec) => Effect.Effect<void, never, Scope.Scope>
  /** Forgets a pod: its logs and volumes go. */
  readonly forget: (podUid: string) => Effect.Effect<void>
  readonly runtime: ContainerRuntime
}

/** A kubelet's limits for a message that a container leaves. */
const MESSAGE_BYTES = 4096
const FALLBACK_BYTES = 2048
const FALLBACK_LINES = 80
/** Between a failed pull and its back-off; a real kubelet takes a few seconds. */
const BACK_OFF_SECONDS = 1
/** What a runtime reports for a program that never ran. */
const START_ERROR_CODE = 128
const NEVER_STARTED = "1970-01-01T00:00:00Z"

/** The newest instance of a container. */
interface KnownContainer {
  readonly log: ContainerLog
  /** Undefined once it has ended. */
  running: SandboxContainer | undefined
}

interface KnownPod {
  /** Its place in the order in which pods came. */
  readonly age: number
  readonly containers: Map<string, KnownContainer>
  /** Folder by volume name. */
  readonly volumes: Map<string, string>
  readonly logs: Array<string>
}

const readMessage = (path: string): string => {
  const file = openSync(path, "r")
  const bytes = Buffer.alloc(MESSAGE_BYTES)
  const length = readSync(file, bytes, 0, MESSAGE_BYTES, 0)
  closeSync(file)
  return bytes.subarray(0, length).toString("utf8")
}

/** Starts containers in a sandbox. `cgroups` is undefined where memory limits cannot be enforced. */
export const makeContainerStarter = (sandbox: Sandbox, cgroups: MemoryCgroups | undefined): ContainerStarter => {
  const pods = new Map<string, KnownPod>()
  let instances = 0
  let came = 0

  /** A folder of an ordinary user may be closed to its owner too; the sandbox's end then takes it along. */
  const remove = (path: string): Effect.Effect<void> =>
    Effect.tryPromise(() => rm(join(sandbox.folder, path), { recursive: true, force: true })).pipe(
      Effect.catch((error) => Effect.logDebug(`${path} stays until the cluster ends: ${error.cause}`))
    )

  /** The folder of a pod's volume, made when the first container needs it. */
  const volumeFolder = (uid: string, name: string): string => {
    const known = pods.get(uid)
    const source = known?.volumes.get(name) ?? `volumes/${uid}-${name}`
    if (known !== undefined && !known.volumes.has(name)) {
      makeFolder(join(sandbox.folder, source), 0o777)
      known.volumes.set(name, source)
    }
    return source
  }

  /** Throws what the file system says. */
  const makeMounts = (uid: string, mounts: ReadonlyArray<PlannedMount>): ReadonlyArray<ContainerMount> =>
    mounts.map(({ mountPath, readOnly, subPath, volume }) => {
      const source = volumeFolder(uid, volume)
      makeBelow(join(sandbox.folder, source), subPath, "folder", 0o777)
      return { source: join(source, subPath), mountPath, readOnly }
    })

  const outcome = (context: PodContext, container: ContainerSpec, outcome: InstanceOutcome) =>
    context.send({ _tag: "Outcome", container: container.name, outcome })

  const waits = Effect.fnUntraced(function* (
    context: PodContext,
    container: ContainerSpec,
    reason: string,
    message: string
  ) {
    yield* outcome(context, container, { _tag: "Waits", reason, message })
    yield* context.event(container.name, "Failed", `Error: ${message}`, "Warning")
  })

  /** Acts out what the image's name says; false when the container is not to start. */
  const actOut = Effect.fnUntraced(function* (context: PodContext, container: ContainerSpec) {
    const image = container.image ?? ""
    const trouble = imageTrouble(image)
    const pause = (seconds: number) => Effect.timeoutOption(context.stopping, seconds * 1000)
    if (trouble._tag === "SlowStart") yield* pause(trouble.seconds)
    if (trouble._tag !== "PullFails") return true
    if (container.imagePullPolicy === "Never") {
      const message = `Container image "${image}" is not present with pull policy of Never`
      yield* waits(context, container, "ErrImageNeverPull", message)
      return false
    }
    yield* context.event(container.name, "Pulling", `Pulling image "${image}"`)
    yield* waits(context, container, "ErrImagePull", trouble.message)
    yield* pause(BACK_OFF_SECONDS)
    if (yield* context.isStopping) return false
    const message = `Back-off pulling image "${image}": ErrImagePull: ${trouble.message}`
    yield* outcome(context, container, { _tag: "Waits", reason: "ImagePullBackOff", message })
    yield* context.event(container.name, "BackOff", `Back-off pulling image "${image}"`)
    return false
  })

  const startError = (context: PodContext, container: ContainerSpec, why: string) => {
    const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}: unknown`
    const end: TerminatedState = {
      exitCode: START_ERROR_CODE,
      reason: "StartError",
      message,
      startedAt: NEVER_STARTED,
      finishedAt: apiTime(),
      containerID: newContainerID()
    }
    return Effect.andThen(
      context.event(container.name, "Failed", `Error: ${message}`, "Warning"),
      outcome(context, container, { _tag: "Ended", end })
    )
  }

  const newContainerID = (): string => `local://${crypto.randomUUID().replaceAll("-", "")}`

  /** What an image acts out while the container runs. */
  const verdictOf = (pod: KubeletPod, container: ContainerSpec): readonly [number, PodSignal] | undefined => {
    const trouble = imageTrouble(container.image ?? "")
    if (trouble._tag === "Evicted") {
      const message = `The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. Container ${container.name} was using 512Mi, request is 0, has larger consumption of memory. `
      const verdict = { reason: "Evicted", message, disruption: "TerminationByKubelet" }
      return [trouble.seconds, { _tag: "Verdict", verdict, graceSeconds: 0, silent: false }]
    }
    if (trouble._tag === "NodeLost") {
      const message = `Node local which was running pod ${pod.metadata.name} is unresponsive`
      const verdict = { reason: "NodeLost", message, disruption: "DeletionByTaintManager" }
      return [trouble.seconds, { _tag: "Verdict", verdict, graceSeconds: 0, silent: true }]
    }
    return undefined
  }

  const memoryCgroup = (container: ContainerSpec, instance: number): MemoryCgroup | undefined => {
    const limit = quantityValue(String(container.resources?.limits?.["memory"] ?? ""))
    return cgroups === undefined || !(limit > 0) ? undefined : cgroups.make(`c${instance}`, Math.ceil(limit))
  }

  /** The log takes what the container writes; nothing else holds it up. */
  const keepLog = (known: KnownContainer, running: SandboxContainer): Effect.Effect<void> => {
    const streams = (["stdout", "stderr"] as const).map((stream) => {
      // Not `streamEnd`: a socket calls itself closed before those who listen for it have heard, and the log's last line is then missing.
      const finished = Deferred.makeUnsafe<void>()
      running[stream].on("data", (chunk: Buffer) => known.log.append(stream, chunk))
      running[stream].once("close", () => {
        known.log.finish(stream)
        Deferred.doneUnsafe(finished, Exit.void)
      })
      return Deferred.await(finished)
    })
    return Effect.all(streams, { discard: true })
  }

  const endMessage = (container: ContainerSpec, folder: string, known: KnownContainer, exitCode: number): string => {
    const left = readMessage(join(sandbox.folder, folder, "termination-log"))
    const fallsBack = container.terminationMessagePolicy === "FallbackToLogsOnError"
    if (left !== "" || exitCode === 0 || !fallsBack) return left
    return known.log.tail(FALLBACK_BYTES, FALLBACK_LINES)
  }

  const runStarted = Effect.fnUntraced(function* (
    context: PodContext,
    container: ContainerSpec,
    folder: string,
    running: SandboxContainer,
    cgroup: MemoryCgroup | undefined,
    known: KnownContainer
  ) {
    const drained = keepLog(known, running)
    known.running = running
    const containerID = newContainerID()
    const startedAt = apiTime()
    const instance: ContainerInstance = { containerID, kill: running.kill }
    yield* outcome(context, container, { _tag: "Started", instance, startedAt })
    yield* context.event(container.name, "Started", "Container started")
    const [seconds, signal] = verdictOf(context.pod, container) ?? []
    if (seconds !== undefined && signal !== undefined)
      yield* Effect.forkScoped(Effect.andThen(Effect.sleep(seconds * 1000), context.send(signal)))
    const exitCode = yield* running.ended
    known.running = undefined
    yield* drained
    const killed = (cgroup?.kills() ?? 0) > 0
    const message = endMessage(container, folder, known, exitCode)
    const end: TerminatedState = {
      exitCode,
      reason: killed ? "OOMKilled" : exitCode === 0 ? "Completed" : "Error",
      ...(message === "" ? {} : { message }),
      startedAt,
      finishedAt: apiTime(),
      containerID
    }
    yield* outcome(context, container, { _tag: "Ended", end })
  })

  const run: ContainerStarter["run"] = Effect.fnUntraced(function* (context, container) {
    const { pod } = context
    const { uid } = pod.metadata
    if (!(yield* actOut(context, container))) return
    const image = container.image ?? ""
    const pulled = `Image "${image}" is not pulled: in a local cluster this machine's own programs run`
    yield* context.event(container.name, "ImageNotPulled", pulled)
    const known: KnownPod = pods.get(uid) ?? { age: ++came, containers: new Map(), volumes: new Map(), logs: [] }
    pods.set(uid, known)
    const plan = planContainer(pod, container)
    if (Result.isFailure(plan)) return yield* waits(context, container, plan.failure.reason, plan.failure.message)
    const { mounts: planned, ...start } = plan.success
    if (imageTrouble(image)._tag === "Empty")
      return yield* startError(
        context,
        container,
        `exec: "${start.launch.argv[0]}": executable file not found in $PATH`
      )
    const instance = ++instances
    const folder = `containers/${instance}`
    const made = yield* Effect.result(
      Effect.try({
        try: () => ({ mounts: makeMounts(uid, planned), cgroup: memoryCgroup(container, instance) }),
        catch: String
      })
    )
    if (Result.isFailure(made)) return yield* waits(context, container, "CreateContainerError", made.failure)
    const { cgroup, mounts } = made.success
    yield* Effect.addFinalizer(() => remove(folder))
    if (cgroup !== undefined) yield* Effect.addFinalizer(() => cgroup.remove)
    // A pod that has been told to end meanwhile must not run a program any more.
    if (yield* context.isStopping) return
    const started = yield* Effect.acquireRelease(
      Effect.exit(sandbox.start({ ...start, age: known.age, container: folder, mounts, cgroup: cgroup?.folder })),
      (exit) => (Exit.isSuccess(exit) ? Effect.andThen(exit.value.kill("SIGKILL"), exit.value.ended) : Effect.void)
    ).pipe(Effect.flatten, Effect.result)
    if (Result.isFailure(started)) return yield* startError(context, container, started.failure.message)
    yield* context.event(container.name, "Created", "Container created")
    const logFile = `logs/${instance}`
    const one: KnownContainer = { log: new ContainerLog(join(sandbox.folder, logFile)), running: undefined }
    known.logs.push(logFile)
    known.containers.set(container.name, one)
    yield* runStarted(context, container, folder, started.success, cgroup, one)
  }, Effect.scoped)

  const forget = (podUid: string) =>
    Effect.suspend(() => {
      const known = pods.get(podUid)
      pods.delete(podUid)
      return Effect.forEach([...(known?.volumes.values() ?? []), ...(known?.logs ?? [])], remove, { discard: true })
    })

  const runtime: ContainerRuntime = {
    exec: ({ container, podUid }, argv) => {
      const running = pods.get(podUid)?.containers.get(container)?.running
      if (running === undefined) return Effect.fail({ _tag: "ContainerNotFound" })
      return sandbox.exec(running, argv).pipe(
        Effect.map(runningExec),
        // When nsenter is the one that fails, the container has ended on the way.
        Effect.mapError(({ message }) =>
          message.startsWith("nsenter:") ? { _tag: "ContainerNotFound" } : { _tag: "ExecFailed", message }
        )
      )
    },
    log: ({ container, podUid }, follow) =>
      Effect.sync(() => pods.get(podUid)?.containers.get(container)?.log.read(follow))
  }
  return { run, forget, runtime }
}
