/**
 * The runner's properties, by the names of the reference, and how they are read from a file's values. Reading refuses what it
 * does not know; what a property does is decided elsewhere (`PodBuilder.ts` for the manifest, the runner for the rest).
 */
import { Duration, Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { nearestName } from "./NearestName.ts"
import { Quantity } from "./Quantity.ts"
import { RunDuration } from "./RunDuration.ts"
import { InvalidProperties, SpecError, SpecIssue } from "./SpecError.ts"

/** A boolean, or its name as text: templates render to text. */
const Flag = Schema.Union([Schema.Boolean, Schema.Literals(["true", "false"])]).pipe(
  Schema.decodeTo(Schema.Boolean, {
    decode: SchemaGetter.transform((value: boolean | "true" | "false") => value === true || value === "true"),
    encode: SchemaGetter.transform((value: boolean): boolean | "true" | "false" => value)
  })
)

/** Text; YAML's plain numbers and booleans (`tier: 1`) are taken as their text, as labels can be nothing else. */
const Text = Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]).pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transform((value: string | number | boolean) => String(value)),
    encode: SchemaGetter.transform((value: string): string | number | boolean => value)
  })
)

const flag = (value: boolean) => Flag.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))
const duration = (value: string) => RunDuration.pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))
const limit = (value: string) =>
  RunDuration.check(
    Schema.makeFilter((length: Duration.Duration) =>
      Duration.toMillis(length) > 0 ? undefined : "expected a duration longer than zero"
    )
  ).pipe(Schema.withDecodingDefaultKey(Effect.succeed(value)))

/** A fragment of a Kubernetes object: any JSON object; the API server judges its fields. */
const Fragment = Schema.Record(Schema.String, Schema.Json)
const Quantities = Schema.Record(Schema.String, Quantity)

const HelperProperties = Schema.Struct({
  /** Default: `busybox`. It needs `sh` and the tools that move files. */
  image: Schema.optionalKey(Schema.NonEmptyString),
  /** Kubernetes' own form (`requests`, `limits`, `claims`), or `request` and `limit` as in the runner's `resources`. */
  resources: Schema.optionalKey(
    Schema.Struct({
      requests: Schema.optionalKey(Quantities),
      limits: Schema.optionalKey(Quantities),
      claims: Schema.optionalKey(Schema.Array(Schema.Json)),
      request: Schema.optionalKey(Quantities),
      limit: Schema.optionalKey(Quantities)
    })
  ),
  /** Stands in for `containerDefaultSpec` in the helper. */
  defaultSpec: Schema.optionalKey(Fragment)
})

/** Every property of the runner. Absent keys stay absent where the default is somebody else's to decide. */
export const RunnerProperties = Schema.Struct({
  /** The cluster connection; opaque here. */
  config: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  /** Defaults for every container of the pod. */
  containerDefaultSpec: Schema.optionalKey(Fragment),
  /** Merged into main. */
  containerSpec: Schema.optionalKey(Fragment),
  /** Whether the pod is deleted at the end of a run. */
  delete: flag(true),
  /** Merged into the helper. */
  fileSideCarSpec: Schema.optionalKey(Fragment),
  fileSidecar: HelperProperties.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  labels: Schema.Record(Schema.String, Text).pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Absent: the connection's namespace decides. */
  namespace: Schema.optionalKey(Schema.NonEmptyString),
  nodeSelector: Schema.optionalKey(Schema.Record(Schema.String, Text)),
  /** Merged into the pod's spec; a container named `main` gives defaults for main, others run beside it. */
  podSpec: Schema.optionalKey(Fragment),
  /** Absent: ALWAYS, unless `containerSpec.imagePullPolicy` says otherwise. */
  pullPolicy: Schema.optionalKey(Schema.Literals(["ALWAYS", "IF_NOT_PRESENT", "NEVER"])),
  /** Main's resources: `cpu`, `memory`, or any other resource name. */
  resources: Schema.optionalKey(
    Schema.Struct({ request: Schema.optionalKey(Quantities), limit: Schema.optionalKey(Quantities) })
  ),
  /** Whether a live pod of the same task run is adopted. */
  resume: flag(true),
  serviceAccountName: Schema.optionalKey(Schema.NonEmptyString),
  syncWorkingDirectory: flag(false),
  version: Schema.optionalKey(Schema.String),
  /** Ceiling for late log lines once main has ended. */
  waitForLogs: duration("PT30S"),
  waitUntilCompletion: limit("PT1H"),
  waitUntilRunning: limit("PT10M"),
  /** Where log lines are read from; absent: as the shape allows, the volume first. */
  logs: Schema.optionalKey(Schema.Literals(["volume", "kubelet"])),
  /** The shared volume's emptyDir options. */
  volume: Schema.Struct({
    sizeLimit: Schema.optionalKey(Quantity),
    medium: Schema.optionalKey(Schema.Literals(["", "Memory"]))
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))
})
export type RunnerProperties = typeof RunnerProperties.Type

const decode = Schema.decodeUnknownResult(RunnerProperties, { errors: "all", onExcessProperty: "error" })

/** The names known at a path, for the message about an unknown one. */
const knownNames = (path: ReadonlyArray<PropertyKey>): ReadonlyArray<string> => {
  switch (path.slice(0, -1).join(".")) {
    case "":
      return Object.keys(RunnerProperties.fields)
    case "fileSidecar":
      return Object.keys(HelperProperties.fields)
    case "fileSidecar.resources":
      return ["requests", "limits", "claims"]
    case "resources":
      return ["request", "limit"]
    default:
      return ["sizeLimit", "medium"]
  }
}

const UNKNOWN_NAME = "unknown property"
const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => (issue._tag === "UnexpectedKey" ? UNKNOWN_NAME : SchemaIssue.defaultLeafHook(issue))
})

const explainUnknown = (path: ReadonlyArray<PropertyKey>): string => {
  const name = String(path.at(-1))
  const known = knownNames(path)
  const nearest = nearestName(name, known)
  return nearest === undefined
    ? `${UNKNOWN_NAME} '${name}'; known here: ${known.join(", ")}`
    : `${UNKNOWN_NAME} '${name}'; did you mean '${nearest}'?`
}

/** A key without a value (`labels:` and nothing behind it) reads as absent, as it does for the reference. */
const withoutNulls = (input: unknown): unknown =>
  typeof input === "object" && input !== null && !Array.isArray(input)
    ? Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined))
    : input

/**
 * Reads the runner's properties from a parsed file or a program's value. All issues are reported, not only the first; their
 * paths lead into `input`.
 */
export const decodeRunnerProperties = (input: unknown): Result.Result<RunnerProperties, SpecError> =>
  Result.mapError(decode(withoutNulls(input)), (error) => {
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
