/**
 * What a task's or a flow's `retry` says, by the names of the reference: how long to wait before a
 * failed task runs again, and how often. Pure; the runner decides by it (`RetryPolicy.ts` there).
 */

import { Duration, Effect, Result, Schema } from "effect"
import { shownValue } from "../error/PathText.ts"
import { SpecError } from "../error/SpecError.ts"
import { SpecIssue, type SpecIssues } from "../error/SpecIssue.ts"
import { InvalidProperties } from "../error/SpecReason.ts"
import { nearestName } from "../values/NearestName.ts"
import { referenceDecoder } from "./PropertyDecoding.ts"
import { explained, flag, optional, positive } from "./PropertySchema.ts"

const Attempts = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))

const count = (description: string) => optional(Attempts, "count", description)

const common = {
  maxAttempts: count("Attempts in all, the first included. Absent: as many as `maxDuration` allows."),
  maxAttempt: count("An older name of `maxAttempts`."),
  maxDuration: optional(positive, "duration", "From the first attempt's start; no attempt starts later."),
  warningOnRetry: flag(false, "Whether a success that took more than one attempt is a WARNING."),
  behavior: Schema.Literals(["RETRY_FAILED_TASK", "CREATE_NEW_EXECUTION"]).pipe(
    Schema.annotateEncoded({
      title: "RETRY_FAILED_TASK or CREATE_NEW_EXECUTION",
      description: "Whether another attempt belongs to the same execution and task run, or begins new ones.",
      default: "RETRY_FAILED_TASK"
    }),
    Schema.withDecodingDefaultKey(Effect.succeed("RETRY_FAILED_TASK" as const))
  )
}

const kind = <const T extends string>(type: T, description: string) =>
  explained(Schema.Literal(type), "type", description)
const delay = (description: string) => explained(positive, "duration", description)

const Constant = Schema.Struct({
  type: kind("constant", "The same delay before every attempt."),
  interval: delay("Between the end of an attempt and the start of the next."),
  ...common
})
const Random = Schema.Struct({
  type: kind("random", "A random delay before every attempt."),
  minInterval: delay("The shortest delay."),
  maxInterval: delay("The longest delay."),
  ...common
})
const Exponential = Schema.Struct({
  type: kind("exponential", "A delay that grows from attempt to attempt."),
  interval: delay("Before the second attempt."),
  maxInterval: delay("The longest delay."),
  delayFactor: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1)).pipe(
    Schema.annotateEncoded({
      title: "number",
      description: "What each delay is multiplied by for the next.",
      default: 2
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(2))
  ),
  ...common
})

/** `retry` as it is written. */
export const RetryFields = Schema.Union([Constant, Random, Exponential])

type Without<A> = A extends unknown ? Omit<A, "maxAttempt"> : never
type Written = typeof Constant.Type | typeof Random.Type | typeof Exponential.Type

/** When to run a failed task again; told apart by `type`. */
export type RetryProperties = Without<Written>

type Decode = (input: unknown) => Result.Result<Written, SpecIssues>

const decoder = <S extends typeof Constant | typeof Random | typeof Exponential>(schema: S) =>
  referenceDecoder(schema, "task", new Map([["", Object.keys(schema.fields)]]))

const DECODERS: Readonly<Record<Written["type"], Decode>> = {
  constant: decoder(Constant),
  random: decoder(Random),
  exponential: decoder(Exponential)
}
const TYPES = Object.keys(DECODERS)
const ANY_TYPE = `one of ${TYPES.join(", ")}`
const isType = (type: unknown): type is Written["type"] => typeof type === "string" && TYPES.includes(type)

const issue = (path: ReadonlyArray<string>, message: string) => new SpecIssue({ source: "task", path, message })

const decoderOf = (input: unknown): Result.Result<Decode, SpecIssues> => {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    return Result.fail([issue([], "expected an object such as { type: constant, interval: PT30S, maxAttempts: 3 }")])
  const type: unknown = Reflect.get(input, "type")
  if (isType(type)) return Result.succeed(DECODERS[type])
  if (type === undefined || type === null) return Result.fail([issue(["type"], `expected ${ANY_TYPE}`)])
  const nearest = nearestName(String(type), TYPES)
  const hint = nearest === undefined ? "" : `; did you mean '${nearest}'?`
  return Result.fail([issue(["type"], `expected ${ANY_TYPE}, not '${shownValue(String(type))}'${hint}`)])
}

/** What the reference demands of two values together. */
const contradictions = (retry: Written): ReadonlyArray<SpecIssue> => {
  const found: Array<SpecIssue> = []
  const demand = (name: string, value: Duration.Duration, limitName: string, limit: Duration.Duration | undefined) => {
    if (limit === undefined || Duration.isLessThan(value, limit)) return
    found.push(issue([name], `expected less than ${limitName}`))
  }
  const { maxDuration } = retry
  switch (retry.type) {
    case "constant":
      demand("interval", retry.interval, "maxDuration", maxDuration)
      break
    case "random":
      demand("minInterval", retry.minInterval, "maxInterval", retry.maxInterval)
      demand("maxInterval", retry.maxInterval, "maxDuration", maxDuration)
      break
    case "exponential":
      demand("interval", retry.interval, "maxInterval", retry.maxInterval)
      demand("interval", retry.interval, "maxDuration", maxDuration)
  }
  if (retry.maxAttempts !== undefined && retry.maxAttempt !== undefined)
    found.push(issue(["maxAttempt"], "is an older name of maxAttempts; give one of them"))
  return found
}

const withOneName = ({ maxAttempt, ...retry }: Written): RetryProperties =>
  maxAttempt === undefined ? retry : { ...retry, maxAttempts: maxAttempt }

/** Reads `retry`. All issues are reported; their paths lead into `input`. */
export const decodeRetry = (input: unknown): Result.Result<RetryProperties, SpecError> =>
  decoderOf(input).pipe(
    Result.flatMap((decode) => decode(input)),
    Result.flatMap((retry): Result.Result<RetryProperties, SpecIssues> => {
      const [first, ...rest] = contradictions(retry)
      return first === undefined ? Result.succeed(withOneName(retry)) : Result.fail([first, ...rest])
    }),
    Result.mapError((issues) => new SpecError({ operation: "decodeRetry", reason: new InvalidProperties({ issues }) }))
  )
