/**
 * The helper containers: small, of the least rights, as the user that main is. Pure.
 */

import { mergeLayers } from "../merge/LayerMerge.ts"
import { mergeSpecs } from "../merge/SpecMerge.ts"
import type { TracedObject } from "../merge/Traced.ts"
import type { RunnerProperties } from "../properties/RunnerProperties.ts"
import { helperScript, inputScript } from "../script/HelperScript.ts"
import { literal } from "../task/ContainerCommand.ts"
import { isObject, type JsonObject } from "../values/Json.ts"
import { helperSecurity } from "./ContainerSecurity.ts"
import { imagePullPolicy, PULL_POLICIES } from "./MainContainer.ts"
import { HELPER_CONTAINER, INPUT_CONTAINER, podUidEnv, VOLUME_ROOT, volumeMount } from "./PodVolume.ts"
import { DEFAULT_LAYER, forInitContainer, type Layer, named, PROTOCOL_LAYER, traced } from "./SpecLayers.ts"

/** Has `sh` and every tool that moving files takes, in 2 MB. */
export const DEFAULT_HELPER_IMAGE = "busybox"

/**
 * A waiting helper uses next to nothing. What the kernel keeps of the files it moves counts as its
 * memory, some 1.3 KiB for each inode and name beside their pages: of 50,000 files its tar took 1.9
 * to 2.4 s of CPU to pack them with a limit of 128 MiB, 0.8 with 256, 0.5 with 512. No CPU limit:
 * throttling would slow transfers.
 */
const DEFAULT_HELPER_RESOURCES = {
  requests: { cpu: "10m", memory: "16Mi" },
  limits: { memory: "256Mi" }
} as const

const namedResources = (runner: RunnerProperties): JsonObject | undefined => {
  if (runner.fileSidecar.resources === undefined) return undefined
  const { requests, limits, claims, request, limit } = runner.fileSidecar.resources
  return {
    resources: mergeSpecs(
      request === undefined ? {} : { requests: request },
      limit === undefined ? {} : { limits: limit },
      requests === undefined ? {} : { requests },
      limits === undefined ? {} : { limits },
      claims === undefined ? {} : { claims }
    )
  }
}

/**
 * Our default resources without those that somebody set: half of their pair and half of ours could
 * contradict each other.
 */
const defaultResources = (layers: ReadonlyArray<JsonObject>): JsonObject => {
  const set = new Set<string>()
  for (const { resources } of layers) {
    for (const kind of ["requests", "limits"]) {
      const amounts = isObject(resources) ? resources[kind] : undefined
      if (isObject(amounts)) for (const name of Object.keys(amounts)) set.add(name)
    }
  }
  const rest = (amounts: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => !set.has(name)))
  return { requests: rest(DEFAULT_HELPER_RESOURCES.requests), limits: rest(DEFAULT_HELPER_RESOURCES.limits) }
}

/**
 * A helper. `layers` are what users wrote for it, `user` is from `helperUser`, `mainUser` from
 * `knownUser`.
 */
export const helperContainer = (
  name: typeof HELPER_CONTAINER | typeof INPUT_CONTAINER,
  runner: RunnerProperties,
  layers: ReadonlyArray<Layer>,
  user: JsonObject,
  mainUser: number | undefined
): TracedObject => {
  const own = name === INPUT_CONTAINER ? layers.map(forInitContainer) : layers
  const resources = namedResources(runner)
  const { image } = runner.fileSidecar
  const skeleton: JsonObject = {
    image: DEFAULT_HELPER_IMAGE,
    // Any busybox does, so the one that is there: asking a registry each time costs every pod a
    // round trip, and a burst more than a kubelet may ask for (5 a second and registry,
    // `registryPullQPS`).
    imagePullPolicy: PULL_POLICIES.IF_NOT_PRESENT,
    resources: defaultResources([...own.map(({ value }) => value), resources ?? {}]),
    ...helperSecurity(own, user)
  }
  const script = name === HELPER_CONTAINER ? helperScript(VOLUME_ROOT, name) : inputScript(VOLUME_ROOT, mainUser)
  const isSpecific = ({ path }: Layer): boolean => path[0] === "fileSideCarSpec"
  return mergeLayers([
    { from: DEFAULT_LAYER, value: skeleton },
    { from: PROTOCOL_LAYER, value: { env: [podUidEnv], volumeMounts: [volumeMount] } },
    ...own.filter((one) => !isSpecific(one)).map(traced),
    // The runner's policy is for every image; what is said of the helper alone goes before it.
    ...named("pullPolicy", imagePullPolicy(runner)),
    ...own.filter(isSpecific).map(traced),
    ...named("fileSidecar.image", image === undefined ? undefined : { image }),
    ...named("fileSidecar.resources", resources),
    { from: PROTOCOL_LAYER, value: { name, command: ["sh", "-c", literal(script)] } }
  ])
}
