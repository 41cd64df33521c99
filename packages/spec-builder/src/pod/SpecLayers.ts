/**
 * What users wrote, sorted by the container it is for, least specific first. Pure.
 */

import { formatPath } from "../error/SpecError.ts"
import type { TracedLayer } from "../merge/Traced.ts"
import type { RunnerProperties } from "../properties/RunnerProperties.ts"
import { isList, isObject, type JsonObject } from "../values/Json.ts"
import { MAIN_CONTAINER } from "./PodVolume.ts"

/** What podwright starts from: everything after it may set it again. */
export const DEFAULT_LAYER = "podwright's default"
/** What the containers of a pod need of each other: nothing sets it again. */
export const PROTOCOL_LAYER = "podwright's protocol"

/** A fragment that somebody wrote, and where in the runner's properties it stands. */
export interface Layer {
  readonly path: ReadonlyArray<string | number>
  readonly value: JsonObject
}

/** For main, for the helpers, and for the pod itself. */
export interface SpecLayers {
  readonly main: ReadonlyArray<Layer>
  readonly helper: ReadonlyArray<Layer>
  readonly pod: Layer
}

const layer = (value: JsonObject | undefined, ...path: ReadonlyArray<string | number>): ReadonlyArray<Layer> =>
  value === undefined ? [] : [{ path, value }]

const isEmpty = (value: JsonObject | undefined): boolean => value === undefined || Object.keys(value).length === 0

/** Sorts the fragments of the runner's properties. */
export const specLayers = (runner: RunnerProperties): SpecLayers => {
  const { containerDefaultSpec, containerSpec, fileSideCarSpec, podSpec = {} } = runner
  const containers = isList(podSpec["containers"]) ? podSpec["containers"] : []
  const index = containers.findIndex((container) => isObject(container) && container["name"] === MAIN_CONTAINER)
  const main = containers[index]
  const { defaultSpec } = runner.fileSidecar
  return {
    main: [
      ...layer(containerDefaultSpec, "containerDefaultSpec"),
      ...layer(isObject(main) ? main : undefined, "podSpec", "containers", index),
      ...layer(containerSpec, "containerSpec")
    ],
    helper: [
      // An empty defaultSpec counts as none, as it does for the reference.
      ...(isEmpty(defaultSpec)
        ? layer(containerDefaultSpec, "containerDefaultSpec")
        : layer(defaultSpec, "fileSidecar", "defaultSpec")),
      ...layer(fileSideCarSpec, "fileSideCarSpec")
    ],
    pod: { path: ["podSpec"], value: podSpec }
  }
}

/** The API refuses these in an init container that is to end before the others start. */
const NOT_FOR_INIT: ReadonlySet<string> = new Set(["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])

/** What is meant for every container, as far as an init container can have it. */
export const forInitContainer = ({ path, value }: Layer): Layer => ({
  path,
  value: Object.fromEntries(Object.entries(value).filter(([field]) => !NOT_FOR_INIT.has(field)))
})

/**
 * The containers of a list of `podSpec` but main, each with what `containerDefaultSpec` says before
 * it.
 */
export const userContainers = (
  runner: RunnerProperties,
  list: "containers" | "initContainers"
): ReadonlyArray<ReadonlyArray<Layer>> => {
  const entries = runner.podSpec?.[list]
  const defaults = layer(runner.containerDefaultSpec, "containerDefaultSpec")
  return (isList(entries) ? entries : []).flatMap((container, index) => {
    if (!isObject(container) || container["name"] === MAIN_CONTAINER) return []
    const stays = list === "containers" || container["restartPolicy"] === "Always"
    return [[...(stays ? defaults : defaults.map(forInitContainer)), ...layer(container, "podSpec", list, index)]]
  })
}

/** A layer as merging takes it, named by its path. */
export const traced = ({ path, value }: Layer): TracedLayer => ({ from: formatPath(path), value })

/** A layer of its own for one value, none when there is no value. */
export const named = (from: string, value: JsonObject | undefined): ReadonlyArray<TracedLayer> =>
  value === undefined ? [] : [{ from, value }]
