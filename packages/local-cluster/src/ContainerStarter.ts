/**
 * Starts containers and tells how they fare: image troubles, environment, user, volumes and limits into a process of the
 * sandbox; its output into a log. Also joins running ones, for exec and logs.
 */
import { closeSync, openSync, readSync } from "node:fs"
import { rm } from "node:fs/promises"
import type { Socket } from "node:net"
import { join, relative } from "node:path"
import { Effect, Exit, Result, type Scope, Stream } from "effect"
import { apiTime } from "./ApiTime.ts"
import { ContainerLog } from "./ContainerLog.ts"
import type { ContainerMount } from "./ContainerRoot.ts"
import { makeBelow, makeFolder } from "./ContainerRoot.ts"
import { imageTrouble } from "./ImageTrouble.ts"
import type { ContainerSpec, KubeletPod } from "./KubeletPod.ts"
import type { MemoryCgroup, MemoryCgroups } from "./MemoryCgroup.ts"
import type { ContainerEnd } from "./PodLifecycle.ts"
import type { ContainerInstance, InstanceOutcome, PodContext, PodSignal } from "./PodSignal.ts"
import { quantityValue } from "./PodValidation.ts"
import { processUser } from "./ProcessUser.ts"
import type { ContainerRuntime, RunningExec } from "./Runtime.ts"
import type { Sandbox, SandboxContainer, SandboxExec } from "./Sandbox.ts"
import { containerEnvironment, expand } from "./VariableExpansion.ts"

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

interface Known {
  readonly log: ContainerLog
  /** Undefined once it has ended. */
  running: SandboxContainer | undefined
}

/** Why a container cannot be made, and the reason a kubelet waits with. Never leaves this module. */
class NotMade {
  readonly reason: string
  readonly message: string
  constructor(reason: string, message: string) {
    this.reason = reason
    this.message = message
  }
}

const socketEnd = (socket: Socket): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (socket.closed) return resume(Effect.void)
    socket.once("close", () => resume(Effect.void))
  })

/** The bytes of a socket, read as they are wanted. */
const socketBytes = (socket: Socket): Stream.Stream<Uint8Array> =>
  Stream.orDie(Stream.fromAsyncIterable(socket as AsyncIterable<Uint8Array>, (cause) => cause))

