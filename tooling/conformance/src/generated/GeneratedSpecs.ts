/**
 * Generated runner properties: any choice of fields, in any layer, from `FieldSamples.ts`. A person
 * could have meant each of them, so the pod must be one that the API server accepts. Pure.
 */
import type { JsonObject, TaskValues } from "@podwright/spec-builder"
import { Arbitrary, Schema } from "effect"
import {
  CONTAINER_SAMPLES,
  EXCLUSIVE_POD_FIELDS,
  type FieldSample,
  POD_SAMPLES,
  RUNTIME_CLASS
} from "./FieldSamples.ts"

export interface GeneratedSpec {
  readonly task: Pick<TaskValues, "command" | "env" | "hasInputs" | "wantsOutputs"> & { readonly logs?: "kubelet" }
  readonly properties: JsonObject
}

const names = (samples: Readonly<Record<string, FieldSample>>, wanted: (sample: FieldSample) => boolean) =>
  Object.entries(samples).flatMap(([name, sample]) => (wanted(sample) ? [name] : []))

/**
 * Values of the API, one of each field that is chosen. A number picks the value, where there are
 * several.
 */
const choice = (fields: ReadonlyArray<string>) =>
  Schema.Array(Schema.Tuple([Schema.Literals(fields), Schema.Literals([0, 1, 2, 3])]))

const shared = names(CONTAINER_SAMPLES, (sample) => sample.usersOnly !== true)
const podFields = names(POD_SAMPLES, (sample) => sample.refused === undefined)
const Flag = Schema.Boolean

const Recipe = Schema.Struct({
  defaults: choice(shared),
  main: choice(shared),
  mainInPod: choice(shared),
  helper: choice(shared),
  helperDefaults: Schema.NullOr(choice(shared)),
  user: choice(shared),
  init: choice(["env", "envFrom", "image", "imagePullPolicy", "resources", "terminationMessagePath", "volumeMounts"]),
  pod: choice(podFields),
  shape: Schema.Literals(["gate", "init", "bare", "bare commands"]),
  pullPolicy: Schema.NullOr(Schema.Literals(["ALWAYS", "IF_NOT_PRESENT", "NEVER"])),
  resources: Flag,
  volume: Flag,
  account: Flag,
  fileSidecar: Flag,
  labels: Schema.Record(Schema.Literals(["tier", "team"]), Schema.Literals(["a", "b"]))
})

const pick = (samples: Readonly<Record<string, FieldSample>>, chosen: ReadonlyArray<readonly [string, number]>) =>
  Object.fromEntries(
    chosen.flatMap(([name, number]) => {
      const values = samples[name]?.values ?? []
      return values.length === 0 ? [] : [[name, values[number % values.length] ?? null]]
    })
  ) as JsonObject

const COMMANDS: TaskValues["command"] = {
  _tag: "Commands",
  interpreter: ["/bin/sh", "-c"],
  beforeCommands: [],
  commands: ["true"],
  failFast: true
}

const list = (value: unknown): ReadonlyArray<JsonObject> => (Array.isArray(value) ? value : [])

/** What the pod must have so that the containers' fields mean something, in any layer. */
const VOLUMES = Object.values(CONTAINER_SAMPLES).flatMap(({ beside }) => list(beside?.["volumes"]))

const podSpec = (recipe: typeof Recipe.Type): JsonObject => {
  const fields = new Map(Object.entries(pick(POD_SAMPLES, recipe.pod)))
  for (const [kept, dropped] of EXCLUSIVE_POD_FIELDS) if (fields.has(kept)) fields.delete(dropped)
  const anywhere = (field: string): boolean =>
    [recipe.defaults, recipe.main, recipe.mainInPod, recipe.helper, recipe.helperDefaults ?? [], recipe.user].some(
      (one) => one.some(([name]) => name === field)
    )
  // On the host's network a container's port is the host's, which only one container can have.
  if (anywhere("ports")) fields.delete("hostNetwork")
  // The API gives no block device to a user namespace.
  if (anywhere("volumeDevices")) fields.delete("hostUsers")
  // An overhead is that of the runtime class.
  if (fields.has("overhead")) fields.set("runtimeClassName", RUNTIME_CLASS)
  // Admission gives these the priority of the class.
  if (fields.has("priorityClassName")) fields.delete("preemptionPolicy")
  const containers = list(fields.get("containers")).filter(({ name }) => name !== "main")
  return {
    ...Object.fromEntries(fields),
    volumes: [...VOLUMES, ...list(fields.get("volumes"))],
    containers: [
      ...containers,
      { ...pick(CONTAINER_SAMPLES, recipe.mainInPod), name: "main" },
      { ...pick(CONTAINER_SAMPLES, recipe.user), name: "user", image: "busybox" }
    ],
    initContainers: [
      ...list(fields.get("initContainers")),
      { ...pick(CONTAINER_SAMPLES, recipe.init), name: "init", image: "busybox" }
    ]
  }
}

const toSpec = (recipe: typeof Recipe.Type): GeneratedSpec => {
  const commands = recipe.shape === "gate" || recipe.shape === "bare commands"
  const bare = recipe.shape.startsWith("bare")
  return {
    task: {
      command: commands ? COMMANDS : { _tag: "Entrypoint" },
      env: { FROM_TASK: "$(literal)" },
      hasInputs: !bare,
      wantsOutputs: !bare
    },
    properties: {
      ...(recipe.shape === "bare commands" ? { logs: "kubelet" } : {}),
      containerDefaultSpec: pick(CONTAINER_SAMPLES, recipe.defaults),
      containerSpec: pick(CONTAINER_SAMPLES, recipe.main),
      fileSideCarSpec: pick(CONTAINER_SAMPLES, recipe.helper),
      fileSidecar: {
        ...(recipe.helperDefaults === null ? {} : { defaultSpec: pick(CONTAINER_SAMPLES, recipe.helperDefaults) }),
        ...(recipe.fileSidecar ? { image: "busybox", resources: { limits: { memory: "512Mi" } } } : {})
      },
      podSpec: podSpec(recipe),
      labels: recipe.labels,
      ...(recipe.pullPolicy === null ? {} : { pullPolicy: recipe.pullPolicy }),
      ...(recipe.resources ? { resources: { request: { cpu: "200m" }, limit: { cpu: 2, memory: "1Gi" } } } : {}),
      ...(recipe.volume ? { volume: { sizeLimit: "1Gi", medium: "Memory" } } : {}),
      ...(recipe.account ? { serviceAccountName: "default" } : {})
    }
  }
}

export const generatedSpec: Arbitrary.Arbitrary<GeneratedSpec> = Arbitrary.map(Arbitrary.schema(Recipe), toSpec)
