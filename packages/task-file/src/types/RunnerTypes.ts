/**
 * Task runners that are not podwright: what of their properties has a meaning in a pod, and what has
 * none. The task runs in a pod whatever its runner. Pure.
 */
import { type Json, shownValue } from "@podwright/spec-builder"
import { isObject, type JsonRecord } from "./JsonValues.ts"
import type { Remark, Written } from "./ScriptType.ts"

/** The names of the podwright runner. */
export const RUNNER_TYPES: ReadonlyArray<string> = ["io.kestra.plugin.ee.kubernetes.runner.Kubernetes", "podwright"]

const DOCKER: ReadonlyArray<string> = [
  "io.kestra.plugin.scripts.runner.docker.Docker",
  "io.kestra.plugin.scripts.runner.docker.DockerTaskRunner"
]
const PROCESS: ReadonlyArray<string> = [
  "io.kestra.plugin.core.runner.Process",
  "io.kestra.core.models.tasks.runners.types.ProcessTaskRunner"
]
const CLOUD: ReadonlyArray<string> = [
  "io.kestra.plugin.ee.aws.runner.Batch",
  "io.kestra.plugin.ee.gcp.runner.Batch",
  "io.kestra.plugin.ee.azure.runner.Batch",
  "io.kestra.plugin.ee.gcp.runner.CloudRun",
  "io.kestra.plugin.aws.runner.Batch",
  "io.kestra.plugin.gcp.runner.Batch",
  "io.kestra.plugin.azure.runner.Batch",
  "io.kestra.plugin.gcp.runner.CloudRun"
]
/** The names of runners that are not podwright's. */
export const OTHER_RUNNER_TYPES: ReadonlyArray<string> = [...DOCKER, ...PROCESS, ...CLOUD]
const KNOWN: ReadonlyArray<string> = [...RUNNER_TYPES, DOCKER[0] ?? "", PROCESS[0] ?? ""]

/** What a runner comes to in a pod. Paths lead from the task. */
export interface PodRunner {
  /** Properties of podwright's runner. */
  readonly properties: JsonRecord
  /** Where each of them was written, when not in a runner of podwright's own. */
  readonly moved: ReadonlyArray<readonly [to: ReadonlyArray<string>, from: ReadonlyArray<string>]>
  /** The runner's image: `own` is used where the task has none, `first` before the task's. */
  readonly image?: Written & { readonly rank: "own" | "first" }
  /** Whether the task was for the server's own machine, so that its image is nobody's choice. */
  readonly isProcess: boolean
  /** Where the runner is named, if it is another's. */
  readonly foreign?: Remark
  readonly issues: ReadonlyArray<Remark>
  readonly notices: ReadonlyArray<Remark>
}

const MEMORY = /^(\d+)\s*([kmg]?)b?$/i

/** Docker counts 64MB as 64 MiB. */
const memoryQuantity = (value: Json | undefined): string | undefined => {
  const [, count, unit = ""] = MEMORY.exec(String(value)) ?? []
  if (count === undefined) return undefined
  const binary = ({ k: "Ki", m: "Mi", g: "Gi" } as const)[unit.toLowerCase()]
  return `${count}${binary ?? ""}`
}

const PULL_POLICIES: ReadonlyArray<unknown> = ["ALWAYS", "IF_NOT_PRESENT", "NEVER"]

/** What becomes of one of Docker's properties: properties of ours by path, or nothing. */
const dockerProperty = (
  name: string,
  value: Json
): ReadonlyArray<readonly [path: ReadonlyArray<string>, value: Json]> | undefined => {
  switch (name) {
    case "pullPolicy":
      return PULL_POLICIES.includes(value) ? [[["pullPolicy"], value]] : undefined
    case "pullImage":
      return typeof value === "boolean" ? [[["pullPolicy"], value ? "ALWAYS" : "IF_NOT_PRESENT"]] : undefined
    case "delete":
      return typeof value === "boolean" ? [[["delete"], value]] : undefined
    case "user": {
      const [, user, group] = /^(\d+)(?::(\d+))?$/.exec(String(value)) ?? []
      if (user === undefined)
        return String(value) === "root" ? [[["containerSpec", "securityContext", "runAsUser"], 0]] : undefined
      const path = ["containerSpec", "securityContext"]
      return [
        [[...path, "runAsUser"], Number(user)],
        ...(group === undefined ? [] : [[[...path, "runAsGroup"], Number(group)] as const])
      ]
    }
    case "privileged":
      return typeof value === "boolean" ? [[["containerSpec", "securityContext", "privileged"], value]] : undefined
    case "cpu":
      return isObject(value) && (typeof value["cpus"] === "number" || typeof value["cpus"] === "string")
        ? [[["resources", "limit", "cpu"], String(value["cpus"])]]
        : undefined
    case "memory": {
      const limit = isObject(value) ? memoryQuantity(value["memory"]) : undefined
      return limit === undefined ? undefined : [[["resources", "limit", "memory"], limit]]
    }
    default:
      return undefined
  }
}

