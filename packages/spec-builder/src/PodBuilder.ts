/**
 * Task values and runner properties in, a Pod manifest and what a driver must know of it out. Pure and deterministic: equal
 * values give equal plans. Layers are merged in this order, later wins: skeleton, `containerDefaultSpec` (in helpers
 * `fileSidecar.defaultSpec` where set), `podSpec`, `containerSpec` or `fileSideCarSpec`, named properties, protocol.
 */
import { Duration, Result } from "effect"
import { taskCommand } from "./ContainerCommand.ts"
import { canonicalJson } from "./internal/CanonicalJson.ts"
import { helperContainer, helperUser } from "./internal/HelperContainer.ts"
import { isList, isObject } from "./internal/JsonValue.ts"
import { mainContainer } from "./internal/MainContainer.ts"
import { sha256Hex } from "./internal/Sha256.ts"
import {
  type ConflictContext,
  helperConflicts,
  type Layer,
  mainConflicts,
  malformedContainers,
  podConflicts
} from "./internal/SpecConflicts.ts"
import { podLabels, SPEC_HASH_ANNOTATION } from "./PodLabels.ts"
import type { ContainerManifest, JsonObject, PodManifest, PodPlan, PodSpecManifest } from "./PodManifest.ts"
import { podName } from "./PodName.ts"
import { type PodShape, podShape } from "./PodShape.ts"
import { HELPER_CONTAINER, INPUT_CONTAINER, MAIN_CONTAINER, PROTOCOL_ENV, podVolume, VOLUME_ROOT } from "./PodVolume.ts"
import type { RunnerProperties } from "./RunnerProperties.ts"
import { InvalidProperties, InvalidTask, ProtocolConflict, SpecError, SpecIssue, type SpecReason } from "./SpecError.ts"
import { mergeSpecs } from "./SpecMerge.ts"
import type { TaskValues } from "./TaskValues.ts"

/**
 * What `activeDeadlineSeconds` adds to the two limits: time to collect outputs and late log lines, and for a driver that was
 * restarted to find the pod again. Past it nobody is coming, and the node should be free.
 */
export const DEADLINE_MARGIN_SECONDS = 600

/** The API server takes no more for `activeDeadlineSeconds` (math.MaxInt32); it is 68 years. */
const MAXIMUM_DEADLINE_SECONDS = 2_147_483_647

/** What users wrote, sorted by whom it is for. */
interface Layers {
  readonly main: ReadonlyArray<Layer>
  readonly helper: ReadonlyArray<Layer>
  readonly pod: Layer
}

const layer = (value: JsonObject | undefined, ...path: ReadonlyArray<string | number>): ReadonlyArray<Layer> =>
  value === undefined ? [] : [{ path, value }]

const isEmpty = (value: JsonObject | undefined): boolean => value === undefined || Object.keys(value).length === 0

const namedObjects = (value: unknown): ReadonlyArray<ContainerManifest> =>
  Array.isArray(value) ? value.filter((entry): entry is ContainerManifest => isObject(entry) && "name" in entry) : []

