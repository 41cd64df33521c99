/**
 * Reads the runner's properties from a parsed file or a program's value, and refuses what it does not know with the name that
 * was probably meant. Pure.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { ConnectionProperties, TokenProviderProperties, TokenTaskProperties } from "./ConnectionProperties.ts"
import { nearestName } from "./NearestName.ts"
import { FileSidecarProperties, ResourceProperties, RunnerProperties, VolumeProperties } from "./RunnerProperties.ts"
import { InvalidProperties, SpecError, SpecIssue } from "./SpecError.ts"

/** Every place that has names of its own, with these names. */
const NAMES: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["", Object.keys(RunnerProperties.fields)],
  ["config", Object.keys(ConnectionProperties.fields)],
  ["config.oauthTokenProvider", Object.keys(TokenProviderProperties.fields)],
  ["config.oauthTokenProvider.task", Object.keys(TokenTaskProperties.fields)],
  ["fileSidecar", Object.keys(FileSidecarProperties.fields)],
  ["fileSidecar.resources", Object.keys(FileSidecarProperties.fields.resources.schema.fields)],
  ["resources", Object.keys(ResourceProperties.fields)],
  ["volume", Object.keys(VolumeProperties.fields)]
])

const decode = Schema.decodeUnknownResult(RunnerProperties, { errors: "all", onExcessProperty: "error" })

const UNKNOWN_NAME = "unknown property"
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => (issue._tag === "UnexpectedKey" ? UNKNOWN_NAME : SchemaIssue.defaultLeafHook(issue))
})

const explainUnknown = (path: ReadonlyArray<string | number>): string => {
  const name = String(path.at(-1))
  const known = NAMES.get(path.slice(0, -1).join(".")) ?? []
  const nearest = nearestName(name, known)
  return nearest === undefined
    ? `${UNKNOWN_NAME} '${name}'; known here: ${known.join(", ")}`
    : `${UNKNOWN_NAME} '${name}'; did you mean '${nearest}'?`
}

/** A key without a value (`labels:` and nothing behind it) reads as absent, as it does for the reference. */
const withoutEmptyKeys = (input: unknown, path: string): unknown => {
  if (!NAMES.has(path) || typeof input !== "object" || input === null || Array.isArray(input)) return input
  const given = Object.entries(input).filter(([, value]) => value !== null && value !== undefined)
  return Object.fromEntries(
    given.map(([name, value]) => [name, withoutEmptyKeys(value, path === "" ? name : `${path}.${name}`)])
  )
}

/**
 * Reads the runner's properties. All issues are reported, not only the first; their paths lead into `input`.
 */
export const decodeRunnerProperties = (input: unknown): Result.Result<RunnerProperties, SpecError> =>
  Result.mapError(decode(withoutEmptyKeys(input, "")), (error) => {
    const issues = format(error.issue).issues.map((issue) => {
      const path = (issue.path ?? []).map((part) => {
        const key = typeof part === "object" ? part.key : part
        return typeof key === "symbol" ? String(key) : key
      })
      const message = issue.message === UNKNOWN_NAME ? explainUnknown(path) : issue.message
      return new SpecIssue({ source: "runner", path, message })
    })
    const first = issues[0] ?? new SpecIssue({ source: "runner", path: [], message: error.message })
    return new SpecError({
      operation: "decodeRunnerProperties",
      reason: new InvalidProperties({ issues: [first, ...issues.slice(1)] })
    })
  })
