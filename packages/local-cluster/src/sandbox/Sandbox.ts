/**
 * The namespaces that all containers of a cluster live in, and the processes in them. Keeps a state
 * folder in the system's folder for temporary files; `Holder.ts` starts `unshare`, `Program.ts`
 * starts `nsenter`.
 *
 * A *holder*, process 1 of a pid namespace, holds them open. It waits for the end of a pipe from
 * this process, however this process ends; when it ends itself, the kernel kills everything in its
 * namespace. So nothing outlives the cluster.
 */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync
} from "node:fs"
import type { Socket } from "node:net"
import { availableParallelism, tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { Deferred, Effect, type Scope } from "effect"
import { type LocalClusterError, NotLinux } from "../contract/LocalClusterError.ts"
import { type ContainerRootPlan, makeContainerRoot, makeFolder } from "./ContainerRoot.ts"
import { makeFifos } from "./Fifos.ts"
import { cannotStart, startHolder } from "./Holder.ts"
import { lockedOptions, type MachineRoot, machineRoot, parseMountInfo, readOnlyMounts } from "./MachineRoot.ts"
import { inCgroup, launchCommand, type StartFailure, signalProcess, startFailure } from "./Program.ts"
import { containerCommand, execCommand, type ProcessLaunch, setupScript, templateFstab } from "./SandboxScript.ts"
import { makeStartQueue } from "./StartQueue.ts"

/** A running program, seen from outside. */
export interface SandboxProcess {
  readonly stdout: Socket
  readonly stderr: Socket
  /** Exit code; 128 + n for a signal. */
  readonly ended: Effect.Effect<number>
}

/** A running container. */
export interface SandboxContainer extends SandboxProcess {
  /** Of its process 1, outside. */
  readonly pid: number
  readonly age: number
  readonly launch: ProcessLaunch
  /** The cgroup that its programs join; undefined when it has none. */
  readonly cgroup: string | undefined
  /** Nothing happens once it has ended. */
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => Effect.Effect<void>
}

export interface SandboxExec extends SandboxProcess {
  readonly stdin: Socket
}

/** What a container starts with. */
export interface ContainerStart
  extends Omit<ContainerRootPlan, "state" | "machine" | "locked" | "workingDir" | "resolver"> {
  readonly hostname: string
  /** Of its pod: the lower, the earlier it came to the node. Older pods' programs start first. */
  readonly age: number
  readonly launch: ProcessLaunch
  readonly cgroup: string | undefined
}

export interface Sandbox {
  /** The state folder; it goes with the sandbox. */
  readonly folder: string
  /** Starts a container's program; succeeds when it is about to run. */
  readonly start: (start: ContainerStart) => Effect.Effect<SandboxContainer, StartFailure>
  /**
   * Starts a program beside the container's own. Closing the scope closes its streams, not the
   * program.
   */
  readonly exec: (
    container: SandboxContainer,
    argv: ReadonlyArray<string>
  ) => Effect.Effect<SandboxExec, StartFailure, Scope.Scope>
}

/**
 * How many programs may be on their way at once. More than the processors can do only makes each of
 * them later; half of the way is waiting for the kernel.
 */
const STARTS_AT_ONCE = 2 * availableParallelism()

const readMachineRoot = (): MachineRoot =>
  machineRoot(
    readdirSync("/", { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      kind: entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : "other",
      ...(entry.isSymbolicLink() ? { target: readlinkSync(`/${entry.name}`) } : {})
    }))
  )

/**
 * Where /etc/resolv.conf is a link into the machine's /run, which containers do not see, they get a
 * copy of it. Returns the folder to show it in.
 */
const copyResolver = (state: string): string | undefined => {
  if (!existsSync("/etc/resolv.conf")) return undefined
  const real = realpathSync("/etc/resolv.conf")
  if (!real.startsWith("/run/")) return undefined
  makeFolder(join(state, "resolver"), 0o755)
  copyFileSync(real, join(state, "resolver", basename(real)))
  return dirname(real)
}

const close = (...sockets: ReadonlyArray<Socket>): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const socket of sockets) socket.destroy()
  })

/** Makes the sandbox; closing the scope ends all its processes and removes its folder. */
export const makeSandbox: Effect.Effect<Sandbox, LocalClusterError, Scope.Scope> = Effect.gen(function* () {
  if (process.platform !== "linux") {
    return yield* cannotStart(new NotLinux({ platform: process.platform }))
  }
  const byRoot = process.geteuid?.() === 0
  const folder = mkdtempSync(join(tmpdir(), "local-cluster-"))
  // a container's user, whoever that is, has to get through to its own folders
  chmodSync(folder, 0o755)
  for (const name of ["root", "containers", "volumes", "fifos", "logs"]) makeFolder(join(folder, name), 0o755)
  const machine = readMachineRoot()
  const mounts = parseMountInfo(readFileSync("/proc/self/mountinfo", "utf8"))
  const locked = lockedOptions(mounts, folder)
  const common = { state: folder, machine, locked, resolver: copyResolver(folder) }
  writeFileSync(join(folder, "template.fstab"), templateFstab(folder, machine))

  const holder = yield* Effect.acquireRelease(
    startHolder(folder, setupScript(folder, machine, readOnlyMounts(machine, mounts)), byRoot),
    ({ end }) => end
  )
  const fifos = makeFifos(join(folder, "fifos"))
  const queue = makeStartQueue(STARTS_AT_ONCE)

  const startNow = Effect.fnUntraced(function* (given: ContainerStart) {
    const made = yield* Effect.try({
      try: () => makeContainerRoot({ ...given, ...common, workingDir: given.launch.workingDir }),
      catch: (cause) => startFailure(cause instanceof Error ? cause.message : String(cause))
    })
    const command = containerCommand(holder.pid, { hostname: given.hostname, ...made }, given.launch, byRoot)
    const [stdout, stderr] = [yield* fifos.output, yield* fifos.output]
    const { ended, pid } = yield* launchCommand(inCgroup(given.cgroup, command), "ignore", stdout.end, stderr.end).pipe(
      Effect.tapError(() => close(stdout.reader, stderr.reader))
    )
    const container: SandboxContainer = {
      pid,
      age: given.age,
      launch: given.launch,
      cgroup: given.cgroup,
      stdout: stdout.reader,
      stderr: stderr.reader,
      ended: Deferred.await(ended),
      kill: (signal) =>
        Effect.sync(() => {
          if (Deferred.isDoneUnsafe(ended)) return
          signalProcess(pid, signal)
        })
    }
    return container
  })
  const start = (given: ContainerStart) => queue.turn(given.age)(startNow(given))

  const exec = Effect.fnUntraced(function* (container: SandboxContainer, argv: ReadonlyArray<string>) {
    const command = execCommand(holder.pid, container.pid, { ...container.launch, argv }, byRoot)
    const [stdin, stdout, stderr] = [yield* fifos.input, yield* fifos.output, yield* fifos.output]
    yield* Effect.addFinalizer(() => close(stdin.writer, stdout.reader, stderr.reader))
    const { ended } = yield* launchCommand(inCgroup(container.cgroup, command), stdin.end, stdout.end, stderr.end).pipe(
      queue.turn(container.age)
    )
    const started: SandboxExec = {
      stdin: stdin.writer,
      stdout: stdout.reader,
      stderr: stderr.reader,
      ended: Deferred.await(ended)
    }
    return started
  })

  return { folder, start, exec }
})
