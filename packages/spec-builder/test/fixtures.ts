/**
 * Values that tests start from: one task, one runner, and the way to a plan or its error.
 */
import { Result } from "effect"
import type { SpecError } from "../src/error/SpecError.ts"
import { buildPod } from "../src/pod/PodBuilder.ts"
import type { PodPlan } from "../src/pod/PodPlan.ts"
import { decodeRunnerProperties } from "../src/properties/RunnerDecoding.ts"
import type { RunnerProperties } from "../src/properties/RunnerProperties.ts"
import { type Commands, DEFAULT_INTERPRETER, type TaskValues } from "../src/task/TaskValues.ts"
import type { JsonObject } from "../src/values/Json.ts"

export const commands = (...lines: ReadonlyArray<string>): Commands => ({
  _tag: "Commands",
  interpreter: DEFAULT_INTERPRETER,
  beforeCommands: [],
  commands: lines,
  failFast: true
})

export const task = (changes: Partial<TaskValues> = {}): TaskValues => ({
  identity: {
    namespace: "company.team",
    flowId: "daily",
    taskId: "hello",
    executionId: "execution-1",
    taskRunId: "run-1",
    attempt: 0
  },
  image: "alpine",
  command: commands("echo hello"),
  env: {},
  hasInputs: true,
  wantsOutputs: true,
  ...changes
})

export const entrypoint = (changes: Partial<TaskValues> = {}): TaskValues =>
  task({ command: { _tag: "Entrypoint" }, ...changes })

export const runner = (properties: unknown = {}): RunnerProperties =>
  Result.getOrThrow(decodeRunnerProperties(properties))

export const plan = (values: TaskValues = task(), properties: unknown = {}): PodPlan =>
  Result.getOrThrow(buildPod(values, runner(properties)))

export const failure = (values: TaskValues, properties: unknown = {}): SpecError =>
  Result.getOrThrow(Result.flip(buildPod(values, runner(properties))))

export const container = (from: PodPlan, name: string): JsonObject => {
  const inits = from.manifest.spec["initContainers"]
  const all = [...from.manifest.spec.containers, ...(Array.isArray(inits) ? inits : [])]
  const found = all.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no container ${name}`)
  return found
}
