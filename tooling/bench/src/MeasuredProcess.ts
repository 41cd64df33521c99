/**
 * Runs a program to its end and tells how long it took, how much CPU and how much memory at most,
 * by the kernel's own count.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"

export interface ProcessMeasure {
  readonly seconds: number
  /** The largest resident set, MiB, of the process itself (VmHWM). */
  readonly peakMiB: number
  /** CPU seconds of the process with all its threads, by the kernel's count of hundredths. */
  readonly cpuSeconds: number
  readonly stdout: string
}

/**
 * Both marks only ever rise, so all that a look each 20 ms can miss is what came in the last 20.
 */
const LOOK_MS = 20

const marksOf = (pid: number): Pick<ProcessMeasure, "peakMiB" | "cpuSeconds"> | undefined => {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))
    // After the name, which may hold spaces: fields 14 and 15 are user and system time in
    // hundredths of a second.
    const [, fields = ""] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? []
    const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number)
    return match === null ? undefined : { peakMiB: Number(match[1]) / 1024, cpuSeconds: (user + system) / 100 }
  } catch {
    // It has ended since.
    return undefined
  }
}

/** Looks at a process until it has ended; the call gives what was seen last. */
export const watchProcess = (child: ChildProcess): (() => Pick<ProcessMeasure, "peakMiB" | "cpuSeconds">) => {
  let marks = { peakMiB: 0, cpuSeconds: 0 }
  const look = setInterval(() => {
    marks = (child.pid === undefined ? undefined : marksOf(child.pid)) ?? marks
  }, LOOK_MS)
  child.on("close", () => clearInterval(look))
  return () => marks
}

/** Rejects, with what it said, when the program does not end well. */
export const measureProcess = (
  program: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd?: string } = {}
): Promise<ProcessMeasure> =>
  new Promise((resolve, reject) => {
    const begin = performance.now()
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], ...options })
    const text = { stdout: "", stderr: "" }
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk
      })
    }
    const marks = watchProcess(child)
    child.on("error", reject)
    child.on("close", (code) => {
      const seconds = (performance.now() - begin) / 1000
      if (code === 0) return resolve({ seconds, ...marks(), stdout: text.stdout })
      reject(new Error(`${program} ${args.join(" ")} ended with ${code}: ${text.stderr}${text.stdout.slice(-2000)}`))
    })
  })
