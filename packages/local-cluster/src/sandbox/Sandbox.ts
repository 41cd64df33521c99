/**
 * The namespaces that all containers of a cluster live in, and the processes in them. Starts `unshare` and `nsenter`, and
 * keeps a state folder in the system's folder for temporary files.
 *
 * A *holder*, process 1 of a pid namespace, holds them open. It waits for the end of a pipe from this process, however this
 * process ends; when it ends itself, the kernel kills everything in its namespace. So nothing outlives the cluster.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  closeSync,
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
import { availableParallelism, constants, tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { Deferred, Effect, type Scope } from "effect"
import {
  LocalClusterError,
  type LocalClusterReason,
  NamespacesRefused,
  NotLinux,
  ToolMissing
} from "../contract/LocalClusterError.ts"
import { type ContainerRootPlan, makeContainerRoot, makeFolder } from "./ContainerRoot.ts"
import { makeFifos } from "./Fifos.ts"
import { lockedOptions, type MachineRoot, machineRoot, parseMountInfo, readOnlyMounts } from "./MachineRoot.ts"
import {
  containerCommand,
  execCommand,
  HOLDER_SCRIPT,
  type ProcessLaunch,
  setupScript,
  templateFstab
} from "./SandboxScript.ts"
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

/** Why a program did not start, in containerd's words where it is the program's own fault. */
export interface StartFailure {
  readonly _tag: "StartFailure"
  readonly message: string
}

export interface Sandbox {
  /** The state folder; it goes with the sandbox. */
  readonly folder: string
  /** Starts a container's program; succeeds when it is about to run. */
  readonly start: (start: ContainerStart) => Effect.Effect<SandboxContainer, StartFailure>
  /** Starts a program beside the container's own. Closing the scope closes its streams, not the program. */
  readonly exec: (
    container: SandboxContainer,
    argv: ReadonlyArray<string>
  ) => Effect.Effect<SandboxExec, StartFailure, Scope.Scope>
}

/**
 * How many programs may be on their way at once. More than the processors can do only makes each of them later; half of the
 * way is waiting for the kernel.
 */
const STARTS_AT_ONCE = 2 * availableParallelism()

/** pivot_root(8) is where an ordinary user's PATH does not reach. */
const TOOL_ENVIRONMENT = { ...process.env, PATH: `${process.env["PATH"] ?? "/usr/bin:/bin"}:/usr/sbin:/sbin` }

const failed = (message: string): StartFailure => ({ _tag: "StartFailure", message })

const exitCode = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal])

interface Launched {
  /** Of the container's process 1; 0 for an exec. */
  readonly pid: number
  readonly ended: Deferred.Deferred<number>
}

/** Starts a command that reports on descriptor 2 and has its stderr on 3, and waits for its `ready`. */
const launchCommand = (
  command: ReadonlyArray<string>,
  stdin: number | "ignore",
  stdout: number,
  stderr: number
): Effect.Effect<Launched, StartFailure> =>
  Effect.callback<Launched, StartFailure>((resume) => {
    const ended = Deferred.makeUnsafe<number>()
    const [program = "", ...args] = command
    const child = spawn(program, args, { cwd: "/", detached: true, stdio: [stdin, stdout, "pipe", stderr] })
    for (const end of [stdin, stdout, stderr]) if (end !== "ignore") closeSync(end)
    const report = child.stderr
    if (report === null) return resume(Effect.die("a process without its report pipe"))
    let said = ""
    let ready = false
    report.setEncoding("utf8")
    report.on("data", (text: string) => {
      said += text
      if (!/^ready$/m.test(said)) return
      ready = true
      resume(Effect.succeed({ pid: Number(/^pid (\d+)$/m.exec(said)?.[1] ?? 0), ended }))
    })
    child.on("exit", (code, signal) => Deferred.doneUnsafe(ended, Effect.succeed(exitCode(code, signal))))
    child.on("close", () => {
      const why = said.replace(/^pid \d+\n/, "").trim()
      if (!ready) resume(Effect.fail(failed(why || "nsenter: killed before the program began")))
    })
    child.on("error", (error) => resume(Effect.fail(failed(error.message))))
  })

