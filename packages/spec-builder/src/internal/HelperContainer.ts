/**
 * The helper containers: small, of the least rights, as the user that main is. Pure.
 */
import { literal } from "../ContainerCommand.ts"
import { helperScript, inputScript } from "../HelperScript.ts"
import type { ContainerManifest, Json, JsonObject } from "../PodManifest.ts"
import { HELPER_CONTAINER, type INPUT_CONTAINER, VOLUME_ROOT, volumeMount } from "../PodVolume.ts"
import type { RunnerProperties } from "../RunnerProperties.ts"
import { mergeSpecs } from "../SpecMerge.ts"
import { isObject } from "./JsonValue.ts"
import { PULL_POLICIES } from "./MainContainer.ts"

/** Has `sh` and every tool that moving files takes, in 2 MB. */
const DEFAULT_HELPER_IMAGE = "busybox"

/**
 * A waiting helper uses next to nothing; the limit leaves room for tar and a digest at full speed. No CPU limit: throttling
 * would slow transfers.
 */
const DEFAULT_HELPER_RESOURCES = {
  requests: { cpu: "10m", memory: "16Mi" },
  limits: { memory: "128Mi" }
} as const

/** `nobody`: for a main that is known not to be root but whose user only its image knows, as busybox itself says root. */
const FALLBACK_USER = 65_534

const field = (value: Json | undefined, name: string): Json | undefined => (isObject(value) ? value[name] : undefined)

/**
 * The users that a helper runs as: main's when that is known not to be root, otherwise nothing is set. A container's own
 * setting goes before the pod's.
 */
export const helperUser = (main: JsonObject, podSpec: JsonObject): JsonObject => {
  const setting = (name: string): Json | undefined =>
    field(main["securityContext"], name) ?? field(podSpec["securityContext"], name)
  const user = setting("runAsUser")
  const group = setting("runAsGroup")
  const known = typeof user === "number" && user !== 0
  if (!known && !(user === undefined && setting("runAsNonRoot") === true)) return {}
  return {
    runAsNonRoot: true,
    runAsUser: known ? user : FALLBACK_USER,
    ...(typeof group === "number" ? { runAsGroup: group } : {})
  }
}

const namedResources = (runner: RunnerProperties): JsonObject => {
  const { requests, limits, claims, request, limit } = runner.fileSidecar.resources ?? {}
  const resources: JsonObject = mergeSpecs(
    request === undefined ? {} : { requests: request },
    limit === undefined ? {} : { limits: limit },
    requests === undefined ? {} : { requests },
    limits === undefined ? {} : { limits },
    claims === undefined ? {} : { claims }
  )
  return Object.keys(resources).length === 0 ? {} : { resources }
}

/** Our default resources without those that somebody set: half of their pair and half of ours could contradict each other. */
const defaultResources = (layers: ReadonlyArray<JsonObject>): JsonObject => {
  const set = new Set<string>()
  for (const layer of layers) {
    for (const kind of ["requests", "limits"]) {
      const amounts = field(layer["resources"], kind)
      if (isObject(amounts)) for (const name of Object.keys(amounts)) set.add(name)
    }
  }
  const rest = (amounts: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(amounts).filter(([name]) => !set.has(name)))
  return { requests: rest(DEFAULT_HELPER_RESOURCES.requests), limits: rest(DEFAULT_HELPER_RESOURCES.limits) }
}

/**
 * A helper. `defaults` is what stands for every container, `specific` is `fileSideCarSpec`; `user` is from `helperUser`.
 */
export const helperContainer = (
  name: typeof HELPER_CONTAINER | typeof INPUT_CONTAINER,
  runner: RunnerProperties,
  defaults: JsonObject,
  specific: JsonObject,
  user: JsonObject
): ContainerManifest => {
  const named: JsonObject = {
    ...(runner.fileSidecar.image === undefined ? {} : { image: runner.fileSidecar.image }),
    ...namedResources(runner)
  }
  const skeleton: JsonObject = {
    name,
    image: DEFAULT_HELPER_IMAGE,
    imagePullPolicy: PULL_POLICIES.ALWAYS,
    volumeMounts: [volumeMount],
    resources: defaultResources([defaults, specific, named]),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      seccompProfile: { type: "RuntimeDefault" },
      ...user
    }
  }
  const pulled: JsonObject =
    runner.pullPolicy === undefined ? {} : { imagePullPolicy: PULL_POLICIES[runner.pullPolicy] }
  const script = name === HELPER_CONTAINER ? helperScript(VOLUME_ROOT) : inputScript(VOLUME_ROOT)
  const protocol: JsonObject = { command: ["sh", "-c", literal(script)] }
  return { ...mergeSpecs(skeleton, defaults, pulled, specific, named, protocol), name }
}