const runningExec = ({ ended, stderr, stdin, stdout }: SandboxExec): RunningExec => {
  // A program may end without having read everything.
  stdin.on("error", () => stdin.destroy())
  const output = (socket: Socket, stream: "stdout" | "stderr") =>
    Stream.map(socketBytes(socket), (bytes) => ({ stream, bytes }))
  return {
    write: (bytes) =>
      Effect.callback<void>((resume) => {
        if (stdin.destroyed) return resume(Effect.void)
        stdin.write(bytes, () => resume(Effect.void))
      }),
    closeStdin: Effect.sync(() => {
      stdin.end()
    }),
    output: Stream.merge(output(stdout, "stdout"), output(stderr, "stderr")),
    exitCode: ended
  }
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
  const pods = new Map<string, Map<string, Known>>()
  let containers = 0

  /** A folder of an ordinary user may be closed to its owner too; the sandbox's end then takes it along. */
  const remove = (path: string): Effect.Effect<void> =>
    Effect.tryPromise(() => rm(join(sandbox.folder, path), { recursive: true, force: true })).pipe(
      Effect.catch((error) => Effect.logDebug(`${path} stays until the cluster ends: ${error.cause}`))
    )

  const volumeFolder = (pod: KubeletPod, name: string): string => `volumes/${pod.metadata.uid}-${name}`

  /** The pod's volumes as mounts of one container; each is made when the first container needs it. */
  const mounts = (pod: KubeletPod, container: ContainerSpec): ReadonlyArray<ContainerMount> =>
    (container.volumeMounts ?? []).map(({ mountPath, name, readOnly = false, subPath = "" }) => {
      const volume = pod.spec.volumes?.find((one) => one["name"] === name)
      if (volume?.["emptyDir"] === undefined)
        throw new NotMade("ContainerCreating", `volume "${name}": a local cluster has only emptyDir volumes`)
      const source = volumeFolder(pod, name)
      const known = pods.get(pod.metadata.uid)
      if (known !== undefined && !volumesMade.has(source)) {
        makeFolder(join(sandbox.folder, source), 0o777)
        volumesMade.add(source)
      }
      if (subPath.split("/").includes(".."))
        throw new NotMade("CreateContainerConfigError", "subPath must not contain '..'")
      makeBelow(join(sandbox.folder, source), subPath, "folder", 0o777)
      return { source: join(source, subPath), mountPath, readOnly }
    })
  const volumesMade = new Set<string>()

  const command = (container: ContainerSpec, env: ReadonlyMap<string, string>): ReadonlyArray<string> => {
    const trouble = imageTrouble(container.image ?? "")
    const entrypoint = trouble._tag === "Entrypoint" ? trouble.argv : []
    const argv = [...(container.command ?? entrypoint), ...(container.args ?? [])].map((word) => expand(word, env))
    if ((container.command ?? entrypoint).length === 0)
      throw new NotMade(
        "CreateContainerError",
        "no command specified: a local cluster pulls no images and so knows no entrypoint; give the container a command"
      )
    return argv
  }

  /** Everything a start needs; throws `NotMade`. */
  const plan = (pod: KubeletPod, container: ContainerSpec, folder: string) => {
    const user = processUser(pod, container)
    const env = containerEnvironment(pod, container, user.uid === 0 ? "/root" : "/")
    if (Result.isFailure(env)) throw new NotMade("CreateContainerConfigError", env.failure)
    const workingDir = container.workingDir || "/"
    return {
      container: folder,
      hostname: pod.metadata.name.slice(0, 63),
      mounts: mounts(pod, container),
      readOnlyRoot: container.securityContext?.readOnlyRootFilesystem === true,
      terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
      launch: { argv: command(container, env.success), env: env.success, workingDir, user }
    }
  }

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
    if (trouble._tag === "SlowStart") yield* Effect.sleep(trouble.seconds * 1000)
    if (trouble._tag !== "PullFails") return true
    if (container.imagePullPolicy === "Never") {
      const message = `Container image "${image}" is not present with pull policy of Never`
      yield* waits(context, container, "ErrImageNeverPull", message)
      return false
    }
    yield* context.event(container.name, "Pulling", `Pulling image "${image}"`)
    yield* waits(context, container, "ErrImagePull", trouble.message)
    yield* Effect.sleep(BACK_OFF_SECONDS * 1000)
    const message = `Back-off pulling image "${image}": ErrImagePull: ${trouble.message}`
    yield* outcome(context, container, { _tag: "Waits", reason: "ImagePullBackOff", message })
    yield* context.event(container.name, "BackOff", `Back-off pulling image "${image}"`)
    return false
  })

  const startError = (context: PodContext, container: ContainerSpec, why: string) => {
    const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}: unknown`
    const end: ContainerEnd = {
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

  const memoryCgroup = (container: ContainerSpec): MemoryCgroup | undefined => {
    const limit = quantityValue(String(container.resources?.limits?.["memory"] ?? ""))
    return cgroups === undefined || !(limit > 0) ? undefined : cgroups.make(`c${containers}`, Math.ceil(limit))
  }

  /** The log takes what the container writes; nothing else holds it up. */
  const keepLog = (known: Known, running: SandboxContainer): Effect.Effect<void> => {
    for (const stream of ["stdout", "stderr"] as const) {
      running[stream].on("data", (chunk: Buffer) => known.log.append(stream, chunk))
      running[stream].once("close", () => known.log.finish(stream))
    }
    return Effect.all([socketEnd(running.stdout), socketEnd(running.stderr)], { discard: true })
  }

  const endMessage = (container: ContainerSpec, folder: string, known: Known, exitCode: number): string => {
    const left = readMessage(join(sandbox.folder, folder, "termination-log"))
    const fallsBack = container.terminationMessagePolicy === "FallbackToLogsOnError"
    if (left !== "" || exitCode === 0 || !fallsBack) return left
    return known.log
      .tail(FALLBACK_BYTES)
      .split("\n")
      .slice(-FALLBACK_LINES - 1)
      .join("\n")
  }

  const runStarted = Effect.fnUntraced(function* (
    context: PodContext,
    container: ContainerSpec,
    folder: string,
    running: SandboxContainer,
    cgroup: MemoryCgroup | undefined,
    known: Known
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
    const end: ContainerEnd = {
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
    const folder = `containers/${++containers}`
    const known = pods.get(uid) ?? new Map<string, Known>()
    pods.set(uid, known)
    const planning = yield* Effect.result(
      Effect.try({
        try: () => plan(pod, container, folder),
        catch: (cause) => (cause instanceof NotMade ? cause : new NotMade("CreateContainerError", String(cause)))
      })
    )
    if (Result.isFailure(planning))
      return yield* waits(context, container, planning.failure.reason, planning.failure.message)
    const planned = planning.success
    if (imageTrouble(image)._tag === "Empty")
      return yield* startError(
        context,
        container,
        `exec: "${planned.launch.argv[0]}": executable file not found in $PATH`
      )
    const limited = yield* Effect.result(Effect.try({ try: () => memoryCgroup(container), catch: String }))
    if (Result.isFailure(limited)) return yield* startError(context, container, limited.failure)
    const cgroup = limited.success
    yield* Effect.addFinalizer(() => remove(folder))
    if (cgroup !== undefined) yield* Effect.addFinalizer(() => cgroup.remove)
    const started = yield* Effect.acquireRelease(
      Effect.exit(sandbox.start({ ...planned, cgroup: cgroup?.folder })),
      (exit) => (Exit.isSuccess(exit) ? Effect.andThen(exit.value.kill("SIGKILL"), exit.value.ended) : Effect.void)
    ).pipe(Effect.flatten, Effect.result)
    if (Result.isFailure(started)) return yield* startError(context, container, started.failure.message)
    yield* context.event(container.name, "Created", "Container created")
    const log = new ContainerLog(join(sandbox.folder, `logs/${uid}-${container.name}-${containers}`))
    const one: Known = { log, running: undefined }
    known.set(container.name, one)
    yield* runStarted(context, container, folder, started.success, cgroup, one)
  }, Effect.scoped)

  const forget = (podUid: string) =>
    Effect.suspend(() => {
      const known = pods.get(podUid)
      pods.delete(podUid)
      const made = Array.from(volumesMade).filter((path) => path.startsWith(`volumes/${podUid}-`))
      for (const path of made) volumesMade.delete(path)
      const logs = Array.from(known?.values() ?? [], ({ log }) => relative(sandbox.folder, log.path))
      return Effect.forEach([...made, ...logs], remove, { discard: true })
    })

  const runtime: ContainerRuntime = {
    exec: ({ container, podUid }, argv) => {
      const running = pods.get(podUid)?.get(container)?.running
      if (running === undefined) return Effect.fail({ _tag: "ContainerNotFound" })
      return sandbox.exec(running, argv).pipe(
        Effect.map(runningExec),
        // When nsenter is the one that fails, the container has ended on the way.
        Effect.mapError(({ message }) =>
          message.startsWith("nsenter:") ? { _tag: "ContainerNotFound" } : { _tag: "ExecFailed", message }
        )
      )
    },
    log: ({ container, podUid }, follow) => Effect.sync(() => pods.get(podUid)?.get(container)?.log.read(follow))
  }
  return { run, forget, runtime }
}
