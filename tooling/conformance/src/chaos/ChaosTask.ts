/**
 * The kinds of runs in a chaos run, and what really happens in each. Pure but for the random
 * numbers.
 */
import { createHash } from "node:crypto"
import { numbersFrom } from "@podwright/fault-proxy"
import { type RunResult, type TaskRequest, taskRequest } from "@podwright/runner"
import type { RunnerProperties, TaskIdentity } from "@podwright/spec-builder"
import { Duration } from "effect"

export const CHAOS_KINDS = ["hello", "files", "failing", "log", "cancel", "stopped", "retried"] as const
export type ChaosKind = (typeof CHAOS_KINDS)[number]

/**
 * The lines of a stream, told one at a time: holding them would measure the driver, not podwright.
 */
export interface ExpectedLines {
  readonly count: number
  /** From 0. */
  readonly at: (index: number) => string
  /** Whether fewer may come: of a command that is stopped, what its pod's end cuts off. */
  readonly mayBeCut?: boolean
}

export interface ChaosTask {
  readonly kind: ChaosKind
  readonly commands: ReadonlyArray<string>
  readonly exitCode: number
  /** Content of `data`, which comes back as `copy`; undefined: no files. */
  readonly input: string | undefined
  /** The run's own limit. */
  readonly timeoutSeconds?: number
  /** How often it is tried; its first attempt is out of time. */
  readonly attempts?: number
  /** Every line that is to be delivered, by stream, of the last attempt; undefined for a run that is cancelled. */
  readonly lines: { readonly stdout: ExpectedLines; readonly stderr: ExpectedLines } | undefined
}

/**
 * Enough to be cut in the middle of: some seconds of a slow stream, and more than the kernel
 * buffers.
 */
const LOG_LINES = 100_000
const MEBIBYTE = 1024 * 1024
const LARGEST_INPUT = 2 * MEBIBYTE

/** Of one run with files in ten: what two execs carry, in five pieces. */
const LARGE_INPUT = 34 * MEBIBYTE
const LARGE_EVERY = 10 * CHAOS_KINDS.length

const listed = (...lines: ReadonlyArray<string>): ExpectedLines => ({
  count: lines.length,
  at: (index) => lines[index] ?? ""
})

/** Never ends by itself, and takes so long to end when it is told to. */
const endless = (seconds: string) =>
  `trap 'echo got TERM; sleep ${seconds}; echo leaving; exit 3' TERM; echo begun; while :; do sleep 0.1; done`

/** Long enough to begin in, without faults. */
const TIMEOUT_SECONDS = 3

/** The run of a number; the same for the same seed. `firstPod` is the name of its first attempt's pod. */
export const chaosTask = (seed: number, index: number, firstPod: (kind: ChaosKind) => string): ChaosTask => {
  const next = numbersFrom(seed + index)
  const kind = CHAOS_KINDS[index % CHAOS_KINDS.length] ?? "hello"
  const plain = { kind, exitCode: 0, input: undefined }
  switch (kind) {
    case "hello": {
      const lines = { stdout: listed(`hello ${index}`), stderr: listed(`aside ${index}`) }
      return { ...plain, commands: [`echo hello ${index}`, `echo aside ${index} >&2`], lines }
    }
    case "files": {
      const isLarge = index % LARGE_EVERY === CHAOS_KINDS.indexOf("files")
      const line = () => `${next()}\n`
      const length = isLarge ? MEBIBYTE : Math.floor(next() * LARGEST_INPUT)
      let input = ""
      while (input.length < length) input += line()
      // Each MiB begins with a line of its own, so that none passes for another.
      if (isLarge) input = Array.from({ length: LARGE_INPUT / MEBIBYTE }, () => line() + input).join("")
      return {
        ...plain,
        commands: ["cp data copy", "echo copied"],
        input,
        lines: { stdout: listed("copied"), stderr: listed() }
      }
    }
    case "failing": {
      const exitCode = 1 + Math.floor(next() * 100)
      const commands = ["echo before", `exit ${exitCode}`]
      return { ...plain, commands, exitCode, lines: { stdout: listed("before"), stderr: listed() } }
    }
    case "log": {
      const program = `BEGIN { for (i = 1; i <= ${LOG_LINES}; i++) { print "out", i; if (i % 10 == 0) print "err", i > "/dev/stderr" } }`
      const lines = {
        stdout: { count: LOG_LINES, at: (line: number) => `out ${line + 1}` },
        stderr: { count: LOG_LINES / 10, at: (line: number) => `err ${(line + 1) * 10}` }
      }
      return { ...plain, commands: [`awk '${program}'`], lines }
    }
    case "cancel":
      return { ...plain, commands: [endless((2 * next()).toFixed(1))], lines: undefined }
    case "stopped": {
      const lines = { stdout: { ...listed("begun", "got TERM", "leaving"), mayBeCut: true }, stderr: listed() }
      const commands = [endless((2 * next()).toFixed(1))]
      return { ...plain, commands, timeoutSeconds: TIMEOUT_SECONDS, lines }
    }
    case "retried": {
      const first = endless((2 * next()).toFixed(1))
      const commands = [`if [ "$(hostname)" = ${firstPod(kind)} ]; then ${first}; fi`, "echo second"]
      const lines = { stdout: listed("second"), stderr: listed() }
      return { ...plain, commands, timeoutSeconds: TIMEOUT_SECONDS, attempts: 4, lines }
    }
  }
}

