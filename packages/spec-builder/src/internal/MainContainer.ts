/**
 * The container that runs the task: what podwright starts from, what users add, what the task and the protocol decide. Pure.
 */
import { gateShell, literal } from "../ContainerCommand.ts"
import { gateScript } from "../GateScript.ts"
import type { ContainerManifest, JsonObject, PodShapeName } from "../PodManifest.ts"
import { MAIN_CONTAINER, PROTOCOL_ENV, VOLUME_ROOT, volumeMount, WORK_DIRECTORY } from "../PodVolume.ts"
import type { RunnerProperties } from "../RunnerProperties.ts"
import { mergeSpecs } from "../SpecMerge.ts"
import type { TaskValues } from "../TaskValues.ts"

/** The API's names of the runner's pull policies. */
export const PULL_POLICIES = { ALWAYS: "Always", IF_NOT_PRESENT: "IfNotPresent", NEVER: "Never" } as const

const variables = (values: Readonly<Record<string, string>>): ReadonlyArray<JsonObject> =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

const program = (task: TaskValues, shape: PodShapeName, argv: ReadonlyArray<string>): JsonObject => {
  if (task.command._tag === "Entrypoint") return task.command.args === undefined ? {} : { args: task.command.args }
  const command = argv.map(literal)
  if (shape !== "gate") return { command }
  const gate = [gateShell(task.command.interpreter), "-c", gateScript(VOLUME_ROOT), "podwright"]
  return { command: [...gate.map(literal), ...command] }
}

const resources = (runner: RunnerProperties): JsonObject => {
  if (runner.resources === undefined) return {}
  const { request, limit } = runner.resources
  return {
    resources: {
      ...(request === undefined ? {} : { requests: request }),
      ...(limit === undefined ? {} : { limits: limit })
    }
  }
}

/**
 * Main. `layers` are what users wrote for it, least specific first; `argv` is the task's own command and empty for an
 * entrypoint task.
 */
export const mainContainer = (
  task: TaskValues,
  runner: RunnerProperties,
  shape: PodShapeName,
  argv: ReadonlyArray<string>,
  layers: ReadonlyArray<JsonObject>
): ContainerManifest => {
  const skeleton: JsonObject = {
    name: MAIN_CONTAINER,
    image: task.image,
    imagePullPolicy: PULL_POLICIES.ALWAYS,
    // In the gate shape the runtime would make the folder, as root, before the helper can; the gate changes into it instead.
    ...(shape === "init" ? { workingDir: WORK_DIRECTORY } : {}),
    // Ours come first, so that a user's variable can refer to them: Kubernetes expands `$(NAME)` of earlier variables only.
    ...(shape === "bare" ? {} : { env: variables(PROTOCOL_ENV), volumeMounts: [volumeMount] })
  }
  const env = variables(task.env).map((variable) => ({ ...variable, value: literal(String(variable["value"])) }))
  const named: JsonObject = {
    image: task.image,
    ...(runner.pullPolicy === undefined ? {} : { imagePullPolicy: PULL_POLICIES[runner.pullPolicy] }),
    ...(env.length === 0 ? {} : { env }),
    ...resources(runner)
  }
  const protocol: JsonObject = { name: MAIN_CONTAINER, ...program(task, shape, argv) }
  return { ...mergeSpecs(skeleton, ...layers, named, protocol), name: MAIN_CONTAINER }
}
