/**
 * The pod's spec: its own fields and its containers, each field with the layer that set it. Pure.
 */

import { Duration } from "effect"
import { mergeLayers } from "../merge/LayerMerge.ts"
import { type TracedObject, tracedList, tracedObject, untraceObject } from "../merge/Traced.ts"
import type { RunnerProperties } from "../properties/RunnerProperties.ts"
import { completionLimit } from "../task/CompletionLimit.ts"
import type { TaskValues } from "../task/TaskValues.ts"
import type { JsonObject } from "../values/Json.ts"
import { helperUser, knownUser } from "./ContainerSecurity.ts"
import { helperContainer } from "./HelperContainer.ts"
import { mainContainer } from "./MainContainer.ts"
import type { PodShape } from "./PodShape.ts"
import { HELPER_CONTAINER, INPUT_CONTAINER, podVolume } from "./PodVolume.ts"
import { DEFAULT_LAYER, named, PROTOCOL_LAYER, type SpecLayers, traced, userContainers } from "./SpecLayers.ts"

/**
 * What `activeDeadlineSeconds` adds to the two limits: time to collect outputs and late log lines,
 * and for a driver that was restarted to find the pod again. Past it nobody is coming, and the node
 * should be free.
 */
export const DEADLINE_MARGIN_SECONDS = 600

/** The API server takes no more for `activeDeadlineSeconds` (math.MaxInt32); it is 68 years. */
const MAXIMUM_DEADLINE_SECONDS = 2_147_483_647

const completionOf = ({ timeoutSeconds }: TaskValues, runner: RunnerProperties) =>
  completionLimit(timeoutSeconds === undefined ? undefined : Duration.seconds(timeoutSeconds), runner)

/**
 * The pod's deadline in whole seconds, counted by the kubelet from the moment it accepts the pod.
 */
const activeDeadlineSeconds = (task: TaskValues, runner: RunnerProperties): number => {
  const completion = Duration.toSeconds(completionOf(task, runner).duration)
  const seconds = Duration.toSeconds(runner.waitUntilRunning) + completion + DEADLINE_MARGIN_SECONDS
  return Math.min(Math.ceil(seconds), MAXIMUM_DEADLINE_SECONDS)
}

const volumeLayer = ({ volume }: RunnerProperties): string =>
  Object.keys(volume).length === 0 ? PROTOCOL_LAYER : "volume"

const podFields = (task: TaskValues, runner: RunnerProperties, shape: PodShape, userSpec: JsonObject): TracedObject => {
  const { serviceAccountName, nodeSelector } = runner
  // `serviceAccount` is the API's deprecated name of the same field.
  const account = serviceAccountName ?? userSpec["serviceAccountName"] ?? userSpec["serviceAccount"] ?? undefined
  const limits = `waitUntilRunning + ${completionOf(task, runner).option === "timeout" ? "task.timeout" : "waitUntilCompletion"}`
  return mergeLayers([
    ...named(DEFAULT_LAYER, account === undefined ? { automountServiceAccountToken: false } : undefined),
    { from: limits, value: { activeDeadlineSeconds: activeDeadlineSeconds(task, runner) } },
    { from: "podSpec", value: userSpec },
    ...named("serviceAccountName", serviceAccountName === undefined ? undefined : { serviceAccountName }),
    ...named("nodeSelector", nodeSelector === undefined ? undefined : { nodeSelector }),
    ...(shape.shape === "bare" ? [] : [{ from: volumeLayer(runner), value: { volumes: [podVolume(runner.volume)] } }]),
    { from: PROTOCOL_LAYER, value: { restartPolicy: "Never" } }
  ])
}

/** The spec of a pod of `shape`; `argv` is the task's own command. */
export const podSpec = (
  task: TaskValues,
  runner: RunnerProperties,
  shape: PodShape,
  argv: ReadonlyArray<string>,
  layers: SpecLayers
): TracedObject => {
  const { containers: _, initContainers: __, ...userSpec } = layers.pod.value
  const fields = podFields(task, runner, shape, userSpec)
  const main = mainContainer(task, runner, shape.shape, argv, layers)
  const users = [untraceObject(main), untraceObject(fields)] as const
  const helper = (name: typeof HELPER_CONTAINER | typeof INPUT_CONTAINER) =>
    helperContainer(name, runner, layers.helper, helperUser(...users), knownUser(...users))
  const others = (list: "containers" | "initContainers") =>
    userContainers(runner, list).map((one) => mergeLayers(one.map(traced)))
  const inits = [...(shape.shape === "init" ? [helper(INPUT_CONTAINER)] : []), ...others("initContainers")]
  const containers = [...(shape.shape === "bare" ? [] : [helper(HELPER_CONTAINER)]), main, ...others("containers")]
  return tracedObject(PROTOCOL_LAYER, [
    ...fields.fields,
    ...(inits.length === 0 ? [] : [["initContainers", tracedList(PROTOCOL_LAYER, inits)] as const]),
    ["containers", tracedList(PROTOCOL_LAYER, containers)]
  ])
}
