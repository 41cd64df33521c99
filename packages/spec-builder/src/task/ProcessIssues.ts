/**
 * What of a task no process can be given: NUL bytes, and texts longer than Linux takes. Pure. Where nothing is found, the
 * texts of the task fit what the kernel takes at its defaults; what the node adds to the environment is not known here.
 */
import { Result } from "effect"
import { SpecIssue } from "../error/SpecIssue.ts"
import { isList, isObject, type Json } from "../values/Json.ts"
import { MAXIMUM_ARGUMENT_BYTES, taskCommand } from "./ContainerCommand.ts"
import type { TaskValues } from "./TaskValues.ts"

/**
 * What execve takes of arguments and environment together: a quarter of the stack's limit, which is 8 MiB where nobody has
 * set another.
 */
const MAXIMUM_PROCESS_BYTES = 2_097_152

/** The largest request that etcd takes by default (`--max-request-bytes`, 1.5 MiB); an API server stores nothing larger. */
const MAXIMUM_STORED_BYTES = 1_572_864

/** Each text costs its closing zero byte and a pointer beside its bytes. */
const COST_OF_A_TEXT = 1 + 8

type Path = ReadonlyArray<string | number>

const encoder = new TextEncoder()
const byteLength = (text: string): number => encoder.encode(text).length

const nulAt = (text: string): string | undefined => {
  const at = text.indexOf("\0")
  if (at < 0) return undefined
  const lines = text.slice(0, at).split("\n")
  return `line ${lines.length}, column ${(lines.at(-1) ?? "").length + 1} of it`
}

/** Why a text cannot reach a process; undefined when it can. */
const nulProblem = (text: string): string | undefined => {
  const where = nulAt(text)
  return where === undefined
    ? undefined
    : `there is a NUL byte in ${where}, and no process can be given one; remove it, or deliver it in an input file`
}

/** Why a variable cannot reach a process: the kernel measures name, `=` and value as one text. */
const variableProblem = (name: string, value: string): string | undefined => {
  if (name.includes("\0")) return "there is a NUL byte in the variable's name; remove it"
  const nul = nulProblem(value)
  if (nul !== undefined) return nul
  const bytes = byteLength(`${name}=${value}`)
  return bytes > MAXIMUM_ARGUMENT_BYTES
    ? `the variable is ${bytes} bytes with its name and Linux takes ${MAXIMUM_ARGUMENT_BYTES}; deliver the value as an input file`
    : undefined
}

const issuesOf = (source: SpecIssue["source"], problems: ReadonlyArray<readonly [Path, string | undefined]>) =>
  problems.flatMap(([path, message]) => (message === undefined ? [] : [new SpecIssue({ source, path, message })]))

/** What of the task's own values no process can be given, by their places in the task. `buildPod` refuses the same. */
export const processIssues = ({ command, env, image }: TaskValues): ReadonlyArray<SpecIssue> => {
  const lists = command._tag === "Commands" ? (["interpreter", "beforeCommands", "commands"] as const) : []
  const texts = lists.flatMap((list) =>
    command._tag === "Commands" ? command[list].map((text, index) => [[list, index], nulProblem(text)] as const) : []
  )
  const variables = Object.entries(env).map(([name, value]) => [["env", name], variableProblem(name, value)] as const)
  const argv = command._tag === "Commands" ? taskCommand(command) : Result.succeed([])
  const line = Result.isFailure(argv) ? argv.failure : undefined
  return issuesOf("task", [[["image"], nulProblem(image)], ...texts, ...variables, [["commands"], line]])
}

/** Problems of every text inside a value, its keys included, and of the variables in it. */
const problemsIn = (value: Json, path: Path): ReadonlyArray<readonly [Path, string | undefined]> => {
  if (typeof value === "string") return [[path, nulProblem(value)]]
  if (isList(value)) return value.flatMap((item, index) => problemsIn(item, [...path, index]))
  if (!isObject(value)) return []
  const { name, value: text } = value
  const isVariable = path.at(-2) === "env" && typeof name === "string" && typeof text === "string"
  if (isVariable) return [[path, variableProblem(name, text)]]
  return Object.entries(value).flatMap(([key, inner]) => [
    [[...path, key], nulProblem(key)] as const,
    ...problemsIn(inner, [...path, key])
  ])
}

/** What of a fragment of a manifest no process can be given; `path` is the fragment's place in the runner's properties. */
export const fragmentIssues = (value: Json, path: Path): ReadonlyArray<SpecIssue> =>
  issuesOf("runner", problemsIn(value, path))

/** What execve is asked for, as the kernel counts it; a variable counts as `NAME=value`. */
const processBytes = (texts: ReadonlyArray<string>): number =>
  texts.reduce((sum, text) => sum + byteLength(text) + COST_OF_A_TEXT, 0)

/** The bytes of all texts in a value. What a cluster stores of it is not less. */
const storedBytes = (value: Json): number => {
  if (typeof value === "string") return byteLength(value)
  if (isList(value)) return value.reduce<number>((sum, item) => sum + storedBytes(item), 0)
  return isObject(value) ? Object.values(value).reduce<number>((sum, item) => sum + storedBytes(item), 0) : 0
}

/**
 * What of a pod is too large as a whole: for its process, or for a cluster to store. `argv` is main's whole command line, `env` the
 * variables whose values are known, `manifest` the pod. The issue stands at the larger of commands and environment.
 */
export const sizeIssues = (
  argv: ReadonlyArray<string>,
  env: Readonly<Record<string, string>>,
  manifest: Json
): ReadonlyArray<SpecIssue> => {
  const [ofArgv, ofEnv] = [
    processBytes(argv),
    processBytes(Object.entries(env).map(([name, value]) => `${name}=${value}`))
  ]
  const path = [ofEnv > ofArgv ? "env" : "commands"]
  const stored = storedBytes(manifest)
  if (stored > MAXIMUM_STORED_BYTES) {
    const message = `the task's pod is at least ${stored} bytes and a cluster stores no more than ${MAXIMUM_STORED_BYTES}; deliver the largest values as input files`
    return issuesOf("task", [[path, message]])
  }
  const sum = ofArgv + ofEnv
  const message = `commands and environment are ${sum} bytes together and Linux takes ${MAXIMUM_PROCESS_BYTES}; deliver the largest values as input files`
  return sum > MAXIMUM_PROCESS_BYTES ? issuesOf("task", [[path, message]]) : []
}