const collectLayers = (runner: RunnerProperties): Layers => {
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

const conflicts = (task: TaskValues, layers: Layers, shape: PodShape): ReadonlyArray<SpecIssue> => {
  const context: ConflictContext = { shape: shape.shape, commands: task.command._tag === "Commands" }
  const names = helperNames(shape)
  const found = [
    ...layers.main.flatMap((one) => mainConflicts(one, context)),
    ...layers.helper.flatMap((one) => names.slice(-1).flatMap((name) => helperConflicts(one, name))),
    ...podConflicts(layers.pod, context, names)
  ]
  if (shape.shape === "bare") return found
  const variables = Object.entries(PROTOCOL_ENV)
    .filter(([name, value]) => Object.hasOwn(task.env, name) && task.env[name] !== value)
    .map(([name, value]) =>
      taskIssue(["env", name], `podwright sets ${name} to '${value}', so it cannot be set to something else`)
    )
  return [...found, ...variables]
}

type Reason = new (fields: { readonly issues: readonly [SpecIssue, ...Array<SpecIssue>] }) => SpecReason

/** Succeeds when there is nothing to refuse; of several issues about one place the first is kept. */
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

/** The pod's deadline in whole seconds, counted by the kubelet from the moment it accepts the pod. */
const activeDeadlineSeconds = (task: TaskValues, runner: RunnerProperties): number => {
  const completion = task.timeoutSeconds ?? Duration.toSeconds(runner.waitUntilCompletion)
  const seconds = Duration.toSeconds(runner.waitUntilRunning) + completion + DEADLINE_MARGIN_SECONDS
  return Math.min(Math.ceil(seconds), MAXIMUM_DEADLINE_SECONDS)
}

const podSpec = (
  task: TaskValues,
  runner: RunnerProperties,
  shape: PodShape,
  argv: ReadonlyArray<string>,
  layers: Layers
): PodSpecManifest => {
  const { containers, initContainers, ...userSpec } = layers.pod.value
  // `serviceAccount` is the API's deprecated name of the same field.
  const account = runner.serviceAccountName ?? userSpec["serviceAccountName"] ?? userSpec["serviceAccount"] ?? undefined
  const base = mergeSpecs(
    {
      restartPolicy: "Never",
      activeDeadlineSeconds: activeDeadlineSeconds(task, runner),
      ...(account === undefined ? { automountServiceAccountToken: false } : {})
    },
    userSpec,
    {
      ...(runner.serviceAccountName === undefined ? {} : { serviceAccountName: runner.serviceAccountName }),
      ...(runner.nodeSelector === undefined ? {} : { nodeSelector: runner.nodeSelector })
    },
    shape.shape === "bare" ? {} : { volumes: [podVolume(runner.volume)] }
  )
  const main = mainContainer(
    task,
    runner,
    shape.shape,
    argv,
    layers.main.map((one) => one.value)
  )
  const defaults = runner.containerDefaultSpec ?? {}
  const withDefaults = (container: ContainerManifest): ContainerManifest => ({
    ...mergeSpecs(defaults, container),
    name: container.name
  })
  const user = helperUser(main, base)
  const helperDefaults = isEmpty(runner.fileSidecar.defaultSpec) ? defaults : (runner.fileSidecar.defaultSpec ?? {})
  const helper = (name: typeof HELPER_CONTAINER | typeof INPUT_CONTAINER): ContainerManifest =>
    helperContainer(name, runner, helperDefaults, runner.fileSideCarSpec ?? {}, user)
  const inits = [
    ...(shape.shape === "init" ? [helper(INPUT_CONTAINER)] : []),
    ...namedObjects(initContainers).map(withDefaults)
  ]
  return {
    ...base,
    restartPolicy: "Never",
    ...(inits.length === 0 ? {} : { initContainers: inits }),
    containers: [
      ...(shape.shape === "bare" ? [] : [helper(HELPER_CONTAINER)]),
      main,
      ...namedObjects(containers)
        .filter((container) => container.name !== MAIN_CONTAINER)
        .map(withDefaults)
    ]
  }
}

const plan = (task: TaskValues, runner: RunnerProperties, shape: PodShape, spec: PodSpecManifest): PodPlan => {
  const name = podName(task.identity)
  const specHash = sha256Hex(canonicalJson(spec))
  const manifest: PodManifest = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      ...(runner.namespace === undefined ? {} : { namespace: runner.namespace }),
      labels: podLabels(task.identity, runner.labels),
      annotations: { [SPEC_HASH_ANNOTATION]: specHash }
    },
    spec
  }
  const bare = shape.shape === "bare"
  return {
    shape: shape.shape,
    reason: shape.reason,
    logs: shape.logs,
    namespace: runner.namespace,
    name,
    manifest,
    specHash,
    mainContainer: MAIN_CONTAINER,
    helperContainer: bare ? undefined : HELPER_CONTAINER,
    inputContainer: bare ? undefined : shape.shape === "gate" ? HELPER_CONTAINER : INPUT_CONTAINER,
    outputContainer: bare ? undefined : HELPER_CONTAINER,
    volumeRoot: bare ? undefined : VOLUME_ROOT
  }
}

/**
 * The pod of one task run. Fails with every issue found: what is wrong with the task, else what is wrong with the runner's
 * properties, else what would break the protocol. Nothing is read from anywhere but the two arguments, and neither is changed.
 */
export const buildPod = (task: TaskValues, runner: RunnerProperties): Result.Result<PodPlan, SpecError> =>
  Result.gen(function* () {
    const layers = collectLayers(runner)
    const argv = task.command._tag === "Commands" ? taskCommand(task.command) : Result.succeed([])
    yield* refuse(InvalidTask, [
      ...taskIssues(task),
      ...(Result.isFailure(argv) ? [taskIssue(["command"], argv.failure)] : [])
    ])
    yield* refuse(InvalidProperties, malformedContainers(layers.pod))
    const shape = podShape({
      command: task.command._tag,
      hasInputs: task.hasInputs,
      wantsOutputs: task.wantsOutputs,
      logs: task.logs ?? runner.logs
    })
    if (Result.isFailure(shape)) {
      const source = task.logs === undefined ? "runner" : "task"
      const issue = new SpecIssue({ source, path: ["logs"], message: shape.failure })
      return yield* Result.fail(
        new SpecError({ operation: "buildPod", reason: new ProtocolConflict({ issues: [issue] }) })
      )
    }
    yield* refuse(ProtocolConflict, conflicts(task, layers, shape.success))
    const command = Result.getOrElse(argv, () => [])
    return plan(task, runner, shape.success, podSpec(task, runner, shape.success, command, layers))
  })
