/**
 * The container that runs the task: what podwright starts from, what users add, what the task and
 * the protocol decide. Pure.
 */

import { mergeLayers } from "../merge/LayerMerge.ts"
import { type TracedObject, untraceObject } from "../merge/Traced.ts"
import type { RunnerProperties } from "../properties/RunnerProperties.ts"
import { gateScript } from "../script/GateScript.ts"
import { droppedVariables, gateShell, literal } from "../task/ContainerCommand.ts"
import type { TaskValues } from "../task/TaskValues.ts"
import { isList, isObject, type JsonObject } from "../values/Json.ts"
import { mainSecurity } from "./ContainerSecurity.ts"
import type { PodShapeName } from "./PodPlan.ts"
import { MAIN_CONTAINER, PROTOCOL_ENV, VOLUME_ROOT, volumeMount, WORK_DIRECTORY } from "./PodVolume.ts"
import { DEFAULT_LAYER, named, PROTOCOL_LAYER, type SpecLayers, traced } from "./SpecLayers.ts"

/** The API's names of the runner's pull policies. */
export const PULL_POLICIES = { ALWAYS: "Always", IF_NOT_PRESENT: "IfNotPresent", NEVER: "Never" } as const

/** The runner's policy as a container has it. */
export const imagePullPolicy = ({ pullPolicy }: RunnerProperties): JsonObject | undefined =>
  pullPolicy === undefined ? undefined : { imagePullPolicy: PULL_POLICIES[pullPolicy] }

const variables = (values: Readonly<Record<string, string>>): ReadonlyArray<JsonObject> =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

/**
 * The task's command; an entrypoint task has none, and what the image or `containerSpec` says
 * stays.
 */
const program = (task: TaskValues, argv: ReadonlyArray<string>): JsonObject | undefined =>
  task.command._tag === "Commands" ? { command: argv.map(literal) } : undefined

/** The task's command inside the gate; `names` are the container's variables. */
const gated = (task: TaskValues, argv: ReadonlyArray<string>, names: ReadonlyArray<string>): JsonObject => {
  const interpreter = task.command._tag === "Commands" ? task.command.interpreter : []
  const gate = [gateShell(interpreter), "-c", gateScript(VOLUME_ROOT), "podwright"]
  return { command: [...gate.map(literal), ...droppedVariables(interpreter, names), ...argv.map(literal)] }
}

/** The names of a container's variables. */
const variableNames = ({ env }: JsonObject): ReadonlyArray<string> =>
  (isList(env) ? env : []).flatMap((one) => (isObject(one) && typeof one["name"] === "string" ? [one["name"]] : []))

const resources = (runner: RunnerProperties): JsonObject | undefined => {
  if (runner.resources === undefined) return undefined
  const { request, limit } = runner.resources
  return {
    resources: {
      ...(request === undefined ? {} : { requests: request }),
      ...(limit === undefined ? {} : { limits: limit })
    }
  }
}

/** Main. `argv` is the task's own command and empty for an entrypoint task. */
export const mainContainer = (
  task: TaskValues,
  runner: RunnerProperties,
  shape: PodShapeName,
  argv: ReadonlyArray<string>,
  layers: SpecLayers
): TracedObject => {
  const skeleton: JsonObject = {
    imagePullPolicy: PULL_POLICIES.ALWAYS,
    // In the gate shape the runtime would make the folder, as root, before the helper can; the gate
    // changes into it instead.
    ...(shape === "init" ? { workingDir: WORK_DIRECTORY } : {}),
    ...mainSecurity(layers.main, layers.pod.value)
  }
  // Ours come first, so that a user's variable can refer to them: Kubernetes expands `$(NAME)` of
  // earlier variables only.
  const shared: JsonObject = { env: variables(PROTOCOL_ENV), volumeMounts: [volumeMount] }
  const env = variables(task.env).map((variable) => ({ ...variable, value: literal(String(variable["value"])) }))
  const layered = [
    { from: DEFAULT_LAYER, value: skeleton },
    ...named(PROTOCOL_LAYER, shape === "bare" ? undefined : shared),
    ...layers.main.map(traced),
    { from: "task.image", value: { image: task.image } },
    ...named("pullPolicy", imagePullPolicy(runner)),
    ...named("task.env", env.length === 0 ? undefined : { env }),
    ...named("resources", resources(runner)),
    ...named("task.command", program(task, argv))
  ]
  const gate = shape === "gate" ? gated(task, argv, variableNames(untraceObject(mergeLayers(layered)))) : {}
  return mergeLayers([...layered, { from: PROTOCOL_LAYER, value: { name: MAIN_CONTAINER, ...gate } }])
}
