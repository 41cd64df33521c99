/** What is run: the same tasks for podwright and for the raw sequences. Pure data. */
import { taskRequest } from "@podwright/runner"
import { decodeRunnerProperties, makeTask, type TaskFields, type TaskValues, taskValues } from "@podwright/spec-builder"
import { Effect } from "effect"

export interface BenchTask {
  readonly name: string
  readonly commands: ReadonlyArray<string>
  /** Content of `data.txt`; empty: no file goes in and `out.txt` does not come out. */
  readonly input: Buffer
  readonly stdout: string
  readonly stderr: string
}

export const hello: BenchTask = {
  name: "hello",
  commands: ["echo Hello World"],
  input: Buffer.alloc(0),
  stdout: "Hello World\n",
  stderr: ""
}

/** As design §3 measured it: `cp`, one line on each stream. */
export const oneKibibyte: BenchTask = {
  name: "1 KiB in and out",
  commands: ["cp data.txt out.txt", "echo out", "echo err >&2"],
  input: Buffer.alloc(1024, "podwright bench\n"),
  stdout: "out\n",
  stderr: "err\n"
}

/**
 * Without a tag Kubernetes would pull it for every container, and a kubelet refuses more than 5
 * pulls a second (after 10 at once, `registryPullQPS`) and comes back to such a container 10 or
 * 20 s later: of 40 pods at once nothing else would be seen.
 */
export const PULL_POLICY = { property: "IF_NOT_PRESENT", field: "IfNotPresent" } as const

const IMAGE = "busybox"

const identity = (run: string) => ({
  namespace: "bench",
  flowId: "bench",
  taskId: "latency",
  executionId: run,
  taskRunId: run,
  attempt: 0
})

export const runnerProperties = Effect.orDie(
  Effect.fromResult(decodeRunnerProperties({ pullPolicy: PULL_POLICY.property }))
)

const fields = (task: BenchTask, run: string): TaskFields => ({
  identity: identity(run),
  image: IMAGE,
  commands: task.commands,
  ...(task.input.length === 0
    ? {}
    : {
        inputFiles: [{ name: "data.txt", source: { _tag: "Text", text: task.input.toString() } }],
        outputFiles: ["out.txt"]
      })
})

/** For spec-builder: what the runner makes of `benchRequest`. */
export const benchValues = (task: BenchTask, run: string): TaskValues => taskValues(makeTask(fields(task, run)))

/** For the runner. */
export const benchRequest = Effect.fnUntraced(function* (task: BenchTask, run: string, outputDirectory: string) {
  return taskRequest({ ...fields(task, run), outputDirectory, runner: yield* runnerProperties })
})
