/**
 * Task values and runner properties in, a Pod manifest and what a driver must know of it out. Pure
 * and deterministic: equal values give equal plans. Layers are merged in this order, later wins:
 * skeleton, `containerDefaultSpec` (in helpers `fileSidecar.defaultSpec` where set), `podSpec`,
 * `containerSpec` or `fileSideCarSpec`, named properties, protocol.
 */
import { Result } from "effect"
import { SpecError } from "../error/SpecError.ts"
import { SpecIssue, type SpecIssues } from "../error/SpecIssue.ts"
import { InvalidProperties, InvalidTask, ProtocolConflict, type SpecReason } from "../error/SpecReason.ts"
import { mergeLayers } from "../merge/LayerMerge.ts"
import {
  type FieldOrigin,
  fieldOrigins,
  objectInOrder,
  type TracedObject,
  tracedObject,
  untraceObject
} from "../merge/Traced.ts"
import type { RunnerProperties } from "../properties/RunnerProperties.ts"
import { taskCommand } from "../task/ContainerCommand.ts"
import { fragmentIssues, processIssues, sizeIssues } from "../task/ProcessIssues.ts"
import type { TaskValues } from "../task/TaskValues.ts"
import { canonicalJson } from "../values/CanonicalJson.ts"
import { isList, isObject } from "../values/Json.ts"
import { sha256Hex } from "../values/Sha256.ts"
import { DEFAULT_CONTAINER_ANNOTATION, identityLabels, SPEC_HASH_ANNOTATION } from "./PodLabels.ts"
import type { PodManifest } from "./PodManifest.ts"
import { podName } from "./PodName.ts"
import type { BarePlan, PodPlan } from "./PodPlan.ts"
import { type PodShape, podShape } from "./PodShape.ts"
import { podSpec } from "./PodSpec.ts"
import { HELPER_CONTAINER, INPUT_CONTAINER, MAIN_CONTAINER, VOLUME_ROOT } from "./PodVolume.ts"
import {
  type ConflictContext,
  helperConflicts,
  mainConflicts,
  malformedContainers,
  podConflicts
} from "./SpecConflicts.ts"
import { DEFAULT_LAYER, named, PROTOCOL_LAYER, type SpecLayers, specLayers } from "./SpecLayers.ts"

const helperNames = (shape: PodShape): ReadonlyArray<typeof HELPER_CONTAINER | typeof INPUT_CONTAINER> =>
  shape.shape === "gate" ? [HELPER_CONTAINER] : shape.shape === "init" ? [INPUT_CONTAINER, HELPER_CONTAINER] : []

const taskIssue = (path: ReadonlyArray<string>, message: string): SpecIssue =>
  new SpecIssue({ source: "task", path, message })

const taskIssues = (task: TaskValues): ReadonlyArray<SpecIssue> => {
  const found: Array<SpecIssue> = []
  if (task.image.trim() === "") found.push(taskIssue(["image"], "there is no container image"))
  const seconds = task.timeoutSeconds
  if (seconds !== undefined && !(Number.isFinite(seconds) && seconds > 0)) {
    found.push(taskIssue(["timeoutSeconds"], "expected a time longer than zero"))
  }
  return found
}

const conflicts = (task: TaskValues, layers: SpecLayers, shape: PodShape): ReadonlyArray<SpecIssue> => {
  const context: ConflictContext = { shape: shape.shape, commands: task.command._tag === "Commands" }
  const names = helperNames(shape)
  const found = [
    ...layers.main.flatMap((one) => mainConflicts(one, context)),
    ...layers.helper.flatMap((one) => names.slice(-1).flatMap((name) => helperConflicts(one, name))),
    ...podConflicts(layers.pod, context, names)
  ]
  if (shape.shape === "bare") return found
  if (task.command._tag === "Commands" && task.command.targetOS === "WINDOWS") {
    const message =
      "WINDOWS has no POSIX shell, which files and logs: volume need; use logs: kubelet, and neither inputFiles nor outputFiles"
    found.push(taskIssue(["targetOS"], message))
  }
  return found
}

type Reason = new (fields: { readonly issues: SpecIssues }) => SpecReason

/**
 * Succeeds when there is nothing to refuse; of several issues about one place the first is kept.
 */
const refuse = (Reason: Reason, issues: ReadonlyArray<SpecIssue>): Result.Result<void, SpecError> => {
  const byPlace = new Map<string, SpecIssue>()
  for (const issue of issues) {
    const place = JSON.stringify([issue.source, issue.path])
    if (!byPlace.has(place)) byPlace.set(place, issue)
  }
  const [first, ...rest] = byPlace.values()
  return first === undefined
    ? Result.succeed(undefined)
    : Result.fail(new SpecError({ operation: "buildPod", reason: new Reason({ issues: [first, ...rest] }) }))
}

