/**
 * One program of the sandbox from its start to its end: spawns a command that reports when it is
 * ready, and sends signals to it.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync } from "node:fs"
import { constants } from "node:os"
import { join } from "node:path"
import { Deferred, Effect, Result } from "effect"

/** Why a program did not start, in containerd's words where it is the program's own fault. */
export interface StartFailure {
  readonly _tag: "StartFailure"
  readonly message: string
  /** `nsenter` itself failed: what was to be joined had ended on the way. */
  readonly joinFailed: boolean
}

/**
 * A start that failed, in the words of the tool that refused it; nothing else tells nsenter's own
 * failures.
 */
export const startFailure = (message: string): StartFailure => ({
  _tag: "StartFailure",
  message,
  joinFailed: message.startsWith("nsenter:")
})

/**
 * What Node throws, instead of emitting `error`, for what execve could not be given. The words are
 * the kernel's, because Node's own quote the argument, which may be a secret.
 */
const thrownWords = (cause: unknown): string => {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "E2BIG":
      return "argument list too long"
    case "ERR_INVALID_ARG_VALUE":
      return "invalid argument"
    default:
      return cause instanceof Error ? cause.message : String(cause)
  }
}

/** Starts a process. Whatever Node throws is a failure in words; later errors are emitted by the child. */
export const spawnChild = <Child extends ChildProcess>(start: () => Child): Result.Result<Child, string> =>
  Result.try({ try: start, catch: thrownWords })

const exitCode = (code: number | null, signal: NodeJS.Signals | null): number =>
  code ?? 128 + (signal === null ? 0 : constants.signals[signal])

/** A program that is about to run. */
export interface Launched {
  /** Of the container's process 1; 0 for an exec. */
  readonly pid: number
  readonly ended: Deferred.Deferred<number>
}

/**
 * Starts a command that reports on descriptor 2 and has its stderr on 3, and waits for its `ready`.
 */
export const launchCommand = (
  command: ReadonlyArray<string>,
  stdin: number | "ignore",
  stdout: number,
  stderr: number
): Effect.Effect<Launched, StartFailure> =>
  Effect.callback<Launched, StartFailure>((resume) => {
    const ended = Deferred.makeUnsafe<number>()
    const [program = "", ...args] = command
    const spawned = spawnChild(() =>
      spawn(program, args, { cwd: "/", detached: true, stdio: [stdin, stdout, "pipe", stderr] })
    )
    for (const end of [stdin, stdout, stderr]) if (end !== "ignore") closeSync(end)
    if (Result.isFailure(spawned)) return resume(Effect.fail(startFailure(spawned.failure)))
    const child = spawned.success
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
      if (!ready) resume(Effect.fail(startFailure(why || "nsenter: killed before the program began")))
    })
    child.on("error", (error) => resume(Effect.fail(startFailure(error.message))))
  })

/** The shell joins before the program exists, so nothing of it escapes the limit. */
export const inCgroup = (cgroup: string | undefined, command: ReadonlyArray<string>): ReadonlyArray<string> =>
  cgroup === undefined
    ? command
    : ["sh", "-c", 'echo $$ >"$1" || exit 128; shift; exec "$@"', "sh", join(cgroup, "cgroup.procs"), ...command]

/** Sends a signal; nothing happens when the process has ended. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (cause) {
    // it has just ended by itself
    if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause
  }
}
