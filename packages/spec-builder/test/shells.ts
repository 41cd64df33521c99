/**
 * Running the scripts for real: the shells this machine has, and a gate in a folder of its own.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { gateScript } from "../src/script/GateScript.ts"

/** Where a program is, by PATH. */
export const find = (program: string): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })

/**
 * The kinds of shell that images have, where they are installed; `sh`, whichever it is, where none
 * of them is.
 */
const installed: ReadonlyArray<ReadonlyArray<string>> = [["dash"], ["bash"], ["busybox", "ash"]].filter(
  ([name = ""]) => find(name) !== undefined
)
export const shells: ReadonlyArray<ReadonlyArray<string>> = installed.length === 0 ? [["sh"]] : installed

/** Waits until something is so; the test's own time limit is the only other end. */
export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

export interface Ended {
  /**
   * The exit code as the parent of the shell sees it; -1 when the shell itself died by a signal.
   */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A process with its output collected; killed with all its children by `stop`. */
export class Script {
  readonly process: ChildProcess
  /** Ended, and nobody holds its pipes any more. */
  readonly ended: Promise<Ended>
  /** The exit code alone, whoever still holds the pipes. */
  readonly exited: Promise<number>
  stdout = ""
  stderr = ""

  constructor(argv: ReadonlyArray<string>, env: NodeJS.ProcessEnv = process.env, user?: number) {
    const [program = "", ...rest] = argv
    this.process = spawn(program, rest, {
      detached: true,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...(user === undefined ? {} : { uid: user, gid: user })
    })
    this.process.stdout?.on("data", (bytes: Buffer) => {
      this.stdout += bytes.toString("latin1")
    })
    this.process.stderr?.on("data", (bytes: Buffer) => {
      this.stderr += bytes.toString("latin1")
    })
    this.exited = new Promise((resolve) => this.process.on("exit", (code) => resolve(code ?? -1)))
    this.ended = new Promise((resolve, reject) => {
      this.process.on("error", reject)
      this.process.on("close", (code) => resolve({ code: code ?? -1, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name)
  }

  stop(): void {
    try {
      if (this.process.pid !== undefined) process.kill(-this.process.pid, "SIGKILL")
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error
    }
  }
}

/** Where a link points to; undefined when it has gone meanwhile. */
const readLink = (path: string): string | undefined => {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** A volume as the helper makes it, and a gate that runs an argv on it. */
export class Gate {
  readonly root = mkdtempSync(join(tmpdir(), "podwright gate's-"))
  script: Script | undefined

  constructor() {
    for (const folder of ["run", "work", "output"]) mkdirSync(join(this.root, folder))
  }

  path(...parts: ReadonlyArray<string>): string {
    return join(this.root, ...parts)
  }

  start(shell: ReadonlyArray<string>, argv: ReadonlyArray<string>, env?: NodeJS.ProcessEnv, user?: number): Script {
    this.script = new Script([...shell, "-c", gateScript(this.root), "podwright", ...argv], env, user)
    return this.script
  }

  ready(): void {
    writeFileSync(this.path("run", "ready"), "")
  }

  /** As the session does for a main of another user. */
  open(): void {
    writeFileSync(this.path("run", "open"), "")
  }

  makeBell(): void {
    execFileSync("mkfifo", [this.path("run", ".bell")])
  }

  /** As the session does; the bell may have no listener. */
  ring(): void {
    execFileSync("sh", ["-c", 'echo 1<>"$1"', "sh", this.path("run", ".bell")])
  }

  /** Whether the gate holds the bell open, which it does before it looks for `ready`. */
  listens(): boolean {
    const fds = `/proc/${this.script?.process.pid}/fd`
    return readdirSync(fds).some((fd) => readLink(join(fds, fd)) === this.path("run", ".bell"))
  }

  /** The gate's children that carry output, but for the command: cats, and the gate's own shell passing output on. */
  carriers(name?: string): ReadonlyArray<number> {
    const own = this.script?.process.pid
    const nameOf = (pid: number | string | undefined): string => readFileSync(`/proc/${pid}/comm`, "utf8").trimEnd()
    const children = readFileSync(`/proc/${own}/task/${own}/children`, "utf8").trim().split(" ").map(Number)
    return children.filter((pid) => (name === undefined ? [nameOf(own), "cat"] : [name]).includes(nameOf(pid)))
  }

  /** Runs to the end with the input there from the start. */
  run(shell: ReadonlyArray<string>, argv: ReadonlyArray<string>, env?: NodeJS.ProcessEnv): Promise<Ended> {
    this.ready()
    return this.start(shell, argv, env).ended
  }

  file(name: string): string {
    return readFileSync(this.path("run", name), "latin1")
  }

  has(name: string): boolean {
    return existsSync(this.path("run", name))
  }

  /**
   * A PATH where the gate's sleeps leave a trace, and last as long as they are told to or as
   * `instead` says.
   */
  tracedSleep(instead = "$1"): NodeJS.ProcessEnv {
    const folder = this.path("bin")
    mkdirSync(folder)
    const script = `#!/bin/sh\necho "$1" >>"${this.path("naps")}"\nexec ${find("sleep") ?? "sleep"} "${instead}"\n`
    writeFileSync(join(folder, "sleep"), script, { mode: 0o755 })
    return { PATH: `${folder}${delimiter}${process.env["PATH"] ?? ""}` }
  }

  /** How long the gate's sleeps were to last, in their order. */
  naps(): ReadonlyArray<string> {
    return existsSync(this.path("naps")) ? readFileSync(this.path("naps"), "utf8").trimEnd().split("\n") : []
  }

  /** A PATH with these programs and no other. */
  onlyPrograms(...names: ReadonlyArray<string>): NodeJS.ProcessEnv {
    const folder = this.path("bin")
    mkdirSync(folder)
    for (const name of names) symlinkSync(find(name) ?? name, join(folder, name))
    return { PATH: folder }
  }

  [Symbol.dispose](): void {
    this.script?.stop()
    rmSync(this.root, { recursive: true, force: true })
  }
}