const manifestOf = (task: TaskValues, runner: RunnerProperties, spec: TracedObject, hash: string): TracedObject => {
  const name = podName(task.identity)
  const metadata = mergeLayers([
    { from: DEFAULT_LAYER, value: { annotations: { [DEFAULT_CONTAINER_ANNOTATION]: MAIN_CONTAINER } } },
    { from: "task.identity", value: { name } },
    ...named("namespace", runner.namespace === undefined ? undefined : { namespace: runner.namespace }),
    ...named("labels", Object.keys(runner.labels).length === 0 ? undefined : { labels: runner.labels }),
    { from: "task.identity", value: { labels: identityLabels(task.identity) } },
    { from: PROTOCOL_LAYER, value: { annotations: { [SPEC_HASH_ANNOTATION]: hash } } }
  ])
  const kind = mergeLayers([{ from: DEFAULT_LAYER, value: { apiVersion: "v1", kind: "Pod" } }])
  return tracedObject(DEFAULT_LAYER, [...kind.fields, ["metadata", metadata], ["spec", spec]])
}

/** A plan, and of every field of its manifest who set it. */
export interface ExplainedPod {
  readonly plan: PodPlan
  /** In the order of the manifest. */
  readonly fields: ReadonlyArray<FieldOrigin>
}

/** A plan, and its manifest with who set what. */
interface TracedPod {
  readonly plan: PodPlan
  readonly manifest: TracedObject
}

/** The plan of a shape: a pod without a volume has no container that could be asked about one. */
const planOf = (pod: Omit<BarePlan, "shape" | "logs">, { logs, shape }: PodShape): PodPlan => {
  const volume = { outputContainer: HELPER_CONTAINER, volumeRoot: VOLUME_ROOT } as const
  switch (shape) {
    case "bare":
      return { ...pod, shape, logs }
    case "gate":
      return { ...pod, shape, logs, ...volume, inputContainer: HELPER_CONTAINER }
    case "init":
      return { ...pod, shape, logs, ...volume, inputContainer: INPUT_CONTAINER }
  }
}

const planned = (task: TaskValues, runner: RunnerProperties, shape: PodShape, spec: TracedObject): TracedPod => {
  const specHash = sha256Hex(canonicalJson(untraceObject(spec)))
  const traced = objectInOrder(manifestOf(task, runner, spec, specHash))
  const pod = {
    reason: shape.reason,
    name: podName(task.identity),
    // `manifestOf` and `podSpec` make what the type says; traced, it is one JSON object like any
    // other.
    manifest: untraceObject(traced) as unknown as PodManifest,
    specHash,
    mainContainer: MAIN_CONTAINER
  } as const
  return { plan: planOf(pod, shape), manifest: traced }
}

/** The variables that main's fragments set to a text; what the kubelet looks up is not known. */
const givenVariables = (layers: SpecLayers): Readonly<Record<string, string>> =>
  Object.fromEntries(
    layers.main.flatMap(({ value }) =>
      (isList(value["env"]) ? value["env"] : []).flatMap((one) =>
        isObject(one) && typeof one["name"] === "string" && typeof one["value"] === "string"
          ? [[one["name"], one["value"]] as const]
          : []
      )
    )
  )

const tracePod = (task: TaskValues, runner: RunnerProperties): Result.Result<TracedPod, SpecError> =>
  Result.gen(function* () {
    const layers = specLayers(runner)
    const argv = task.command._tag === "Commands" ? taskCommand(task.command) : Result.succeed([])
    yield* refuse(InvalidTask, [...taskIssues(task), ...processIssues(task)])
    yield* refuse(InvalidProperties, [
      ...malformedContainers(layers.pod),
      ...[...layers.main, ...layers.helper, layers.pod].flatMap(({ path, value }) => fragmentIssues(value, path))
    ])
    const shape = podShape({
      command: task.command._tag,
      hasInputs: task.hasInputs,
      wantsOutputs: task.wantsOutputs || runner.syncWorkingDirectory,
      logs: runner.logs
    })
    if (Result.isFailure(shape)) {
      const issue = new SpecIssue({ source: "runner", path: ["logs"], message: shape.failure })
      return yield* Result.fail(
        new SpecError({ operation: "buildPod", reason: new ProtocolConflict({ issues: [issue] }) })
      )
    }
    yield* refuse(ProtocolConflict, conflicts(task, layers, shape.success))
    const command = Result.getOrElse(argv, () => [])
    const pod = planned(task, runner, shape.success, podSpec(task, runner, shape.success, command, layers))
    yield* refuse(InvalidTask, sizeIssues(command, { ...givenVariables(layers), ...task.env }, pod.plan.manifest.spec))
    return pod
  })

/**
 * The pod of one task run, and for every field of its manifest the layer that set it and what that
 * overrode. Fails with every issue found: what is wrong with the task, else what is wrong with the
 * runner's properties, else what would break the protocol. Nothing is read from anywhere but the
 * two arguments, and neither is changed.
 */
export const explainPod = (task: TaskValues, runner: RunnerProperties): Result.Result<ExplainedPod, SpecError> =>
  Result.map(tracePod(task, runner), ({ manifest, plan }) => ({ plan, fields: fieldOrigins(manifest) }))

/**
 * The pod of one task run, as `explainPod` gives it.
 *
 * @example
 * const task = makeTask({ identity, image: "busybox", commands: ["echo hello"] })
 * const plan = Result.getOrThrow(buildPod(taskValues(task), task.runner))
 * plan.shape // "gate"
 */
export const buildPod = (task: TaskValues, runner: RunnerProperties): Result.Result<PodPlan, SpecError> =>
  Result.map(tracePod(task, runner), ({ plan }) => plan)