/** Who the first attempt is. */
export const chaosIdentity = (kind: ChaosKind, flowId: string, taskRunId: string): TaskIdentity => ({
  namespace: "chaos",
  flowId,
  taskId: kind,
  executionId: taskRunId,
  taskRunId,
  attempt: 0
})

/** What the runner is asked for. */
export const chaosRequest = (
  task: ChaosTask,
  flowId: string,
  taskRunId: string,
  namespace: string,
  outputDirectory: string,
  runner: RunnerProperties
): TaskRequest =>
  taskRequest({
    identity: chaosIdentity(task.kind, flowId, taskRunId),
    image: "busybox",
    commands: task.commands,
    ...(task.input === undefined
      ? {}
      : { inputFiles: [{ name: "data", source: { _tag: "Text", text: task.input } }], outputFiles: ["copy"] }),
    outputDirectory,
    timeout: task.timeoutSeconds === undefined ? undefined : Duration.seconds(task.timeoutSeconds),
    runner: { ...runner, namespace }
  })

/** Holds what is delivered of a stream against what is expected, and forgets it. */
export class DeliveredLines {
  private readonly stream: string
  private readonly expected: ExpectedLines
  private count = 0
  private difference: string | undefined

  constructor(stream: string, expected: ExpectedLines) {
    this.stream = stream
    this.expected = expected
  }

  take(lines: ReadonlyArray<string>): void {
    for (const line of lines) {
      const isRight = this.count < this.expected.count && line === this.expected.at(this.count)
      this.count++
      if (!isRight) this.difference ??= `; line ${this.count} is ${JSON.stringify(line)}`
    }
  }

  /** In words; empty when nothing is. */
  get wrong(): ReadonlyArray<string> {
    const isWhole = this.count === this.expected.count || this.expected.mayBeCut === true
    if (this.difference === undefined && isWhole) return []
    return [`${this.stream} has ${this.count} lines for ${this.expected.count}${this.difference ?? ""}`]
  }
}

/**
 * What is wrong with a result but for its log; empty when nothing is. `copy` is the content that
 * came back.
 */
export const untruths = (
  task: ChaosTask,
  result: Pick<RunResult, "exitCode" | "outputFiles">,
  copy: Uint8Array | undefined
): ReadonlyArray<string> => {
  if (task.lines === undefined || task.kind === "stopped") return ["it ended by itself"]
  const code = result.exitCode === task.exitCode ? [] : [`exit code ${result.exitCode} for ${task.exitCode}`]
  const digest = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex")
  const files =
    task.input === undefined || (copy !== undefined && digest(copy) === digest(task.input)) ? [] : ["the file differs"]
  return [...code, ...files]
}
