/** Runs a program to its end and tells how long it took and how much memory it had at most, by the kernel's own count. */
import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

export interface ProcessMeasure {
  readonly seconds: number
  /** The largest resident set, MiB, of the process itself (VmHWM). */
  readonly peakMiB: number
  readonly stdout: string
}

/** The kernel's mark only ever rises, so all that a look each 20 ms can miss is what came in the last 20. */
const LOOK_MS = 20

const peakOf = (pid: number): number | undefined => {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))
    return match === null ? undefined : Number(match[1]) / 1024
  } catch {
    // It has ended since.
    return undefined
  }
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
    let peakMiB = 0
    const look = setInterval(() => {
      peakMiB = (child.pid === undefined ? undefined : peakOf(child.pid)) ?? peakMiB
    }, LOOK_MS)
    child.on("error", reject)
    child.on("close", (code) => {
      clearInterval(look)
      const seconds = (performance.now() - begin) / 1000
      if (code === 0) return resolve({ seconds, peakMiB, stdout: text.stdout })
      reject(new Error(`${program} ${args.join(" ")} ended with ${code}: ${text.stderr}${text.stdout.slice(-2000)}`))
    })
  })
