/** Runs the CLI as a person would: a process with arguments, its two streams and its exit code. */
import { AsyncLocalStorage } from "node:async_hooks"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { onTestFinished, type TestContext } from "vitest"
import type { Cluster } from "./Cluster.ts"

const REPOSITORY = join(import.meta.dirname, "../../../..")
const MAIN = join(REPOSITORY, "apps/cli/src/main.ts")

/**
 * Where the CLI is started: what it is not told to put elsewhere goes below it, and must not be in
 * another user's way.
 */
const HERE = join(tmpdir(), `podwright-conformance-${userInfo().uid}`)
mkdirSync(HERE, { recursive: true })

export interface Invocation {
  readonly process: ChildProcess
  /** Everything printed so far. */
  readonly stdout: () => Buffer
  readonly stderr: () => string
  /** Resolves when the process has ended and both streams are read. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** Resolves when the text has appeared on either stream; rejects when the process ends before. */
  readonly printed: (text: string) => Promise<void>
}

/** Starts `podwright ARGS` as the user with the documented Role; `input` is its stdin. */
export const start = (
  cluster: Cluster,
  args: ReadonlyArray<string>,
  kubeconfig = cluster.limitedKubeconfig,
  input = "",
  environment: Readonly<Record<string, string>> = {}
): Invocation => {
  const child = spawn(process.execPath, ["--conditions=@podwright/source", MAIN, ...args], {
    cwd: HERE,
    env: { ...process.env, KUBECONFIG: kubeconfig, ...environment },
    stdio: "pipe"
  })
  // A run that reads none of it ends before it is written.
  child.stdin.on("error", () => undefined).end(input)
  const chunks = { stdout: [] as Array<Buffer>, stderr: [] as Array<Buffer> }
  const stdout = () => Buffer.concat(chunks.stdout)
  const stderr = () => Buffer.concat(chunks.stderr).toString("utf8")
  child.stdout.on("data", (chunk: Buffer) => chunks.stdout.push(chunk))
  child.stderr.on("data", (chunk: Buffer) => chunks.stderr.push(chunk))
  const ended = new Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal }))
  )
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stdout().includes(text) || stderr().includes(text)) resolve()
      }
      child.stdout.on("data", look)
      child.stderr.on("data", look)
      child.on("close", () => reject(new Error(`it ended without printing '${text}':\n${stdout()}${stderr()}`)))
      look()
    })
  return { process: child, stdout, stderr, ended, printed }
}

/** Runs `podwright ARGS` to its end. */
export const podwright = async (...how: Parameters<typeof start>) => {
  const invocation = start(...how)
  const { code } = await invocation.ended
  return { code, stdout: invocation.stdout().toString("utf8"), stderr: invocation.stderr() }
}

/** A folder for several tests; `beforeAll` returns `removeFolder` of it. */
export const sharedFolder = (): Promise<string> => mkdtemp(join(tmpdir(), "podwright-conformance-"))

/** Some hold 600 MB. */
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

const current = new AsyncLocalStorage<TestContext>()

/**
 * An `aroundEach` for tests that run side by side, where Vitest itself cannot tell whose folder one
 * is.
 */
export const ownScratch = (run: () => Promise<void>, context: TestContext): Promise<void> => current.run(context, run)

/** A folder of a test's own, gone when it ends. */
export const scratch = async (): Promise<string> => {
  const folder = await sharedFolder()
  const whenFinished = current.getStore()?.onTestFinished ?? onTestFinished
  whenFinished(() => removeFolder(folder))
  return folder
}

/** Ids for flows that no other test run uses, so that leftovers are told from each other's pods. */
export const freshId = (name: string): string => `${name}-${Math.random().toString(36).slice(2, 8)}`

/**
 * Writes a flow of one shell task and returns its path; `task` is YAML for the task's further
 * properties.
 */
export const writeFlow = async (
  folder: string,
  id: string,
  commands: ReadonlyArray<string>,
  task = ""
): Promise<string> => {
  const path = join(folder, `${id}.yaml`)
  const lines = [
    `id: ${id}`,
    "namespace: company.team",
    "tasks:",
    "  - id: shell",
    "    type: io.kestra.plugin.scripts.shell.Commands",
    ...task
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => `    ${line}`),
    "    commands:",
    ...commands.map((command) => `      - ${JSON.stringify(command)}`)
  ]
  await writeFile(path, `${lines.join("\n")}\n`)
  return path
}