/** Maps ids one to one for root, as far as this process has them itself; anybody else is the namespace's root. */
const idMap = (file: "uid_map" | "gid_map", byRoot: boolean, own: number): string =>
  !byRoot
    ? `0 ${own} 1\n`
    : readFileSync(`/proc/self/${file}`, "utf8").replace(/^\s*(\d+)\s+\d+\s+(\d+)$/gm, "$1 $1 $2")

const readMachineRoot = (): MachineRoot =>
  machineRoot(
    readdirSync("/", { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      kind: entry.isDirectory() ? "folder" : entry.isSymbolicLink() ? "link" : "other",
      ...(entry.isSymbolicLink() ? { target: readlinkSync(`/${entry.name}`) } : {})
    }))
  )

/**
 * Where /etc/resolv.conf is a link into the machine's /run, which containers do not see, they get a copy of it. Returns the
 * folder to show it in.
 */
const copyResolver = (state: string): string | undefined => {
  if (!existsSync("/etc/resolv.conf")) return undefined
  const real = realpathSync("/etc/resolv.conf")
  if (!real.startsWith("/run/")) return undefined
  makeFolder(join(state, "resolver"), 0o755)
  copyFileSync(real, join(state, "resolver", basename(real)))
  return dirname(real)
}

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
      catch: (cause) => failed(cause instanceof Error ? cause.message : String(cause))
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

const close = (...sockets: ReadonlyArray<Socket>): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const socket of sockets) socket.destroy()
  })

/** The shell joins before the program exists, so nothing of it escapes the limit. */
const inCgroup = (cgroup: string | undefined, command: ReadonlyArray<string>): ReadonlyArray<string> =>
  cgroup === undefined
    ? command
    : ["sh", "-c", 'echo $$ >"$1" || exit 128; shift; exec "$@"', "sh", join(cgroup, "cgroup.procs"), ...command]

const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    // it has just ended by itself
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause
  }
}

const startHolder = (folder: string, setup: string, byRoot: boolean) =>
  Effect.gen(function* () {
    const child = spawn("sh", ["-c", HOLDER_SCRIPT, "sh", setup, folder], {
      cwd: "/",
      detached: true,
      env: TOOL_ENVIRONMENT,
      stdio: ["pipe", "pipe", "pipe"]
    })
    const ended = once(child, "exit")
    const silent = once(child.stderr, "close")
    let complaint = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text
    })
    const lines = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]()
    const end = Effect.promise(async () => {
      child.stdin.end()
      await ended
    })
    const nextPid = Effect.tryPromise({
      try: async () => {
        const { done, value } = await lines.next()
        if (done === true) {
          await silent
          throw new Error(complaint)
        }
        return Number(value)
      },
      catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
    })
    const prepared = Effect.gen(function* () {
      const shell = yield* nextPid
      yield* Effect.try({
        try: () => {
          if (!byRoot) writeFileSync(`/proc/${shell}/setgroups`, "deny")
          writeFileSync(`/proc/${shell}/uid_map`, idMap("uid_map", byRoot, process.getuid?.() ?? 0))
          writeFileSync(`/proc/${shell}/gid_map`, idMap("gid_map", byRoot, process.getgid?.() ?? 0))
        },
        catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
      })
      child.stdin.write("go\n")
      return yield* nextPid
    })
    const pid = yield* prepared.pipe(
      Effect.tapError(() => end),
      Effect.mapError((detail) => cannotStart(refusal(detail.trim())))
    )
    return { pid, end }
  })

const cannotStart = (reason: LocalClusterReason) => new LocalClusterError({ operation: "start", reason })

/** What the tools' own words mean. */
const refusal = (detail: string): LocalClusterReason => {
  const missing = /(\w+): (?:command )?not found/.exec(detail)?.[1]
  return missing === undefined
    ? new NamespacesRefused({ detail: detail.replaceAll("\n", "; ") })
    : new ToolMissing({ tool: missing })
}