/** What is taken over silently, because it is the same in a pod: there is no entrypoint before the commands. */
const SAME: ReadonlyArray<string> = ["entryPoint"]

const withValue = (properties: JsonRecord, [name = "", ...rest]: ReadonlyArray<string>, value: Json): JsonRecord => {
  const inner = properties[name]
  return { ...properties, [name]: rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest, value) }
}

const sentence = (names: ReadonlyArray<string>): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

/** Docker's properties, which stand at `path` in the task. */
const dockerRunner = (
  given: JsonRecord,
  path: ReadonlyArray<string>,
  rank: "own" | "first"
): Pick<PodRunner, "properties" | "moved" | "image" | "notices"> => {
  const { image, type: _type, ...rest } = given
  let properties: JsonRecord = {}
  const moved: Array<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> = []
  const without: Array<string> = []
  for (const [name, value] of Object.entries(rest)) {
    if (value === null || SAME.includes(name)) continue
    const becomes = dockerProperty(name, value)
    if (becomes === undefined) without.push(name)
    for (const [place, taken] of becomes ?? []) {
      properties = withValue(properties, place, taken)
      moved.push([place, [...path, name]])
    }
  }
  const [first] = without
  const mean = without.length === 1 ? "means" : "mean"
  return {
    properties,
    moved,
    ...(typeof image === "string" ? { image: { text: image, from: [...path, "image"], rank } } : {}),
    notices:
      first === undefined
        ? []
        : [{ path: [...path, first], message: `${sentence(without)} ${mean} nothing in a pod; the task runs without` }]
  }
}

const NOTHING: PodRunner = { properties: {}, moved: [], isProcess: false, issues: [], notices: [] }

/** The runner that `taskRunner` names. */
const namedRunner = (runner: JsonRecord): PodRunner => {
  const type = String(runner["type"])
  const place = ["taskRunner", "type"]
  const { type: _type, ...properties } = runner
  if (RUNNER_TYPES.includes(type)) return { ...NOTHING, properties }
  const foreign = { path: place, message: `the task runner ${type} is not podwright` }
  if (DOCKER.includes(type)) return { ...NOTHING, ...dockerRunner(runner, ["taskRunner"], "own"), foreign }
  if (PROCESS.includes(type)) return { ...NOTHING, isProcess: true, foreign }
  if (CLOUD.includes(type)) {
    const message = `${type} runs tasks in its cloud: this one runs in a pod instead, and its properties are passed over`
    return { ...NOTHING, foreign, notices: [{ path: place, message }] }
  }
  const message = `unknown task runner '${type}'; known: ${KNOWN.join(", ")}`
  return { ...NOTHING, issues: [{ path: place, message }] }
}

/**
 * What the runner of a task comes to, its older keys `runner`, `docker` and `dockerOptions`
 * included. `processByDefault` is so for the oldest types.
 */
export const podRunner = (task: JsonRecord, processByDefault: boolean): PodRunner => {
  const { runner, taskRunner } = task
  const olderKey = isObject(task["docker"]) ? "docker" : "dockerOptions"
  const older = task[olderKey]
  const named = isObject(taskRunner) ? namedRunner(taskRunner) : NOTHING
  const isNamed = isObject(taskRunner)
  const asProcess = runner === "PROCESS" || (runner === undefined && processByDefault && !isNamed && !isObject(older))
  const issues = [...named.issues]
  if (runner !== undefined && runner !== null && runner !== "PROCESS" && runner !== "DOCKER") {
    issues.push({
      path: ["runner"],
      message: `runner: expected DOCKER or PROCESS, not '${shownValue(String(runner))}'`
    })
  }
  if (asProcess) {
    const foreign = { path: [runner === undefined ? "type" : "runner"], message: "the runner PROCESS is not podwright" }
    return { ...NOTHING, isProcess: true, foreign, issues }
  }
  if (!isObject(older)) {
    const foreign =
      runner === "DOCKER" ? { path: ["runner"], message: "the runner DOCKER is not podwright" } : named.foreign
    return { ...named, ...(foreign === undefined ? {} : { foreign }), issues }
  }
  // Beside a runner of Docker its options replace the runner's as a whole.
  const docker = dockerRunner(older, [olderKey], "first")
  if (isNamed && named.foreign === undefined) {
    const message = `${olderKey} is for Docker: the properties of this runner are used, and its image`
    return {
      ...named,
      ...(docker.image === undefined ? {} : { image: docker.image }),
      issues,
      notices: [{ path: [olderKey], message }]
    }
  }
  return {
    ...NOTHING,
    ...docker,
    foreign: { path: [olderKey], message: `${olderKey} is Docker's, not podwright's` },
    issues
  }
}
