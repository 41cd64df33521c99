/** Runs the kubectl that `tooling/real-cluster` built, against any cluster. */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { clusterFromEnvironment } from "./Cluster.ts"

/** Beside the kubeconfig of the real cluster; the tests that need it are no good without. */
const program = (): string => {
  const path = join(dirname(dirname(clusterFromEnvironment().kubeconfig)), "bin/kubectl")
  if (!existsSync(path)) throw new Error(`there is no ${path}: KUBECONFIG must be that of tooling/real-cluster/up`)
  return path
}

export interface KubectlEnd {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningKubectl {
  readonly process: ChildProcess
  /** Resolves when stdout has the text; rejects when kubectl ends before. */
  readonly printed: (text: string) => Promise<void>
  readonly ended: Promise<KubectlEnd>
}

/** Starts kubectl; `input` goes to its stdin. */
export const startKubectl = (kubeconfig: string, args: ReadonlyArray<string>, input = ""): RunningKubectl => {
  const child = spawn(program(), ["--kubeconfig", kubeconfig, ...args], { stdio: "pipe" })
  const text = { stdout: "", stderr: "" }
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text.stdout += chunk
  })
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text.stderr += chunk
  })
  child.stdin.end(input)
  const ended = new Promise<KubectlEnd>((resolve) => child.on("close", (code) => resolve({ code, ...text })))
  const printed = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (text.stdout.includes(wanted)) resolve()
      }
      child.stdout.on("data", look)
      child.on("close", () => reject(new Error(`kubectl ended without '${wanted}': ${text.stdout}${text.stderr}`)))
      look()
    })
  return { process: child, printed, ended }
}

/** Runs kubectl to its end; rejects, with its words, when it fails. */
export const kubectl = async (kubeconfig: string, args: ReadonlyArray<string>, input = ""): Promise<KubectlEnd> => {
  const end = await startKubectl(kubeconfig, args, input).ended
  if (end.code !== 0) throw new Error(`kubectl ${args.join(" ")} ended with ${end.code}: ${end.stderr}${end.stdout}`)
  return end
}
