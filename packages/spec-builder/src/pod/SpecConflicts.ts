/**
 * What users may not set because the pod's containers depend on it. Pure checks of the layers
 * before they are merged, so that an issue's path leads to what the user wrote and its message
 * names both sides.
 */

import { shownValue } from "../error/PathText.ts"
import { SpecIssue } from "../error/SpecIssue.ts"
import { isList, isObject, type Json, type JsonObject } from "../values/Json.ts"
import type { PodShapeName } from "./PodPlan.ts"
import { isInVolume, MAIN_CONTAINER, POD_UID_VARIABLE, PROTOCOL_ENV, VOLUME_NAME, VOLUME_ROOT } from "./PodVolume.ts"
import type { Layer } from "./SpecLayers.ts"

/** What the checks must know of the pod. */
export interface ConflictContext {
  readonly shape: PodShapeName
  /** Whether main's command is made from the task's commands. */
  readonly commands: boolean
}

const issue = (layer: Layer, path: ReadonlyArray<string | number>, message: string): SpecIssue =>
  new SpecIssue({ source: "runner", path: [...layer.path, ...path], message })

const entries = (value: Json | undefined): ReadonlyArray<readonly [number, JsonObject]> =>
  isList(value) ? value.flatMap((entry, index) => (isObject(entry) ? [[index, entry] as const] : [])) : []

const given = (layer: Layer, field: string): boolean => layer.value[field] !== undefined && layer.value[field] !== null

const ownName = (layer: Layer, container: string): ReadonlyArray<SpecIssue> =>
  given(layer, "name") && layer.value["name"] !== container
    ? [issue(layer, ["name"], `podwright finds this container by its name '${container}', so it cannot be renamed`)]
    : []

const restarts = (layer: Layer, container: string): ReadonlyArray<SpecIssue> =>
  ["restartPolicy", "restartPolicyRules"]
    .filter((field) => given(layer, field) && layer.value[field] !== "Never")
    .map((field) =>
      issue(layer, [field], `podwright runs the task once (restartPolicy Never), so '${container}' cannot be restarted`)
    )

const mounts = (layer: Layer, container: string): ReadonlyArray<SpecIssue> =>
  entries(layer.value["volumeMounts"]).flatMap(([index, mount]) => {
    const path = mount["mountPath"]
    if (typeof path === "string" && isInVolume(path)) {
      const message = `mount '${path}' of '${container}' would cover podwright's volume at '${VOLUME_ROOT}'`
      return [issue(layer, ["volumeMounts", index, "mountPath"], message)]
    }
    if (mount["name"] !== VOLUME_NAME) return []
    const message = `podwright mounts its volume '${VOLUME_NAME}' in '${container}' itself, at '${VOLUME_ROOT}'`
    return [issue(layer, ["volumeMounts", index, "name"], message)]
  })

const PROGRAM_FIELDS = ["command", "args"] as const

/** What main's layers set against the protocol. */
export const mainConflicts = (layer: Layer, context: ConflictContext): ReadonlyArray<SpecIssue> => {
  const found = [...ownName(layer, MAIN_CONTAINER), ...restarts(layer, MAIN_CONTAINER)]
  if (context.commands) {
    for (const field of PROGRAM_FIELDS) {
      if (!given(layer, field)) continue
      const message = `'${field}' of 'main' would replace the task's commands; give one or the other`
      found.push(issue(layer, [field], message))
    }
  }
  if (context.shape === "bare") return found
  if (context.shape === "gate" && given(layer, "workingDir")) {
    const message = `podwright's commands start in WORKING_DIR, '${PROTOCOL_ENV["WORKING_DIR"]}', so 'workingDir' of 'main' would have no effect; use 'cd' in the commands`
    found.push(issue(layer, ["workingDir"], message))
  }
  for (const [index, variable] of entries(layer.value["env"])) {
    const name = variable["name"]
    const own = typeof name === "string" && Object.hasOwn(PROTOCOL_ENV, name) ? PROTOCOL_ENV[name] : undefined
    if (own === undefined || variable["value"] === own) continue
    const message = `podwright sets ${name} to '${own}', so it cannot be set to something else`
    found.push(issue(layer, ["env", index], message))
  }
  return [...found, ...mounts(layer, MAIN_CONTAINER)]
}

