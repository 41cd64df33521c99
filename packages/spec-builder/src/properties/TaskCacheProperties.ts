/**
 * What a task's `taskCache` says, by the names of the reference: whether an equal task's result is
 * used again. Pure.
 */
import { Result, Schema } from "effect"
import { SpecError } from "../error/SpecError.ts"
import { InvalidProperties } from "../error/SpecReason.ts"
import { referenceDecoder } from "./PropertyDecoding.ts"
import { BooleanOrText, explained, optional, positive } from "./PropertySchema.ts"

/** `taskCache` in a file. */
export const TaskCacheProperties = Schema.Struct({
  enabled: explained(BooleanOrText, "boolean", "Whether the result of an equal task is used again."),
  ttl: optional(
    positive,
    "duration",
    "How old a result may be, counted from when it was kept, right after its run. Absent: any age."
  )
})
/** `taskCache`, decoded. */
export type TaskCacheProperties = typeof TaskCacheProperties.Type

const decode = referenceDecoder(TaskCacheProperties, "task", new Map([["", Object.keys(TaskCacheProperties.fields)]]))

/** Reads `taskCache`. All issues are reported; their paths lead into `input`. */
export const decodeTaskCache = (input: unknown): Result.Result<TaskCacheProperties, SpecError> =>
  Result.mapError(
    decode(input),
    (issues) => new SpecError({ operation: "decodeTaskCache", reason: new InvalidProperties({ issues }) })
  )