/** What a helper's layers set against the protocol. */
export const helperConflicts = (layer: Layer, container: string): ReadonlyArray<SpecIssue> => {
  const found = [...ownName(layer, container), ...restarts(layer, container), ...mounts(layer, container)]
  for (const field of PROGRAM_FIELDS) {
    if (!given(layer, field)) continue
    found.push(
      issue(
        layer,
        [field],
        `podwright's helper '${container}' runs podwright's own script, so '${field}' cannot be set`
      )
    )
  }
  for (const [index, variable] of entries(layer.value["env"])) {
    if (variable["name"] !== POD_UID_VARIABLE) continue
    const message = `podwright sets ${POD_UID_VARIABLE} to the pod's uid, so it cannot be set to something else`
    found.push(issue(layer, ["env", index], message))
  }
  const directory = layer.value["workingDir"]
  if (typeof directory === "string" && isInVolume(directory)) {
    const message = `the container runtime would create '${directory}' as root, before podwright's helper can; choose a folder outside '${VOLUME_ROOT}'`
    found.push(issue(layer, ["workingDir"], message))
  }
  return found
}

const CONTAINER_LISTS = ["containers", "initContainers"] as const

/**
 * What `podSpec` sets against the protocol. `helpers` are the names of the shape's own containers.
 */
export const podConflicts = (
  layer: Layer,
  context: ConflictContext,
  helpers: ReadonlyArray<string>
): ReadonlyArray<SpecIssue> => {
  const found: Array<SpecIssue> = []
  const policy = layer.value["restartPolicy"]
  if (policy !== undefined && policy !== null && policy !== "Never") {
    const message = `podwright runs a task once and needs restartPolicy Never, not '${shownValue(String(policy))}'`
    found.push(issue(layer, ["restartPolicy"], message))
  }
  for (const list of CONTAINER_LISTS) {
    for (const [index, container] of entries(layer.value[list])) {
      const name = container["name"]
      const whose =
        typeof name === "string" && helpers.includes(name)
          ? "podwright's own helper container"
          : name === MAIN_CONTAINER && list === "initContainers"
            ? "the container that runs the task"
            : undefined
      if (whose === undefined) continue
      found.push(issue(layer, [list, index, "name"], `${whose} is named '${String(name)}'; choose another name`))
    }
  }
  if (context.shape === "bare") return found
  for (const [index, volume] of entries(layer.value["volumes"])) {
    if (volume["name"] !== VOLUME_NAME) continue
    const message = `podwright's own volume is named '${VOLUME_NAME}'; choose another name, or set the runner's 'volume'`
    found.push(issue(layer, ["volumes", index, "name"], message))
  }
  return found
}

/**
 * Container lists of `podSpec` that no pod can have: not a list, an entry without a name,
 * `main` twice.
 */
export const malformedContainers = (layer: Layer): ReadonlyArray<SpecIssue> =>
  CONTAINER_LISTS.flatMap((list) => {
    const value = layer.value[list]
    if (value === undefined || value === null) return []
    if (!isList(value)) return [issue(layer, [list], "expected a list of containers")]
    const seen = new Set<string>()
    return value.flatMap((container, index) => {
      const name = isObject(container) ? container["name"] : undefined
      if (typeof name !== "string" || name === "")
        return [issue(layer, [list, index], "expected a container with a name")]
      if (seen.has(name))
        return [issue(layer, [list, index, "name"], `a container named '${name}' is in the list already`)]
      seen.add(name)
      return []
    })
  })
